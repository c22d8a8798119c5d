"""Severities, statuses and events of alerts."""

from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """The severity of an alert."""

    INFO = 0
    WARNING = 1
    CRITICAL = 2


class AlertStatus(IntEnum):
    """The status of an alert."""

    ACTIVE = 0
    ACKNOWLEDGED = 1
    RESOLVED = 2


OPEN_STATUSES = (AlertStatus.ACTIVE, AlertStatus.ACKNOWLEDGED)


class AlertEventKind(StrEnum):
    """The kind of an alert's event."""

    FIRED = "fired"
    REOPENED = "reopened"
    """Fired again within an hour of its end, or was reopened by a person."""
    ESCALATED = "escalated"
    """Its severity rose."""
    EASED = "eased"
    """Its severity fell."""
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    SNOOZED = "snoozed"
    SUPPRESSED = "suppressed"
    """A maintenance window or something at its source started to cover it."""
    RETURNED = "returned"
    """It is open, and nothing suppresses it any more."""
    CHANGED = "changed"
    """Its source says something else of it: description, labels, value, …"""
    STALE = "stale"
    """Its source has not confirmed it for too long."""
    CONFIRMED = "confirmed"
    """It was stale, and its source reported it again."""
    COMMENTED = "commented"


class Resolution(StrEnum):
    """How it is known that an alert is over."""

    REPORTED = "reported"
    """Its source said so."""
    ABSENT = "absent"
    """A complete pull no longer found it."""
    STALE = "stale"
    """Its source did not confirm it for so long that its monitor's rule ended it."""
    USER = "user"


class ReportWay(StrEnum):
    """How a report arrived."""

    PULL = "pull"
    WEBHOOK = "webhook"
    OWN = "own"
    """nagare's own: a monitor is silent, a heartbeat is late."""


class QuietKind(StrEnum):
    """What keeps an alert quiet at its source."""

    SILENCE = "silence"
    INHIBITION = "inhibition"
    MAINTENANCE = "maintenance"
    """A maintenance period or a manual suppression in Zabbix."""
    SYMPTOM = "symptom"
    """Zabbix knows another problem as its cause."""
    WATCHDOG = "watchdog"
    """It fires to show that alerting works; only its absence is an alarm."""
    SOURCE = "source"
    """The source did not say what."""


class ScoreCause(StrEnum):
    """By what the causes of a health score are summed up."""

    MONITOR = "monitor"
    GROUP = "group"
    HOST = "host"
    MESSAGE = "message"
    """All alerts that say the same."""
    ALERT = "alert"
