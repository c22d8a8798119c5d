"""Accepts tasks: recorded and committed first, then published."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from app import tracing
from app.connectors.registry import connector_class
from app.enums import Severity, TaskType
from app.errors import ConcurrentChange, Conflict, NagareError, NotFound
from app.models.hosts import LOCAL_PREFIX
from app.services.batcher import Batcher
from app.services.ledger.outbox import Entry, Outbox, new_entry, new_task_id
from app.services.ledger.requester import Requester, earlier_answer, fingerprint_of
from app.store.database.engine import Database
from app.store.inventory import hosts, items, monitors
from app.store.ledger import idempotency, task_fingerprints, task_inserts
from app.store.response import notifications

MAX_GENERATED = 10_000
GENERATED = 5
"""The default number of test alerts."""
CHANGED = "the monitor was changed at the same time: try again"


class SubmitService:
    """One method per task type; each returns the task's id.

    Every method raises NotFound when the task's object does not exist, Conflict when its monitor is disabled or does
    not support the task, Invalid when the idempotency key was used for another request, and DatabaseUnavailable when
    nothing was recorded. An unavailable Redis is not an error: the task is published later.
    """

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox
        self._batcher: Batcher[Entry, str] = Batcher(self._accept_all, run_singly_after=(ConcurrentChange,))

    def pull_hosts(self, by: Requester, monitor_id: int) -> str:
        """Queue a pull of all hosts of a monitor."""
        return self._submit(by, TaskType.PULL_HOSTS, {"monitor_id": monitor_id})

    def pull_items(self, by: Requester, monitor_id: int, host_id: int | None = None) -> str:
        """Queue a pull of the items of one host, or of all hosts of a monitor."""
        params = {"monitor_id": monitor_id} if host_id is None else {"monitor_id": monitor_id, "host_id": host_id}
        return self._submit(by, TaskType.PULL_ITEMS, params)

    def pull_alerts(self, by: Requester, monitor_id: int) -> str:
        """Queue a pull of the active alerts of a monitor."""
        return self._submit(by, TaskType.PULL_ALERTS, {"monitor_id": monitor_id})

    def sync(self, by: Requester, monitor_id: int) -> str:
        """Queue a sync of a monitor, with child tasks for hosts, items and alerts."""
        return self._submit(by, TaskType.SYNC, {"monitor_id": monitor_id})

    def pull_host(self, by: Requester, monitor_id: int, host_id: int) -> str:
        """Queue a pull of one host."""
        return self._submit(by, TaskType.PULL_HOST, {"monitor_id": monitor_id, "host_id": host_id})

    def pull_item(self, by: Requester, monitor_id: int, host_id: int, item_id: int) -> str:
        """Queue a pull of one item."""
        return self._submit(by, TaskType.PULL_ITEM, {"monitor_id": monitor_id, "host_id": host_id, "item_id": item_id})

    def push_host(self, by: Requester, monitor_id: int, host_id: int, force: bool = False) -> str:
        """Queue a push of a host's editable fields to its monitor; `force` overwrites edits made there."""
        return self._submit(by, TaskType.PUSH_HOST, {"monitor_id": monitor_id, "host_id": host_id} | _forced(force))

    def push_item(self, by: Requester, monitor_id: int, host_id: int, item_id: int, force: bool = False) -> str:
        """Queue a push of an item's editable fields to its monitor; `force` as for a host."""
        params = {"monitor_id": monitor_id, "host_id": host_id, "item_id": item_id}
        return self._submit(by, TaskType.PUSH_ITEM, params | _forced(force))

    def generate_alerts(
        self, by: Requester, count: int, severity: Severity | None = None, seed: int | None = None
    ) -> str:
        """Queue the generation of test alerts."""
        return self._submit(by, TaskType.GENERATE_ALERTS, {"count": count, "severity": severity, "seed": seed})

    def test_notification(self, by: Requester, notification_id: int) -> str:
        """Queue a test message of a notification, to be sent now."""
        return self._submit(by, TaskType.NOTIFY, {"notification_id": notification_id, "test": True})

    def _submit(self, by: Requester, type: TaskType, params: Mapping[str, Any]) -> str:
        task_id = new_task_id(type)
        with tracing.span(f"record {type}", {"nagare.task_id": task_id}):
            entry = new_entry(
                task_id,
                params,
                monitor_id=params.get("monitor_id"),
                fingerprint=fingerprint_of([type, params]),
                requested_by=by.user_id,
            )
            if by.unique or by.idempotency_key is not None:
                return self._accept_once(by, entry)
            return self._batcher.call(entry)

    def _accept_once(self, by: Requester, entry: Entry) -> str:
        """Record a task unless it was recorded before, and publish it.

        Alone: it may have to wait for another transaction with the same key, and two groups with several keys could
        wait for each other.
        """
        fingerprint = entry["fingerprint"]
        with self._database.transaction() as connection:
            earlier = earlier_answer(connection, by, fingerprint, entry["id"], entry["created_at"])
            if earlier is not None:
                return earlier
            check(connection, TaskType(entry["type"]), entry["params"])
            if by.unique:
                task_fingerprints.lock_fingerprint(connection, fingerprint)
                unfinished = task_fingerprints.find_unfinished(connection, fingerprint)
                if unfinished is not None:
                    if by.idempotency_key is not None:
                        idempotency.rebind(connection, by.user_id, by.idempotency_key, unfinished)
                    return unfinished
            if not task_inserts.add(connection, [entry]):
                raise _refusals(connection, [entry]).get(entry["id"]) or ConcurrentChange(CHANGED)
        self._outbox.publish({entry["id"]: entry["monitor_id"]})
        return str(entry["id"])

    def _accept_all(self, entries: Sequence[Entry]) -> Sequence[str | Exception]:
        """Record and publish tasks; return for each its id, or the reason for its rejection."""
        refusals = self._record_all(entries)
        self._outbox.publish({entry["id"]: entry["monitor_id"] for entry in entries if entry["id"] not in refusals})
        return [refusals.get(entry["id"]) or str(entry["id"]) for entry in entries]

    def _record_all(self, entries: Sequence[Entry]) -> dict[str, NagareError]:
        """Record tasks; return, by id, why those that are not recorded are rejected."""
        to_check = [entry for entry in entries if entry["params"].keys() != {"monitor_id"}]
        if to_check:
            with self._database.transaction() as connection:
                refusals = _refusals(connection, to_check)
                allowed = [entry for entry in entries if entry["id"] not in refusals]
                count = task_inserts.add(connection, allowed)
        else:
            # A task that depends only on a monitor takes one statement, on PostgreSQL one round trip.
            refusals, allowed = {}, [*entries]
            with self._database.single_statement() as statement:
                count = task_inserts.add(statement, allowed)
        return refusals if count == len(allowed) else refusals | self._why_not_recorded(allowed)

    def _why_not_recorded(self, entries: Sequence[Entry]) -> dict[str, NagareError]:
        """Return by id why entries that were not recorded are rejected."""
        with self._database.reading() as connection:
            recorded = task_inserts.added(connection, [entry["id"] for entry in entries])
            missing = [entry for entry in entries if entry["id"] not in recorded]
            refusals = _refusals(connection, missing)
        return {entry["id"]: refusals.get(entry["id"]) or ConcurrentChange(CHANGED) for entry in missing}


def _refusals(connection: Connection, entries: Sequence[Entry]) -> dict[str, NagareError]:
    """Return by id why tasks are rejected, if they are."""
    found: dict[str, NagareError | None] = {}
    for entry in entries:
        if entry["fingerprint"] not in found:
            found[entry["fingerprint"]] = _refusal(connection, entry)
    return {entry["id"]: refusal for entry in entries if (refusal := found[entry["fingerprint"]])}


def _refusal(connection: Connection, entry: Entry) -> NagareError | None:
    try:
        check(connection, TaskType(entry["type"]), entry["params"])
    except NagareError as error:
        return error
    return None


def check(connection: Connection, type: TaskType, params: Mapping[str, Any]) -> None:
    """Raise NotFound or Conflict for a task that could only become a dead letter."""
    if "notification_id" in params and notifications.find(connection, params["notification_id"]) is None:
        raise NotFound(f"there is no notification {params['notification_id']}")
    if "monitor_id" not in params:
        return
    monitor = monitors.find_sealed(connection, params["monitor_id"])
    if monitor is None:
        raise NotFound(f"there is no monitor {params['monitor_id']}")
    if "host_id" in params:
        host = hosts.find(connection, params["host_id"])
        if host is None or host["monitor_id"] != monitor["id"]:
            raise NotFound(f"monitor {monitor['id']} has no host {params['host_id']}")
        if host["external_id"].startswith(LOCAL_PREFIX) and type is not TaskType.PUSH_HOST:
            raise Conflict(f"host {host['id']} does not exist at its monitor yet: push it first")
    if "item_id" in params:
        item = items.find(connection, params["item_id"])
        if item is None or item["host_id"] != params["host_id"]:
            raise NotFound(f"host {params['host_id']} has no item {params['item_id']}")
        if item["external_id"].startswith(LOCAL_PREFIX) and type is not TaskType.PUSH_ITEM:
            raise Conflict(f"item {item['id']} does not exist at its monitor yet: push it first")
    if not monitor["enabled"]:
        raise Conflict(f"monitor {monitor['id']} is disabled")
    if type in (TaskType.PUSH_HOST, TaskType.PUSH_ITEM) and not connector_class(monitor["type"]).writable:
        raise Conflict(f"monitors of type {monitor['type']} are read-only")


def _forced(force: bool) -> dict[str, bool]:
    return {"force": True} if force else {}
