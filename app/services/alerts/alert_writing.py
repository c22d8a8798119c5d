"""Writes alerts that reports changed: rows, labels, raw reports, suppression, and histories."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import AlertEventKind, ReportWay, Severity
from app.rules.alerts.alert_changes import AlertState, changes, severity_change
from app.services.alerts.alert_sources import AlertSource
from app.services.alerts.suppression import Witnesses
from app.store.alerts import alert_events, alert_intake, alert_labels, alerts, raw_reports, suppression

Identity = tuple[str, str]
STATE = [each.name for each in fields(AlertState)]
CONTENT = [name for name in STATE if name not in ("count", "last_seen_at", "missed_at", "last_started_at")]
BEGINNINGS = (AlertEventKind.FIRED, AlertEventKind.REOPENED)
ONE_CHANGE_WITHIN = timedelta(minutes=10)
"""Changes that follow each other are one entry of the history: a value in a description changes with every pull."""


@dataclass(slots=True)
class Draft:
    """An alert while its reports are applied; `row` is the stored row, or None for a new alert."""

    identity: Identity
    row: RowMapping | None = None
    before: AlertState | None = None
    """The stored state."""
    state: AlertState | None = None
    comment: str = ""
    host_id: int | None = None
    item_id: int | None = None
    raw: Any = None
    events: list[AlertEventKind] = field(default_factory=list)

    def note(self, events: Sequence[AlertEventKind]) -> None:
        """Add events; several changes of the details are one, from the first to the last."""
        known = AlertEventKind.CHANGED in self.events
        self.events += [event for event in events if not (known and event is AlertEventKind.CHANGED)]

    @property
    def is_only_seen(self) -> bool:
        """Whether nothing changed but that it was reported once more."""
        if self.before is None or self.state is None or self.events:
            return False
        return all(getattr(self.before, name) == getattr(self.state, name) for name in CONTENT)


class AlertWriting:
    """One transaction's writes of the drafts of one source."""

    def __init__(
        self,
        connection: Connection,
        source: AlertSource,
        observed_at: datetime,
        way: ReportWay,
        witnesses: Witnesses,
    ) -> None:
        self._connection = connection
        self._witnesses = witnesses
        self._source = source
        self._observed_at = observed_at
        self._way = way
        self._pulled_at = observed_at if way is ReportWay.PULL else None

    def write(self, drafts: Sequence[Draft]) -> None:
        """Write alerts in the order of their ids, as everywhere: different orders would deadlock on PostgreSQL."""
        self._witnesses.lock(self._connection, {one.host_id for one in drafts if one.host_id and not one.is_only_seen})
        new = [draft for draft in drafts if draft.row is None]
        known = sorted(((one, one.row) for one in drafts if one.row is not None), key=lambda pair: pair[1]["id"])
        self._merge_changes({row["id"]: draft for draft, row in known})
        ids = alert_intake.add(self._connection, self._source.owner_id, [self._new_row(draft) for draft in new])
        seen = {row["id"] for draft, row in known if draft.is_only_seen}
        alert_intake.record_seen(self._connection, [self._changes(*pair) for pair in known if pair[1]["id"] in seen])
        alert_intake.change(self._connection, [self._changes(*pair) for pair in known if pair[1]["id"] not in seen])
        written = dict(zip(ids, new, strict=True)) | {row["id"]: draft for draft, row in known}
        self._write_labels(written)
        self._write_raw_reports(written, sorted(seen))
        if self._source.is_shared and self._pulled_at:
            alert_intake.add_witness(self._connection, [*written], self._source.monitor_id, self._pulled_at)
        self._suppress(written)
        self._settle_witnesses(written)
        self._note(written)
        marked = [{"host_id": one.host_id, "item_id": one.item_id} for one in drafts if _is_or_was_critical(one)]
        alerts.refresh_marks_of(self._connection, marked, clock.now())

    def _new_row(self, draft: Draft) -> dict[str, Any]:
        source, external_id = draft.identity
        target = {"host_id": draft.host_id, "item_id": draft.item_id}
        told = {"source": source, "external_id": external_id, "comment": draft.comment, "pulled_at": self._pulled_at}
        return {**_columns(draft.state), **target, **told, "suppressed": False}

    def _changes(self, draft: Draft, row: RowMapping) -> dict[str, Any]:
        seen = max((moment for moment in (row["pulled_at"], self._pulled_at) if moment), default=None)
        changed_at = self._observed_at if AlertEventKind.CHANGED in draft.events else row["changed_at"]
        target = {"id": row["id"], "host_id": draft.host_id, "item_id": draft.item_id, "changed_at": changed_at}
        return {**_columns(draft.state), **target, "pulled_at": seen}

    def _merge_changes(self, known: Mapping[int, Draft]) -> None:
        """Add to the last `changed` entries what changed again shortly after, in place of new entries."""
        again = {
            alert_id: draft
            for alert_id, draft in known.items()
            if AlertEventKind.CHANGED in draft.events
            and draft.row is not None
            and draft.row["changed_at"] is not None
            and self._observed_at - draft.row["changed_at"] <= ONE_CHANGE_WITHIN
        }
        details = {alert_id: _details(draft) for alert_id, draft in again.items()}
        for alert_id in alert_events.extend_changes(self._connection, details, self._observed_at) if details else ():
            again[alert_id].events.remove(AlertEventKind.CHANGED)

    def _write_labels(self, written: Mapping[int, Draft]) -> None:
        rows = [
            (alert_id, draft.state.labels)
            for alert_id, draft in written.items()
            if draft.state is not None and (draft.before is None or draft.before.labels != draft.state.labels)
        ]
        alert_labels.write(self._connection, rows)

    def _write_raw_reports(self, written: Mapping[int, Draft], seen: Sequence[int]) -> None:
        """Keep what the source sent, unless it repeats what is kept already."""
        kept = raw_reports.kept(self._connection, seen, self._way) if seen else set()
        bodies = {
            alert_id: draft.raw for alert_id, draft in written.items() if draft.raw is not None and alert_id not in kept
        }
        raw_reports.write(self._connection, bodies, self._way, self._observed_at)

    def _suppress(self, written: Mapping[int, Draft]) -> None:
        now = clock.now()
        is_quiet = any(
            (draft.state and draft.state.silenced_by) or (draft.row is not None and draft.row["suppressed"])
            for draft in written.values()
        )
        if not is_quiet and not suppression.is_any_active(self._connection, now):
            return
        suppressed, returned = suppression.flip(self._connection, now, len(written), [*written])
        _tell(written, [row["id"] for row in suppressed], [row["id"] for row in returned])

    def _settle_witnesses(self, written: Mapping[int, Draft]) -> None:
        changed = [alert_id for alert_id, one in written.items() if one.host_id and not one.is_only_seen]
        if changed:
            fresh = [alert_id for alert_id in changed if {*written[alert_id].events} & {*BEGINNINGS}]
            _tell(written, *self._witnesses.settle(self._connection, changed, fresh))

    def _note(self, written: Mapping[int, Draft]) -> None:
        happened = [(alert_id, event) for alert_id, draft in written.items() for event in draft.events]
        details = {
            alert_id: _details(draft)
            for alert_id, draft in written.items()
            if {*draft.events} & {*alert_events.CHANGES}
        }
        alert_events.add(self._connection, happened, self._observed_at, details=details)


def _tell(written: Mapping[int, Draft], suppressed: Iterable[int], returned: Iterable[int]) -> None:
    for alert_id in suppressed:
        written[alert_id].events.append(AlertEventKind.SUPPRESSED)
    for alert_id in returned:
        # The event of an alert that fires (again) already says so.
        if not {*written[alert_id].events} & {*BEGINNINGS}:
            written[alert_id].events.append(AlertEventKind.RETURNED)


def _details(draft: Draft) -> dict[str, Any]:
    before, after = draft.before, draft.state
    if before is None or after is None:
        return {}
    return {**severity_change(before.severity, after.severity), **changes(before, after)}


def _columns(state: AlertState | None) -> dict[str, Any]:
    return {} if state is None else {name: getattr(state, name) for name in STATE}


def _is_or_was_critical(draft: Draft) -> bool:
    before = draft.row["severity"] if draft.row else None
    return Severity.CRITICAL in (before, draft.state and draft.state.severity)
