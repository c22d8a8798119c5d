"""Takes in reports about alerts: deduplicates them, links them to hosts and items, and keeps the histories."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import AlertEventKind, AlertStatus, Severity
from app.rules.alert_changes import AlertState, follow
from app.rules.alert_reports import AlertReport
from app.services.alerts.alert_targets import AlertTargets
from app.store.alerts import alert_events, alert_intake, alerts, suppression
from app.store.inventory import monitors

Identity = tuple[str, str]
STATE = [each.name for each in fields(AlertState)]
END_BATCH_SIZE = 1000
BEGINNINGS = (AlertEventKind.FIRED, AlertEventKind.REOPENED)


@dataclass(slots=True)
class Draft:
    """An alert while its reports are applied; `row` is the stored row, or None for a new alert."""

    identity: Identity
    row: RowMapping | None = None
    state: AlertState | None = None
    comment: str = ""
    host_id: int | None = None
    item_id: int | None = None
    events: list[AlertEventKind] = field(default_factory=list)


class AlertIntake:
    """Opens no transaction of its own: webhook intake and pulls write more in the same one."""

    def take_in(
        self,
        connection: Connection,
        monitor_id: int,
        reports: Sequence[AlertReport],
        observed_at: datetime,
        *,
        is_pull: bool = False,
    ) -> dict[str, int]:
        """Write the reports of one source at one time, in order; return how many reports had which effect.

        If a pull (`is_pull`) reported an alert, its absence from a later pull means that it is over. The monitor is
        locked until the transaction ends: otherwise two concurrent calls could both create the same alert.
        """
        monitors.lock(connection, monitor_id)
        known = _find(connection, monitor_id, reports)
        drafts = dict(known)
        targets = AlertTargets(connection, monitor_id, reports)
        counts = dict.fromkeys(("seen", "new", "repeated", "reopened", "resolved", "unchanged"), 0)
        for report in reports:
            identity = (report.source, report.external_id)
            draft = drafts.setdefault(identity, Draft(identity))
            state, events = follow(draft.state, report, observed_at)
            counts["seen"] += 1
            counts[_outcome(draft.state, state, events)] += 1
            if state is None or state is draft.state:
                continue
            if draft.state is not None and state.occurrence != draft.state.occurrence:
                draft = drafts[identity] = Draft(identity)
            draft.state = state
            draft.events += events
            draft.comment = draft.comment or report.comment
            if draft.host_id is None:
                draft.host_id, draft.item_id = targets.find(report)
        changed = [draft for draft in drafts.values() if draft.state is not None and draft.state != _stored(draft.row)]
        _write(connection, monitor_id, changed, observed_at, is_pull)
        return counts

    def end_unseen(self, connection: Connection, monitor_id: int, observed_at: datetime) -> int:
        """Resolve some alerts that earlier pulls reported and the one of `observed_at` did not; return their number."""
        monitors.lock(connection, monitor_id)
        rows = alert_intake.end_unseen(connection, monitor_id, observed_at, END_BATCH_SIZE)
        alert_events.add(connection, [(row["id"], AlertEventKind.RESOLVED) for row in rows], observed_at)
        alerts.refresh_marks_of(connection, rows, clock.now())
        return len(rows)


def _find(connection: Connection, monitor_id: int, reports: Iterable[AlertReport]) -> dict[Identity, Draft]:
    by_source: dict[str, set[str]] = {}
    for report in reports:
        by_source.setdefault(report.source, set()).add(report.external_id)
    drafts = {}
    for source, external_ids in by_source.items():
        for row in alert_intake.latest(connection, monitor_id, source, external_ids):
            identity = (source, row["external_id"])
            drafts[identity] = Draft(identity, row, _stored(row), host_id=row["host_id"], item_id=row["item_id"])
    return drafts


def _stored(row: RowMapping | None) -> AlertState | None:
    if row is None:
        return None
    columns = {name: row[name] for name in STATE}
    return AlertState(
        **{**columns, "status": AlertStatus(columns["status"]), "severity": Severity(columns["severity"])}
    )


def _outcome(before: AlertState | None, after: AlertState | None, events: Sequence[AlertEventKind]) -> str:
    names = {AlertEventKind.FIRED: "new", AlertEventKind.REOPENED: "reopened", AlertEventKind.RESOLVED: "resolved"}
    return next((names[event] for event in events if event in names), "unchanged" if after is before else "repeated")


def _write(
    connection: Connection, monitor_id: int, drafts: Sequence[Draft], observed_at: datetime, is_pull: bool
) -> None:
    now = clock.now()
    new = [draft for draft in drafts if draft.row is None]
    # In the order of their ids, as everywhere that locks several alerts: different orders would deadlock on PostgreSQL.
    known = sorted(((draft, draft.row) for draft in drafts if draft.row is not None), key=lambda pair: pair[1]["id"])
    ids = alert_intake.add(connection, [_new_row(monitor_id, draft, observed_at if is_pull else None) for draft in new])
    alert_intake.change(connection, [_changes(draft, row, observed_at if is_pull else None) for draft, row in known])
    ids += [row["id"] for _, row in known]
    written = dict(zip(ids, [*new, *(draft for draft, _ in known)], strict=True))
    if suppression.is_any_active(connection, now) or any(row["suppressed"] for _, row in known):
        suppressed, returned = suppression.flip(connection, now, len(ids), ids)
        for row in suppressed:
            written[row["id"]].events.append(AlertEventKind.SUPPRESSED)
        for row in returned:
            # The event of an alert that fires (again) already says so.
            if not {*written[row["id"]].events} & {*BEGINNINGS}:
                written[row["id"]].events.append(AlertEventKind.RETURNED)
    happened = [(alert_id, event) for alert_id, draft in written.items() for event in draft.events]
    alert_events.add(connection, happened, observed_at)
    marked = [{"host_id": draft.host_id, "item_id": draft.item_id} for draft in drafts if _is_or_was_critical(draft)]
    alerts.refresh_marks_of(connection, marked, now)


def _new_row(monitor_id: int, draft: Draft, pulled_at: datetime | None) -> dict[str, Any]:
    source, external_id = draft.identity
    target = {"monitor_id": monitor_id, "host_id": draft.host_id, "item_id": draft.item_id}
    told = {"source": source, "external_id": external_id, "comment": draft.comment, "pulled_at": pulled_at}
    return {**_columns(draft.state), **target, **told, "suppressed": False}


def _changes(draft: Draft, row: RowMapping, pulled_at: datetime | None) -> dict[str, Any]:
    seen = max((moment for moment in (row["pulled_at"], pulled_at) if moment), default=None)
    target = {"id": row["id"], "host_id": draft.host_id, "item_id": draft.item_id}
    return {**_columns(draft.state), **target, "pulled_at": seen}


def _columns(state: AlertState | None) -> dict[str, Any]:
    return {} if state is None else {name: getattr(state, name) for name in STATE}


def _is_or_was_critical(draft: Draft) -> bool:
    before = draft.row["severity"] if draft.row else None
    return Severity.CRITICAL in (before, draft.state and draft.state.severity)
