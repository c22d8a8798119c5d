"""Receives webhook requests: issues and checks the tokens, and records the deliveries."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.enums import AuditedType
from app.errors import ConcurrentChange, NagareError, NotFound, TooManyRequests
from app.metrics import WEBHOOK_ALERTS_REFUSED, WEBHOOK_ALERTS_TRUNCATED
from app.rules.task_params.alerts import ReceiveAlerts
from app.rules.webhooks.field_mappings import FieldMapping
from app.rules.webhooks.posted import Posted, Refusal
from app.services.access.acting import acting_editor
from app.services.access.audit import record_creation
from app.services.alerts.refused_alerts import Kept, RefusedAlert, RefusedAlerts, describe
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
MAX_REFUSAL = 2000
STANDBY = timedelta(seconds=1)
"""How long a running task is trusted to take in what arrives; its process may be gone."""


@dataclass(frozen=True, slots=True, eq=False)
class _Post:
    token_hash: str
    reports: Sequence[Mapping[str, Any]]
    refusals: Sequence[Refusal]
    truncated: int

    @property
    def alerts(self) -> int:
        return len(self.reports) + len(self.refusals)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a webhook request."""

    task_id: str | None
    """The task that takes its alerts in; None if there is nothing to take in."""
    count: int
    """How many alerts were accepted."""
    refused: Sequence[RefusedAlert] = ()
    truncated: int = 0


class WebhookService:
    """Every method raises DatabaseUnavailable when nothing was changed."""

    def __init__(self, database: Database, outbox: Outbox, quotas: WebhookQuotas, refused: RefusedAlerts) -> None:
        self._database = database
        self._outbox = outbox
        self._quotas = quotas
        self._refused = refused
        self._batcher: Batcher[_Post, Receipt] = Batcher(
            self._accept_all, run_singly_after=(ConcurrentChange, StatementRefused)
        )

    def issue_token(self, monitor_id: int) -> str:
        """Return a new webhook token for a monitor; the previous one stops working. Raises NotFound."""
        token = secrets.token_urlsafe(32)
        with self._database.transaction() as connection:
            if monitors.find(connection, monitor_id) is None:
                raise NotFound(f"there is no monitor {monitor_id}")
            monitors.change(connection, monitor_id, {"webhook_token_hash": _hash(token)})
            fields = {"webhook_token": "new"}
            record_creation(connection, acting_editor(), AuditedType.MONITOR, monitor_id, fields)
        return token

    def identify(self, token: str) -> FieldMapping | None:
        """Return the field mapping of the token's monitor, None if it has none.

        Raises Unauthorized if there is no such monitor, and TooManyRequests if it cannot post now.
        """
        with self._database.single_reads() as reads:
            mapping = self._quotas.admit(reads, _hash(token))
        return FieldMapping.of(mapping) if mapping else None

    def accept(self, token: str, posted: Posted, idempotency_key: str | None = None) -> Receipt:
        """Record what was posted for the token's monitor, and the task that will take it in.

        Many requests share one task: all that are recorded before a worker starts it. Alerts that were refused are kept
        by tasks of their own. Raises Unauthorized, Conflict if the monitor is disabled, TooManyRequests if its quota is
        used up, and Invalid if the idempotency key was used for another request.
        """
        reports = [report.as_dict() for report in posted.reports]
        post = _Post(_hash(token), reports, posted.refusals, posted.truncated)
        return self._batcher.call(post) if idempotency_key is None else self._accept_once(post, idempotency_key)

    def _accept_once(self, post: _Post, idempotency_key: str) -> Receipt:
        """Record a delivery unless it is a repeat; in its own transaction, as it may wait for one with the same key."""
        now, task_id = clock.now(), new_task_id(ReceiveAlerts.type)
        with self._database.transaction() as connection:
            monitor_id = self._quotas.monitor_of(connection, post.token_hash)
            # Users have positive ids, so a monitor's keys cannot clash with theirs.
            by = Requester(-monitor_id, idempotency_key)
            earlier = earlier_answer(connection, by, _fingerprint(post), task_id, now)
            if earlier is not None:
                kept = self._refused.find(connection, monitor_id, post.refusals)
                return _receipt(post, earlier, kept)
            self._quotas.spend(connection, post.token_hash, post.alerts)
            recorded: dict[str, int | None] = {}
            receipt = self._record(connection, monitor_id, now, [post], recorded)[post]
            if receipt.task_id not in (None, task_id):
                idempotency.rebind(connection, by.user_id, idempotency_key, str(receipt.task_id))
        self._outbox.publish(recorded)
        _count_losses({monitor_id: [post]})
        return receipt

    def _accept_all(self, posts: Sequence[_Post]) -> Sequence[Receipt | Exception]:
        """Record what was posted; return for each post its receipt, or the reason for its rejection."""
        now = clock.now()
        outcomes: dict[_Post, Receipt | Exception] = {}
        recorded: dict[str, int | None] = {}
        with self._database.transaction() as connection:
            admitted = self._admitted(connection, posts, outcomes)
            # In one order, or two batches could deadlock.
            for monitor_id in sorted(admitted):
                outcomes |= self._record(connection, monitor_id, now, admitted[monitor_id], recorded)
        self._outbox.publish(recorded)
        _count_losses(admitted)
        return [outcomes[post] for post in posts]

    def _record(
        self,
        connection: Connection,
        monitor_id: int,
        now: datetime,
        posts: Sequence[_Post],
        recorded: dict[str, int | None],
    ) -> dict[_Post, Receipt]:
        """Record the posts of one monitor, and return their receipts; tasks to publish are added to `recorded`."""
        task_id = shared = new_task_id(ReceiveAlerts.type)
        if any(post.reports for post in posts):
            shared = request_task(connection, self._outbox, monitor_id, task_id)
            recorded |= {task_id: None} if shared == task_id else {}
            webhook_deliveries.add(connection, _deliveries(monitor_id, now, posts))
        receipts = {}
        for post in posts:
            kept = self._refused.keep(connection, monitor_id, post.refusals, now)
            recorded |= kept.recorded
            receipts[post] = _receipt(post, shared, kept)
        monitors.count_webhook_losses(connection, monitor_id, now, **_losses(posts))
        return receipts

    def _admitted(
        self, connection: Connection, posts: Sequence[_Post], outcomes: dict[_Post, Receipt | Exception]
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
        self, connection: Connection, posts: Sequence[_Post], outcomes: dict[_Post, Receipt | Exception]
    ) -> Iterator[tuple[int, _Post]]:
        """Yield (monitor id, post) for the posts of one token, one at a time if there is no room for all."""
        try:
            alerts = sum(post.alerts for post in posts)
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


def _receipt(post: _Post, task_id: str, kept: Kept) -> Receipt:
    return Receipt(task_id if post.reports else None, len(post.reports), kept.alerts, post.truncated)


def _fingerprint(post: _Post) -> str:
    """Return a hash that is equal for equal requests."""
    return fingerprint_of(["post", post.reports, [refusal.alert for refusal in post.refusals]])


def _losses(posts: Iterable[_Post]) -> dict[str, Any]:
    refusals = [refusal for post in posts for refusal in post.refusals]
    return {
        "truncated": sum(post.truncated for post in posts),
        "refused": len(refusals),
        "last_refusal": describe(refusals[-1:])[:MAX_REFUSAL] or None,
    }


def _count_losses(posts: Mapping[int, Sequence[_Post]]) -> None:
    for monitor_id, of_monitor in posts.items():
        losses = _losses(of_monitor)
        if losses["refused"]:
            WEBHOOK_ALERTS_REFUSED.add(str(monitor_id), amount=losses["refused"])
        if losses["truncated"]:
            WEBHOOK_ALERTS_TRUNCATED.add(str(monitor_id), amount=losses["truncated"])


def receiving(monitor_id: int) -> str:
    """Return the fingerprint of the tasks that take in a monitor's deliveries."""
    return fingerprint_of_task(ReceiveAlerts(monitor_id=monitor_id))


def request_task(connection: Connection, outbox: Outbox, monitor_id: int, task_id: str) -> str:
    """Return the id of a waiting task that will take in what this transaction records for a monitor.

    If there is none, record one under `task_id`, to be published after the commit. A task that starts meanwhile looks
    once more for deliveries, after the commit of all transactions that saw it waiting (`lock_fingerprint`). Beside one
    that runs, another is a stand-by: it comes soon, or as soon as the running one ends. Without that, a storm has all
    slots of a worker take turns at the same deliveries, and messages of pages wait for its end. Its row has no monitor,
    so that slow pulls do not hold it.
    """
    fingerprint = receiving(monitor_id)
    task_fingerprints.lock_fingerprint(connection, fingerprint, shared=True)
    queued = task_fingerprints.find_queued(connection, fingerprint)
    if queued is None:
        task_fingerprints.lock_fingerprint(connection, f"{fingerprint} is recorded")
        queued = task_fingerprints.find_queued(connection, fingerprint)
    if queued is None:
        is_standby = task_fingerprints.is_any_running(connection, fingerprint)
        run_at = clock.now() + STANDBY if is_standby else None
        outbox.record(connection, task_id, ReceiveAlerts(monitor_id=monitor_id), run_at, fingerprint=fingerprint)
    return queued or task_id


def _hash(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()
