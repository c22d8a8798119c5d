"""What routes decide by: their filters, the changes of alerts, quiet hours, and what is worth reporting after them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Self

from app.enums import AlertEventKind, AlertStatus, Language, NotificationKind, Severity
from app.rules.matchers.fields import ALERT_FIELDS, alert_subject
from app.rules.matchers.matcher import Matchers, Subject
from app.rules.matchers.syntax import parse
from app.rules.quiet_hours import QuietHours

KINDS: Mapping[str, NotificationKind] = {
    AlertEventKind.FIRED: NotificationKind.FIRED,
    AlertEventKind.REOPENED: NotificationKind.FIRED,
    AlertEventKind.RETURNED: NotificationKind.FIRED,
    # A notification for critical alerts only would otherwise miss a warning that became critical.
    AlertEventKind.ESCALATED: NotificationKind.FIRED,
    AlertEventKind.ACKNOWLEDGED: NotificationKind.ACKNOWLEDGED,
    AlertEventKind.RESOLVED: NotificationKind.RESOLVED,
}


def kind_of(event_kind: str) -> NotificationKind | None:
    """Return the notification kind of an alert event; None if it is never reported."""
    return KINDS.get(event_kind)


@dataclass(frozen=True, slots=True)
class Rule:
    """Which changes a notification reports, when and how."""

    id: int
    min_severity: int
    monitor_id: int | None
    group: str | None
    on: Collection[str]
    quiet_from: str | None
    quiet_until: str | None
    timezone: str
    language: Language
    batch_s: int
    match: Matchers = ()

    @classmethod
    def from_row(cls, row: Mapping[Any, Any]) -> Self:
        """Return the rule in a row of `notifications`."""
        return cls(
            id=row["id"],
            min_severity=row["min_severity"],
            monitor_id=row["monitor_id"],
            group=row["group_name"],
            on=frozenset(row["kinds"]),
            quiet_from=row["quiet_from"],
            quiet_until=row["quiet_until"],
            timezone=row["timezone"],
            language=Language(row["language"]),
            batch_s=row["batch_s"],
            match=parse(row["match"] or "", ALERT_FIELDS),
        )


@dataclass(frozen=True, slots=True)
class Change:
    """A change of an alert, with the alert's current state."""

    event_id: int
    at: datetime
    kind: NotificationKind
    username: str | None
    alert_id: int
    message: str
    severity: Severity
    status: AlertStatus
    suppressed: bool
    monitor_id: int
    host_name: str | None
    """The host's name in the inventory, or the name that the source reported."""
    groups: Collection[str]
    monitor_name: str = ""
    source: str = ""
    external_id: str = ""
    item_name: str = ""
    description: str = ""
    value: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    source_severity: str | None = None
    source_url: str | None = None
    started_at: datetime | None = None
    """When it began by the source's clock."""
    ended_at: datetime | None = None
    """When it ended by the source's clock."""
    first_seen_at: datetime | None = None
    resolved_at: datetime | None = None
    resolution: str | None = None
    is_stale: bool = False
    silenced_by: Mapping[str, Any] | None = None
    fields: Subject = field(default_factory=dict)
    """The values of the alert's fields, for matchers."""
    stands_for_it: "Change | None" = None
    """The alert of the same fault of which this one is a witness."""

    @classmethod
    def from_row(cls, row: Mapping[Any, Any]) -> Self | None:
        """Return the change of an event with its alert, monitor and host; None if it is never reported."""
        kind = kind_of(row["kind"])
        if kind is None:
            return None
        return cls(
            event_id=row["event_id"],
            at=row["at"],
            kind=kind,
            username=row["username"],
            alert_id=row["alert_id"],
            message=row["message"],
            severity=Severity(row["severity"]),
            status=AlertStatus(row["status"]),
            suppressed=row["suppressed"],
            monitor_id=row["monitor_id"],
            host_name=row["host_name"] or None,
            groups=row["groups"] or (),
            labels=row["labels"] or {},
            fields=alert_subject(row),
            **{name: row[name] for name in TAKEN_OVER},
        )


TAKEN_OVER = (
    *("monitor_name", "source", "external_id", "item_name", "description", "value", "source_severity", "source_url"),
    *("started_at", "ended_at", "first_seen_at", "resolved_at", "resolution", "is_stale", "silenced_by"),
)
"""The fields of a change that are what the row has."""


def as_witness(change: Change, first: Change) -> Change:
    """Return the change of an alert that is suppressed only because `first` tells the same fault."""
    return replace(change, suppressed=False, stands_for_it=first)


def is_suppressed(change: Change) -> bool:
    """Return whether the alert of a change is suppressed now, so that nobody is told of it."""
    return change.suppressed


def is_quiet(rule: Rule, at: datetime) -> bool:
    """Return whether a time lies in the rule's quiet hours, in local time of its time zone."""
    if rule.quiet_from is None or rule.quiet_until is None:
        return False
    return QuietHours(rule.quiet_from, rule.quiet_until, rule.timezone).hold(at)


def due_at(rule: Rule, oldest: datetime) -> datetime:
    """Return when a message is due whose oldest change happened at `oldest`, if that is outside the quiet hours."""
    return oldest + timedelta(seconds=rule.batch_s)


def to_notify(
    rule: Rule, changes: Iterable[Change], is_left_out: Callable[[Change], bool] = is_suppressed
) -> list[Change]:
    """Drop alerts that are left out now, and alerts that fired and ended again while the rule was quiet.

    Alerts that fired and ended within one batch are reported: a person may want to look for the cause.
    """
    ordered = sorted(changes, key=lambda change: (change.alert_id, change.event_id))
    told: list[Change] = []
    for _, of_alert in groupby(ordered, key=lambda change: change.alert_id):
        told += _still_standing(rule, of_alert, is_left_out)
    return told


def _still_standing(rule: Rule, changes: Iterable[Change], is_left_out: Callable[[Change], bool]) -> list[Change]:
    kept: list[Change] = []
    fired_at: int | None = None
    for change in changes:
        if is_left_out(change):
            return []
        if fired_at is None and change.kind is NotificationKind.FIRED and is_quiet(rule, due_at(rule, change.at)):
            fired_at = len(kept)
        kept.append(change)
        if fired_at is not None and change.kind is NotificationKind.RESOLVED:
            del kept[fired_at:]
            fired_at = None
    # A rule that does not report resolutions has no change for them.
    if fired_at is not None and kept[-1].status is AlertStatus.RESOLVED:
        del kept[fired_at:]
    return kept
