"""Actions of people on alerts: acknowledge, resolve, reopen, snooze; one or many, with who and why in the history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.connectors.registry import takes_acknowledgements
from app.enums import AlertEventKind, AlertStatus, AuditAction, AuditedType, Resolution
from app.errors import Conflict, Invalid
from app.rules.monitor_types import alert_source
from app.rules.task_params.alerts import AcknowledgeAlert
from app.services.access.audit import Editor, record_action
from app.services.alerts.action_memo import ActionMemo
from app.services.alerts.alerts import find_or_raise, shown
from app.services.alerts.suppression import Witnesses
from app.services.ledger.outbox import Outbox, new_task_id
from app.store.alerts import alert_events, alerts, suppression
from app.store.database.engine import Database
from app.store.inventory import monitors
from app.store.selection import alert_choices
from app.store.selection.alert_filters import AlertFilter

ALERT_BATCH_SIZE = 1000
ACKNOWLEDGED_A_TASK = 100


@dataclass(frozen=True, slots=True)
class Action:
    """An action: its event in the history, the columns it changes, and the statuses it applies to."""

    kind: AlertEventKind | None
    values: Mapping[str, Any]
    of_one: Sequence[AlertStatus]
    """Statuses in which it changes an alert that is named by id."""
    of_many: Sequence[AlertStatus]
    """Statuses in which it changes alerts in bulk: a filter without a status must not reopen resolved alerts."""


ACTIVE, ACKNOWLEDGED, RESOLVED = AlertStatus
IS_OPEN: Mapping[str, Any] = {"resolved_at": None, "resolution": None, "ended_at": None}
ACKNOWLEDGE = Action(AlertEventKind.ACKNOWLEDGED, {"status": ACKNOWLEDGED, **IS_OPEN}, (ACTIVE, RESOLVED), (ACTIVE,))
RESOLVE = Action(
    AlertEventKind.RESOLVED,
    {"status": RESOLVED, "resolution": Resolution.USER, "is_stale": False, "missed_at": None},
    (ACTIVE, ACKNOWLEDGED),
    (ACTIVE, ACKNOWLEDGED),
)
REOPEN = Action(AlertEventKind.REOPENED, {"status": ACTIVE, **IS_OPEN}, (ACKNOWLEDGED, RESOLVED), (RESOLVED,))

KINDS = {
    ACTIVE: AlertEventKind.REOPENED,
    ACKNOWLEDGED: AlertEventKind.ACKNOWLEDGED,
    RESOLVED: AlertEventKind.RESOLVED,
}
"""The event of an alert that comes to a status by a person."""


class AlertActions:
    """Methods that name an alert raise NotFound, and Conflict if it is resolved and a newer occurrence exists.

    All raise DatabaseUnavailable. The bulk methods take ids or the filters of `AlertFilter.of`, and return how many
    alerts they changed. With `expected_total` they raise Conflict, and change nothing, if the filter matches more. With
    a `memo` they note in it what `undo` needs, and their sources are told later.
    """

    def __init__(self, database: Database, outbox: Outbox, witnesses: Witnesses) -> None:
        self._database = database
        self._outbox = outbox
        self._witnesses = witnesses

    def acknowledge(self, alert_id: int, by: Editor, comment: str | None = None) -> dict[str, Any]:
        """Record that someone handles the alert; a resolved one becomes open again."""
        return self._act_on_one(alert_id, ACKNOWLEDGE, by, comment)

    def resolve(self, alert_id: int, by: Editor, comment: str | None = None) -> dict[str, Any]:
        """Record that the problem is over."""
        return self._act_on_one(alert_id, RESOLVE, by, comment)

    def reopen(self, alert_id: int, by: Editor, comment: str | None = None) -> dict[str, Any]:
        """Record that the problem is not over after all."""
        return self._act_on_one(alert_id, REOPEN, by, comment)

    def snooze(self, alert_id: int, by: Editor, until: datetime | None, comment: str | None = None) -> dict[str, Any]:
        """Suppress an open alert until a time; None ends the snooze. Raises Invalid if the time has passed."""
        return self._act_on_one(alert_id, _snooze(until), by, comment)

    def comment(self, alert_id: int, by: Editor, comment: str) -> dict[str, Any]:
        """Add a comment to the alert, whatever its status."""
        with self._database.transaction() as connection:
            alerts.lock(connection, alert_id)
            find_or_raise(connection, alert_id)
            alerts.act(connection, [alert_id], {}, comment)
            _note(connection, [(alert_id, AlertEventKind.COMMENTED)], by, comment)
            return shown(find_or_raise(connection, alert_id))

    def acknowledge_many(self, by: Editor, comment: str | None = None, **choice: Any) -> int:
        """Acknowledge the matching active alerts."""
        return self._act_on_many(ACKNOWLEDGE, by, comment, **choice)

    def resolve_many(self, by: Editor, comment: str | None = None, **choice: Any) -> int:
        """Resolve the matching open alerts."""
        return self._act_on_many(RESOLVE, by, comment, **choice)

    def reopen_many(self, by: Editor, comment: str | None = None, **choice: Any) -> int:
        """Reopen the matching resolved alerts that have no newer occurrence."""
        return self._act_on_many(REOPEN, by, comment, **choice)

    def snooze_many(self, by: Editor, until: datetime | None, comment: str | None = None, **choice: Any) -> int:
        """Snooze the matching open alerts. Raises Invalid if the time has passed."""
        return self._act_on_many(_snooze(until), by, comment, **choice)

    def undo(self, memo: ActionMemo, by: Editor) -> int:
        """Give alerts that are still as an action left them their values from before it; return how many."""
        return sum(
            self._restore(memo, values, ids[start : start + ALERT_BATCH_SIZE], by)
            for values, ids in memo.groups()
            for start in range(0, len(ids), ALERT_BATCH_SIZE)
        )

    def _restore(self, memo: ActionMemo, values: Mapping[str, Any], ids: Sequence[int], by: Editor) -> int:
        is_untouched = [alerts.ALERTS[name].is_not_distinct_from(value) for name, value in memo.after.items()]
        back = Action(_kind_of_return(values), values, (), ())
        with self._database.transaction() as connection:
            chosen = alerts.some_ids(connection, [*is_untouched, alerts.IS_LATEST], ids, 0, len(ids))
            if chosen:
                self._act(connection, chosen, back, by, None)
                record_action(connection, by, AuditedType.ALERT, 0, AuditAction.UNDONE, count=len(chosen))
        return len(chosen)

    def _act_on_one(self, alert_id: int, action: Action, by: Editor, comment: str | None) -> dict[str, Any]:
        recorded: dict[str, int | None] = {}
        with self._database.transaction() as connection:
            alerts.lock(connection, alert_id)
            alert = find_or_raise(connection, alert_id)
            if alert["status"] in action.of_one:
                newer_id = alerts.newer_occurrence(connection, alert_id) if alert["status"] == RESOLVED else None
                if newer_id is not None:
                    raise Conflict(f"alert {alert_id} is resolved and has fired again as alert {newer_id}")
                recorded = self._act(connection, [alert_id], action, by, comment)
                record_action(connection, by, AuditedType.ALERT, alert_id, _word(action))
            elif RESOLVED not in action.of_one and action.kind is not AlertEventKind.RESOLVED:
                raise Conflict(f"alert {alert_id} is resolved")
            elif comment:
                alerts.act(connection, [alert_id], {}, comment)
                _note(connection, [(alert_id, AlertEventKind.COMMENTED)], by, comment)
            alert = find_or_raise(connection, alert_id)
        self._outbox.publish(recorded)
        return shown(alert)

    def _act_on_many(
        self,
        action: Action,
        by: Editor,
        comment: str | None,
        ids: Sequence[int] | None = None,
        expected_total: int | None = None,
        memo: ActionMemo | None = None,
        **filters: Any,
    ) -> int:
        wanted = AlertFilter.of(**filters)
        if expected_total is not None:
            ids = self._expected(wanted, expected_total)
        count, after = 0, 0
        while True:
            with self._database.transaction() as connection:
                conditions = [*alert_choices.narrowed(connection, wanted), alerts.ALERTS.status.in_(action.of_many)]
                if RESOLVED in action.of_many:
                    conditions.append(alerts.IS_LATEST)
                chosen = alerts.some_ids(connection, conditions, ids, after, ALERT_BATCH_SIZE)
                recorded = self._act(connection, chosen, action, by, comment, memo) if chosen else {}
                if chosen:
                    about = {"count": len(chosen), "filter": _shown_filter(filters)}
                    record_action(connection, by, AuditedType.ALERT, 0, _word(action), **about)
            self._outbox.publish(recorded)
            count += len(chosen)
            if len(chosen) < ALERT_BATCH_SIZE:
                return count
            after = chosen[-1]

    def _expected(self, wanted: AlertFilter, expected_total: int) -> Sequence[int]:
        """Return the alerts that a filter wants now. Raises Conflict if there are more than a person has seen."""
        with self._database.reading() as connection:
            ids = alert_choices.wanted_ids(connection, wanted, expected_total + 1)
        if len(ids) > expected_total:
            raise Conflict(
                f"the filter matches more than the expected {expected_total} alerts now, so none was changed:"
                " look at the list again, and give its total"
            )
        return ids

    def _act(
        self,
        connection: Connection,
        alert_ids: Sequence[int],
        action: Action,
        by: Editor,
        comment: str | None,
        memo: ActionMemo | None = None,
    ) -> dict[str, int | None]:
        """Change alerts and all that depends on them; return the tasks that inform their monitors, to be published."""
        now = clock.now()
        values = {**action.values, "resolved_at": memo.at if memo else now} if action is RESOLVE else action.values
        if memo is not None:
            memo.remember(alerts.columns_of(connection, alert_ids, [*values]), values)
        rows = alerts.act(connection, alert_ids, values, comment)
        suppressed, returned = suppression.flip(connection, now, len(alert_ids), alert_ids)
        fresh = alert_ids if action.kind is AlertEventKind.REOPENED else ()
        flipped = self._witnesses.settle(connection, alert_ids, fresh)
        happened = [(alert_id, action.kind) for alert_id in alert_ids if action.kind is not None]
        hidden = [*(row["id"] for row in suppressed), *flipped.suppressed]
        happened += [(alert_id, AlertEventKind.SUPPRESSED) for alert_id in hidden]
        if action.kind is not AlertEventKind.REOPENED:
            shown_again = [*(row["id"] for row in returned), *flipped.returned]
            happened += [(alert_id, AlertEventKind.RETURNED) for alert_id in shown_again]
        _note(connection, happened, by, comment)
        alerts.refresh_marks_of(connection, rows, now)
        return self._tell_monitors(connection, rows, by, comment, memo) if action is ACKNOWLEDGE else {}

    def _tell_monitors(
        self,
        connection: Connection,
        rows: Sequence[RowMapping],
        by: Editor,
        comment: str | None,
        memo: ActionMemo | None,
    ) -> dict[str, int | None]:
        by_source: dict[tuple[int, str], list[int]] = {}
        for row in rows:
            by_source.setdefault((row["monitor_id"], row["source"]), []).append(row["id"])
        recorded: dict[str, int | None] = {}
        for (monitor_id, source), alert_ids in by_source.items():
            if not _takes_acknowledgements(connection, monitor_id, source):
                continue
            for start in range(0, len(alert_ids), ACKNOWLEDGED_A_TASK):
                task_id = new_task_id(AcknowledgeAlert.type)
                chosen = alert_ids[start : start + ACKNOWLEDGED_A_TASK]
                text = f"{by.username}: {comment}" if comment else by.username
                params = AcknowledgeAlert(monitor_id=monitor_id, alert_ids=tuple(chosen), comment=text)
                run_at = None if memo is None else memo.told_at
                self._outbox.record(connection, task_id, params, run_at, monitor_id=monitor_id, requested_by=by.user_id)
                recorded[task_id] = monitor_id
        if memo is not None:
            memo.task_ids += recorded
        return recorded


def _word(action: Action) -> AuditAction:
    return AuditAction.SNOOZE_ENDED if action.kind is None else AuditAction(str(action.kind))


def _shown_filter(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Return a filter as JSON; one that is empty names the alerts."""
    given = {name: value for name, value in filters.items() if value is not None}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in given.items()}


def _kind_of_return(values: Mapping[str, Any]) -> AlertEventKind | None:
    """Return the event of an alert that has these values again; the end of a snooze is told by the suppression."""
    if "status" not in values:
        return AlertEventKind.SNOOZED if values["snoozed_until"] is not None else None
    return KINDS[AlertStatus(values["status"])]


def _snooze(until: datetime | None) -> Action:
    if until is not None and until <= clock.now():
        raise Invalid("until", "Must be a time in the future.")
    kind = None if until is None else AlertEventKind.SNOOZED
    return Action(kind, {"snoozed_until": until}, (ACTIVE, ACKNOWLEDGED), (ACTIVE, ACKNOWLEDGED))


def _note(
    connection: Connection, happened: Sequence[tuple[int, AlertEventKind]], by: Editor, comment: str | None
) -> None:
    alert_events.add(connection, happened, clock.now(), user_id=by.user_id, username=by.username, comment=comment or "")


def _takes_acknowledgements(connection: Connection, monitor_id: int, source: str) -> bool:
    """Return whether the monitor knows the alert by its name, supports acknowledgements and has them enabled."""
    monitor = monitors.find_sealed(connection, monitor_id)
    if monitor is None or alert_source(monitor["type"]) != source or not monitor["enabled"]:
        return False
    return bool(monitor["acknowledge_at_source"]) and takes_acknowledgements(monitor["type"])
