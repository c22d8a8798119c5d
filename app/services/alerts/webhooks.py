"""Receives webhook requests: issues and checks the tokens, and records the deliveries."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.errors import ConcurrentChange, NagareError, NotFound, TooManyRequests
from app.rules.alert_reports import AlertReport
from app.rules.task_params.alerts import ReceiveAlerts
from app.services.alerts.webhook_quotas import WebhookQuotas
from app.services.batcher import Batcher
from app.services.ledger.idempotency import earlier_answer, fingerprint_of, fingerprint_of_task
from app.services.ledger.outbox import Outbox, new_task_id
from app.services.ledger.requester import Requester
from app.store.alerts import webhook_deliveries
from app.store.database.engine import Database, StatementRefused
from app.store.inventory import monitors
from app.store.ledger import idempotency, task_fingerprints

REPORTS_A_DELIVERY = 500


@dataclass(frozen=True, slots=True, eq=False)
class _Post:
    token_hash: str
    reports: Sequence[Mapping[str, Any]]


class WebhookService:
    """Every method raises DatabaseUnavailable when nothing was changed."""

    def __init__(self, database: Database, outbox: Outbox, quotas: WebhookQuotas) -> None:
        self._database = database
        self._outbox = outbox
        self._quotas = quotas
        self._batcher: Batcher[_Post, str] = Batcher(
            self._accept_all, run_singly_after=(ConcurrentChange, StatementRefused)
        )

    def issue_token(self, monitor_id: int) -> str:
        """Return a new webhook token for a monitor; the previous one stops working. Raises NotFound."""
        token = secrets.token_urlsafe(32)
        with self._database.transaction() as connection:
            if monitors.find(connection, monitor_id) is None:
                raise NotFound(f"there is no monitor {monitor_id}")
            monitors.change(connection, monitor_id, {"webhook_token_hash": _hash(token)})
        return token

    def identify(self, token: str) -> None:
        """Raise Unauthorized unless the token is a monitor's, and TooManyRequests if the monitor cannot post now."""
        with self._database.single_reads() as reads:
            self._quotas.refuse_early(reads, _hash(token))

    def accept(self, token: str, reports: Sequence[AlertReport], idempotency_key: str | None = None) -> str:
        """Record a delivery of the token's monitor, and return the id of the task that will take it in.

        Many deliveries share one task: all that are recorded before a worker starts it. Raises Unauthorized, Conflict
        if the monitor is disabled, TooManyRequests if its quota is used up, and Invalid if the idempotency key was used
        for another request.
        """
        post = _Post(_hash(token), [report.as_dict() for report in reports])
        return self._batcher.call(post) if idempotency_key is None else self._accept_once(post, idempotency_key)

    def _accept_once(self, post: _Post, idempotency_key: str) -> str:
        """Record a delivery unless it is a repeat; in its own transaction, as it may wait for one with the same key."""
        now, task_id = clock.now(), new_task_id(ReceiveAlerts.type)
        with self._database.transaction() as connection:
            monitor_id = self._quotas.monitor_of(connection, post.token_hash)
            # Users have positive ids, so a monitor's keys cannot clash with theirs.
            by = Requester(-monitor_id, idempotency_key)
            earlier = earlier_answer(connection, by, fingerprint_of(["post", post.reports]), task_id, now)
            if earlier is not None:
                return earlier
            self._quotas.spend(connection, post.token_hash, len(post.reports))
            shared = request_task(connection, self._outbox, monitor_id, task_id)
            if shared != task_id:
                idempotency.rebind(connection, by.user_id, idempotency_key, shared)
            webhook_deliveries.add(connection, _deliveries(monitor_id, now, [post]))
        self._outbox.publish({task_id: None} if shared == task_id else {})
        return shared

    def _accept_all(self, posts: Sequence[_Post]) -> Sequence[str | Exception]:
        """Record deliveries; return for each its task, or the reason for its rejection."""
        now = clock.now()
        outcomes: dict[_Post, str | Exception] = {}
        recorded: dict[str, None] = {}
        with self._database.transaction() as connection:
            admitted = self._admitted(connection, posts, outcomes)
            # In one order, or two batches could deadlock.
            for monitor_id in sorted(admitted):
                task_id = new_task_id(ReceiveAlerts.type)
                shared = request_task(connection, self._outbox, monitor_id, task_id)
                outcomes |= dict.fromkeys(admitted[monitor_id], shared)
                recorded |= {task_id: None} if shared == task_id else {}
                webhook_deliveries.add(connection, _deliveries(monitor_id, now, admitted[monitor_id]))
        self._outbox.publish(recorded)
        return [outcomes[post] for post in posts]

    def _admitted(
        self, connection: Connection, posts: Sequence[_Post], outcomes: dict[_Post, str | Exception]
    ) -> dict[int, list[_Post]]:
        """Return the deliveries that may be recorded, by monitor; the reasons for the others go to `outcomes`."""
        by_token: dict[str, list[_Post]] = {}
        for post in posts:
            by_token.setdefault(post.token_hash, []).append(post)
        admitted: dict[int, list[_Post]] = {}
        for token_hash in sorted(by_token):
            for monitor_id, post in self._admit(connection, by_token[token_hash], outcomes):
                admitted.setdefault(monitor_id, []).append(post)
        return admitted

    def _admit(
        self, connection: Connection, posts: Sequence[_Post], outcomes: dict[_Post, str | Exception]
    ) -> Iterator[tuple[int, _Post]]:
        """Yield (monitor id, post) for the posts of one token, one at a time if there is no room for all."""
        try:
            alerts = sum(len(post.reports) for post in posts)
            monitor_id = self._quotas.spend(connection, posts[0].token_hash, alerts)
        except NagareError as error:
            if isinstance(error, TooManyRequests) and len(posts) > 1:
                for post in posts:
                    yield from self._admit(connection, [post], outcomes)
            else:
                outcomes |= dict.fromkeys(posts, error)
        else:
            yield from ((monitor_id, post) for post in posts)


def _deliveries(monitor_id: int, now: datetime, posts: Iterable[_Post]) -> list[dict[str, Any]]:
    return [
        {"monitor_id": monitor_id, "received_at": now, "reports": post.reports[start : start + REPORTS_A_DELIVERY]}
        for post in posts
        for start in range(0, len(post.reports), REPORTS_A_DELIVERY)
    ]


def receiving(monitor_id: int) -> str:
    """Return the fingerprint of the tasks that take in a monitor's deliveries."""
    return fingerprint_of_task(ReceiveAlerts(monitor_id=monitor_id))


def request_task(connection: Connection, outbox: Outbox, monitor_id: int, task_id: str) -> str:
    """Return the id of a waiting task that will take in what this transaction records for a monitor.

    If there is none, record one under `task_id`, to be published after the commit. A task that starts meanwhile looks
    once more for deliveries, after the commit of all transactions that saw it waiting (`lock_fingerprint`). Its row has
    no monitor, so that slow pulls do not hold it.
    """
    fingerprint = receiving(monitor_id)
    task_fingerprints.lock_fingerprint(connection, fingerprint, shared=True)
    queued = task_fingerprints.find_queued(connection, fingerprint)
    if queued is None:
        task_fingerprints.lock_fingerprint(connection, f"{fingerprint} is recorded")
        queued = task_fingerprints.find_queued(connection, fingerprint)
    if queued is None:
        outbox.record(connection, task_id, ReceiveAlerts(monitor_id=monitor_id), fingerprint=fingerprint)
    return queued or task_id


def _hash(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()
