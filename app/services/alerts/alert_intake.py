"""Takes in reports about alerts: deduplicates them, links them to hosts and items, and keeps the histories."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping

from app import clock
from app.connectors.base import Completeness
from app.enums import AlertEventKind, AlertStatus, ReportWay, Resolution, Severity
from app.rules.alerts.alert_changes import AlertState, follow
from app.rules.alerts.alert_reports import AlertReport
from app.services.alerts.alert_sources import AlertSource
from app.services.alerts.alert_targets import AlertTargets, Target
from app.services.alerts.alert_writing import STATE, AlertWriting, Draft, Identity
from app.services.alerts.suppression import NoWitnesses, Witnesses
from app.store.alerts import alert_events, alert_intake, alerts
from app.store.inventory import monitors

END_BATCH_SIZE = 1000
NO_WITNESSES = NoWitnesses()
WITNESS_FORGOTTEN_AFTER = timedelta(hours=1)
"""A member of an HA group that has not pulled for so long keeps no alert open."""


class AlertIntake:
    """Opens no transaction of its own: webhook intake and pulls write more in the same one."""

    def __init__(self, witnesses: Witnesses = NO_WITNESSES) -> None:
        self._witnesses = witnesses

    def take_in(
        self,
        connection: Connection,
        monitor_id: int,
        reports: Sequence[AlertReport],
        observed_at: datetime,
        *,
        way: ReportWay = ReportWay.WEBHOOK,
    ) -> dict[str, int]:
        """Write the reports of one source at one time, in order; return how many reports had which effect.

        If a pull reported an alert, its absence from a later pull means that it is over. The monitor that owns the
        alerts is locked until the transaction ends: otherwise two concurrent calls could both create the same alert.
        """
        source = AlertSource.of(connection, monitor_id)
        monitors.lock(connection, source.owner_id)
        reports = source.read(connection, reports, observed_at)
        drafts = _find(connection, source.owner_id, reports)
        targets = AlertTargets(connection, source.members, map(Target.of_report, reports))
        counts = dict.fromkeys(("seen", "new", "repeated", "reopened", "resolved", "unchanged"), 0)
        for report in reports:
            identity = (report.source, report.external_id)
            draft = drafts.setdefault(identity, Draft(identity))
            state, events = follow(draft.state, report, observed_at, way)
            counts["seen"] += 1
            counts[_outcome(draft.state, state, events)] += 1
            if state is None or state is draft.state:
                continue
            if draft.state is not None and state.occurrence != draft.state.occurrence:
                draft = drafts[identity] = Draft(identity)
            draft.state = state
            draft.note(events)
            draft.comment = draft.comment or report.comment
            draft.raw = report.raw
            if draft.host_id is None or draft.item_id is None:
                host_id, item_id = targets.find(Target.of_report(report))
                draft.host_id, draft.item_id = draft.host_id or host_id, draft.item_id or item_id
        changed = [draft for draft in drafts.values() if draft.state is not None and draft.state != draft.before]
        AlertWriting(connection, source, observed_at, way, self._witnesses).write(changed)
        return counts

    def end_unseen(
        self,
        connection: Connection,
        monitor_id: int,
        observed_at: datetime,
        completeness: Completeness,
        undecided_names: Collection[str] = (),
    ) -> int:
        """Resolve some alerts that earlier pulls reported and the one of `observed_at` did not; return their number.

        A partial pull resolves none, a doubtful one only those that the pull before it missed too, and any pull none
        with one of `undecided_names`.
        """
        if completeness is Completeness.PARTIAL:
            return 0
        source = AlertSource.of(connection, monitor_id)
        # A monitor that has joined an HA group has alerts of its own from before.
        for owner_id in sorted({source.owner_id, monitor_id}):
            monitors.lock(connection, owner_id)
        if source.is_shared:
            forgotten_before = observed_at - WITNESS_FORGOTTEN_AFTER
            alert_intake.drop_witnesses(connection, source.owner_id, monitor_id, observed_at, forgotten_before)
        is_doubtful = completeness is Completeness.DOUBTFUL
        rows = [
            row
            for owner_id in sorted({source.owner_id, monitor_id})
            for row in alert_intake.end_unseen(
                connection,
                owner_id,
                observed_at,
                END_BATCH_SIZE,
                is_doubtful=is_doubtful,
                is_shared=source.is_shared and owner_id == source.owner_id,
                undecided_names=undecided_names,
            )
        ]
        alert_events.add(connection, [(row["id"], AlertEventKind.RESOLVED) for row in rows], observed_at)
        self._witnesses.settle(connection, [row["id"] for row in rows if row["host_id"]])
        alerts.refresh_marks_of(connection, rows, clock.now())
        if is_doubtful and not rows:
            alert_intake.mark_missed(connection, source.owner_id, observed_at)
        return len(rows)

    def keep_open(
        self, connection: Connection, monitor_id: int, external_ids: Sequence[str], observed_at: datetime
    ) -> None:
        """Protect alerts from `end_unseen`: they do not fire now, but their source says that they are not over."""
        owner_id = AlertSource.of(connection, monitor_id).owner_id
        alert_intake.keep_open(connection, owner_id, external_ids, observed_at)


def _find(connection: Connection, owner_id: int, reports: Iterable[AlertReport]) -> dict[Identity, Draft]:
    by_source: dict[str, set[str]] = {}
    for report in reports:
        by_source.setdefault(report.source, set()).add(report.external_id)
    drafts = {}
    for source, external_ids in by_source.items():
        for row in alert_intake.latest(connection, owner_id, source, external_ids):
            identity = (source, row["external_id"])
            state = _stored(row)
            drafts[identity] = Draft(identity, row, state, state, host_id=row["host_id"], item_id=row["item_id"])
    return drafts


def _stored(row: RowMapping) -> AlertState:
    columns = {name: row[name] for name in STATE}
    enums = {
        "status": AlertStatus(columns["status"]),
        "severity": Severity(columns["severity"]),
        "resolution": columns["resolution"] and Resolution(columns["resolution"]),
    }
    return AlertState(**{**columns, **enums})


def _outcome(before: AlertState | None, after: AlertState | None, events: Sequence[AlertEventKind]) -> str:
    names = {AlertEventKind.FIRED: "new", AlertEventKind.REOPENED: "reopened", AlertEventKind.RESOLVED: "resolved"}
    return next((names[event] for event in events if event in names), "unchanged" if after is before else "repeated")
