"""The door for what monitors post: their tokens, and the recording of what came in."""

import secrets
from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import Connection

from app import clock
from app.enums import TaskType
from app.errors import Conflict, NotFound, Unauthorized
from app.rules.alert_reports import AlertReport
from app.services.outbox import Outbox, new_task_id
from app.services.requester import Requester, earlier_answer, fingerprint_of
from app.store import deliveries, idempotency, monitors, task_fingerprints
from app.store.engine import Database

REPORTS_A_DELIVERY = 500
NOT_KNOWN = "A monitor's webhook token is needed: Authorization: Bearer <token>."


class WebhookService:
    """Every method raises DatabaseUnavailable when nothing was changed."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    def issue_token(self, monitor_id: int) -> str:
        """Return a new token for a monitor's posts; the last one stops to work. Raises NotFound."""
        token = secrets.token_urlsafe(32)
        with self._database.transaction() as connection:
            if monitors.find(connection, monitor_id) is None:
                raise NotFound(f"there is no monitor {monitor_id}")
            monitors.change(connection, monitor_id, {"webhook_token_hash": _hash(token)})
        return token

    def identify(self, token: str) -> None:
        """Raise Unauthorized unless the token is a monitor's."""
        with self._database.reading() as connection:
            if monitors.find_by_token(connection, _hash(token)) is None:
                raise Unauthorized(NOT_KNOWN)

    def accept(self, token: str, reports: Sequence[AlertReport], idempotency_key: str | None = None) -> str:
        """Record what the token's monitor reports, and return the id of the task that will take it in.

        Many posts share one task: all that is recorded before a worker begins it. Raises Unauthorized, Conflict when
        the monitor is disabled, and Invalid when the idempotency key was used for another post.
        """
        posted = [report.as_dict() for report in reports]
        now, task_id = clock.now(), new_task_id(TaskType.RECEIVE_ALERTS)
        with self._database.transaction() as connection:
            monitor = monitors.find_by_token(connection, _hash(token), is_kept=True)
            if monitor is None:
                raise Unauthorized(NOT_KNOWN)
            if not monitor["enabled"]:
                raise Conflict(f"monitor {monitor['id']} is disabled")
            # Users have positive ids: a monitor's keys are its own.
            by = Requester(-monitor["id"], idempotency_key)
            request = fingerprint_of(["post", posted]) if idempotency_key else ""
            earlier = earlier_answer(connection, by, request, task_id, now)
            if earlier is not None:
                return earlier
            shared = request_task(connection, self._outbox, monitor["id"], task_id)
            if shared != task_id and idempotency_key is not None:
                idempotency.rebind(connection, by.user_id, idempotency_key, shared)
            parts = (posted[start : start + REPORTS_A_DELIVERY] for start in range(0, len(posted), REPORTS_A_DELIVERY))
            rows = [{"monitor_id": monitor["id"], "received_at": now, "reports": part} for part in parts]
            if rows:
                deliveries.add(connection, rows)
        if shared == task_id:
            self._outbox.publish({task_id: None})
        return shared


def receiving(monitor_id: int) -> str:
    """Return the fingerprint of the tasks that take in what a monitor posted."""
    return fingerprint_of([TaskType.RECEIVE_ALERTS, {"monitor_id": monitor_id}])


def request_task(connection: Connection, outbox: Outbox, monitor_id: int, task_id: str) -> str:
    """Return the id of a task that has not begun and takes in what this transaction records for a monitor.

    If there is none, one is recorded under `task_id`, to be published after the commit. A task that begins meanwhile
    looks once more for what came in, when all those have committed that saw it waiting (`lock_fingerprint`). Its row
    has no monitor, so that it is not held up by pulls that are slow.
    """
    fingerprint = receiving(monitor_id)
    task_fingerprints.lock_fingerprint(connection, fingerprint, shared=True)
    queued = task_fingerprints.find_queued(connection, fingerprint)
    if queued is None:
        task_fingerprints.lock_fingerprint(connection, f"{fingerprint} is recorded")
        queued = task_fingerprints.find_queued(connection, fingerprint)
    if queued is None:
        outbox.record(connection, task_id, {"monitor_id": monitor_id}, fingerprint=fingerprint)
    return queued or task_id


def _hash(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()
