"""Decides when a person is told by which of the own channels."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from app.rules.quiet_hours import QuietHours

MAX_RULES = 20
"""How many rules a person has at most."""


class Unusable(StrEnum):
    """Why nothing can be sent by a person's channel."""

    UNVERIFIED = "unverified"
    """Its code was not typed yet."""
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class ContactRule:
    """By which channel a person is told of what, how long after the page came to the person."""

    channel_id: int
    channel_name: str
    after_s: int = 0
    min_severity: int = 0
    quiet: QuietHours | None = None
    wake_severity: int | None = None
    """The severity from which quiet hours do not count; None if they always count."""
    unusable: Unusable | None = None

    @property
    def usable(self) -> bool:
        """Whether something can be sent by its channel."""
        return self.unusable is None

    @classmethod
    def from_row(cls, row: Mapping[Any, Any]) -> Self:
        """Return the rule in a row of `contact_rules` with its channel's name, `enabled` and `verified_at`."""
        is_quiet = row["quiet_from"] is not None and row["quiet_until"] is not None
        return cls(
            channel_id=row["channel_id"],
            channel_name=row["channel_name"],
            after_s=row["after_s"],
            min_severity=row["min_severity"],
            quiet=QuietHours(row["quiet_from"], row["quiet_until"], row["timezone"]) if is_quiet else None,
            wake_severity=row["wake_severity"],
            unusable=why_unusable(row),
        )

    def due_at(self, severity: int, now: datetime) -> datetime:
        """Return when the person is told by this rule of a page that comes now."""
        due_at = now + timedelta(seconds=self.after_s)
        wakes = self.wake_severity is not None and severity >= self.wake_severity
        return self.quiet.end_after(due_at) if self.quiet and not wakes and self.quiet.hold(due_at) else due_at


def why_unusable(channel: Mapping[Any, Any]) -> Unusable | None:
    """Return why nothing can be sent by a channel with `enabled` and `verified_at`; None if it can."""
    if not channel["enabled"]:
        return Unusable.DISABLED
    return None if channel["verified_at"] is not None else Unusable.UNVERIFIED


def due_times(rules: Iterable[ContactRule], severity: int, now: datetime) -> list[tuple[int, datetime]]:
    """Return the channels by which a person is told of a page of this severity, and when; the first one first.

    Empty if no rule of the person takes it.
    """
    taken = [rule for rule in rules if rule.usable and severity >= rule.min_severity]
    # Two rules that quiet hours move to the same moment are one message.
    times = {(rule.channel_id, rule.due_at(severity, now)): None for rule in taken}
    return sorted(times, key=lambda each: each[1])
