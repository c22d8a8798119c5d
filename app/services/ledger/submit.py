"""Accepts tasks: records and commits them first, publishes them after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping

from app import clock, tracing
from app.connectors.registry import connector_class, keeps_history
from app.errors import ConcurrentChange, Conflict, Invalid, NagareError, NotFound
from app.models.hosts import LOCAL_PREFIX
from app.rules.item_numbers import TEXT_TYPES
from app.rules.monitor_types import refuse_contact
from app.rules.task_params.base import HostParams, ItemParams, MonitorParams, TaskParams
from app.rules.task_params.contacts import TryChannel
from app.rules.task_params.notify import Notify
from app.rules.task_params.pull import BackfillValues, PullItems
from app.rules.task_params.push import PushHost, PushItem
from app.services.batcher import Batcher
from app.services.ledger.idempotency import earlier_answer, fingerprint_of, fingerprint_of_task
from app.services.ledger.outbox import Entry, Outbox, new_entry, new_task_id
from app.services.ledger.requester import Requester
from app.store.contacts import channels
from app.store.database.engine import Database
from app.store.inventory import hosts, items, monitors
from app.store.ledger import idempotency, task_fingerprints, task_inserts
from app.store.response import notifications

MAX_AHEAD = timedelta(days=366)
"""How far ahead a task can be scheduled."""
CHANGED = "the monitor was changed at the same time: try again"


@dataclass(frozen=True, slots=True)
class Submission:
    """A requested task: its parameters and its ledger row."""

    params: TaskParams
    entry: Entry

    @property
    def task_id(self) -> str:
        """The id under which it is recorded."""
        return str(self.entry["id"])


class SubmitService:
    """Accepts tasks of every type."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox
        self._batcher: Batcher[Submission, str] = Batcher(self._accept_all, run_singly_after=(ConcurrentChange,))

    def accept(self, by: Requester, params: TaskParams, run_at: datetime | None = None) -> str:
        """Record a task, and publish it at `run_at` or, if that is None or has passed, at once; return its id.

        Raises NotFound when the task's object does not exist, Conflict when its monitor is disabled or does not support
        the task, Invalid when the idempotency key was used for another request or `run_at` is too far ahead, and
        DatabaseUnavailable when nothing was recorded. An unavailable Redis is no error: the task is published later.
        """
        if run_at is not None and run_at > clock.now() + MAX_AHEAD:
            raise Invalid("run_at", f"Must be at most {MAX_AHEAD.days} days ahead: create a schedule for later runs.")
        task_id = new_task_id(params.type)
        with tracing.span(f"record {params.type}", {"nagare.task_id": task_id}):
            entry = new_entry(
                task_id,
                params,
                run_at,
                monitor_id=params.monitor_id if isinstance(params, MonitorParams) else None,
                fingerprint=fingerprint_of_task(params),
                requested_by=by.user_id,
            )
            request = Submission(params, entry)
            if by.unique or by.idempotency_key is not None or entry["next_run_at"] is not None:
                return self._accept_once(by, request, run_at)
            return self._batcher.call(request)

    def _accept_once(self, by: Requester, request: Submission, run_at: datetime | None) -> str:
        """Record a task unless its request is a repeat, and publish it.

        Each in its own transaction: it may wait for another transaction with the same key, and two batches with several
        keys could deadlock.
        """
        entry = request.entry
        fingerprint = entry["fingerprint"]
        with self._database.transaction() as connection:
            # A repeat asks for the same time, also after it has passed.
            asked = fingerprint if run_at is None else fingerprint_of([fingerprint, run_at.isoformat()])
            earlier = earlier_answer(connection, by, asked, entry["id"], entry["created_at"])
            if earlier is not None:
                return earlier
            check(connection, request.params)
            if by.unique:
                task_fingerprints.lock_fingerprint(connection, fingerprint)
                unfinished = task_fingerprints.find_unfinished(connection, fingerprint, entry["next_run_at"])
                if unfinished is not None:
                    if by.idempotency_key is not None:
                        idempotency.rebind(connection, by.user_id, by.idempotency_key, unfinished)
                    return unfinished
            if not task_inserts.add(connection, [entry]):
                raise _refusals(connection, [request]).get(entry["id"]) or ConcurrentChange(CHANGED)
        self._outbox.remember(entry)
        self._outbox.publish({entry["id"]: entry["monitor_id"]})
        return str(entry["id"])

    def _accept_all(self, requests: Sequence[Submission]) -> Sequence[str | Exception]:
        """Record and publish tasks; return for each its id, or the reason for its rejection."""
        refusals = self._record_all(requests)
        accepted = [request.entry for request in requests if request.task_id not in refusals]
        self._outbox.publish({entry["id"]: entry["monitor_id"] for entry in accepted})
        return [refusals.get(request.task_id) or request.task_id for request in requests]

    def _record_all(self, requests: Sequence[Submission]) -> dict[str, NagareError]:
        """Record tasks; return, by id, why those that are not recorded are rejected."""
        to_check = [request for request in requests if not _depends_on_a_monitor_alone(request.params)]
        if to_check:
            with self._database.transaction() as connection:
                refusals = _refusals(connection, to_check)
                allowed = [request for request in requests if request.task_id not in refusals]
                count = task_inserts.add(connection, [request.entry for request in allowed])
        else:
            # A task that depends only on a monitor takes one statement, on PostgreSQL one round trip.
            refusals, allowed = {}, [*requests]
            with self._database.single_statement() as statement:
                count = task_inserts.add(statement, [request.entry for request in allowed])
        return refusals if count == len(allowed) else refusals | self._why_not_recorded(allowed)

    def _why_not_recorded(self, requests: Sequence[Submission]) -> dict[str, NagareError]:
        """Return by id why tasks that were not recorded are rejected."""
        with self._database.reading() as connection:
            recorded = task_inserts.added(connection, [request.task_id for request in requests])
            missing = [request for request in requests if request.task_id not in recorded]
            refusals = _refusals(connection, missing)
        return {each.task_id: refusals.get(each.task_id) or ConcurrentChange(CHANGED) for each in missing}


def _refusals(connection: Connection, requests: Sequence[Submission]) -> dict[str, NagareError]:
    """Return the rejected tasks by id, each with the reason."""
    found: dict[str, NagareError | None] = {}
    for request in requests:
        if request.entry["fingerprint"] not in found:
            found[request.entry["fingerprint"]] = _refusal(connection, request)
    return {each.task_id: refusal for each in requests if (refusal := found[each.entry["fingerprint"]])}


def _refusal(connection: Connection, request: Submission) -> NagareError | None:
    try:
        check(connection, request.params)
    except NagareError as error:
        return error
    return None


def check(connection: Connection, params: TaskParams) -> None:
    """Raise NotFound or Conflict for a task that could only become a dead letter."""
    if isinstance(params, Notify) and notifications.find(connection, params.notification_id) is None:
        raise NotFound(f"there is no notification {params.notification_id}")
    if isinstance(params, TryChannel) and channels.find(connection, params.channel_id) is None:
        raise NotFound(f"there is no channel {params.channel_id}")
    if not isinstance(params, MonitorParams):
        return
    monitor = monitors.find_sealed(connection, params.monitor_id)
    if monitor is None:
        raise NotFound(f"there is no monitor {params.monitor_id}")
    refuse_contact(monitor["id"], monitor["type"])
    host_id = _host_of(params)
    if host_id is not None:
        host = hosts.find(connection, host_id)
        if host is None or host["monitor_id"] != monitor["id"]:
            raise NotFound(f"monitor {monitor['id']} has no host {host_id}")
        if host["external_id"].startswith(LOCAL_PREFIX) and not isinstance(params, PushHost):
            raise Conflict(f"host {host['id']} does not exist at its monitor yet: push it first")
    if isinstance(params, ItemParams):
        item = items.find(connection, params.item_id)
        if item is None or item["host_id"] != host_id:
            raise NotFound(f"host {host_id} has no item {params.item_id}")
        if item["external_id"].startswith(LOCAL_PREFIX) and not isinstance(params, PushItem):
            raise Conflict(f"item {item['id']} does not exist at its monitor yet: push it first")
        if isinstance(params, BackfillValues):
            _refuse_backfill(monitor["type"], item)
    if not monitor["enabled"]:
        raise Conflict(f"monitor {monitor['id']} is disabled: enable it first")
    if isinstance(params, PushHost | PushItem) and not connector_class(monitor["type"]).writable:
        raise Conflict(f"monitors of type {monitor['type']} are read-only")


def _refuse_backfill(monitor_type: str, item: RowMapping) -> None:
    """Raise Conflict if there are no past numbers of an item."""
    if not keeps_history(connector_class(monitor_type)):
        raise Conflict(f"monitors of type {monitor_type} return no past values: a pull reads the last one")
    if item["value_type"] in TEXT_TYPES:
        raise Conflict(f"item {item['id']} has values of type {item['value_type']}: only numbers are kept")


def _depends_on_a_monitor_alone(params: TaskParams) -> bool:
    return isinstance(params, MonitorParams) and _host_of(params) is None


def _host_of(params: MonitorParams) -> int | None:
    return params.host_id if isinstance(params, HostParams | PullItems) else None
