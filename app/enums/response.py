"""Whom routes and pages reach, by what, and what became of it."""

from enum import StrEnum


class NotificationKind(StrEnum):
    """The alert events that a notification can send."""

    FIRED = "fired"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Language(StrEnum):
    """The language of a notification's messages."""

    ENGLISH = "en"
    CHINESE = "zh"


class RouteTarget(StrEnum):
    """What a route ends at."""

    CHANNEL = "channel"
    ESCALATION = "escalation"
    TEAM = "team"
    """All members of a team, each by the own contact rules."""
    NONE = "none"
    """Nobody: the routes below it decide, or its alerts are to reach nobody."""


class PageTarget(StrEnum):
    """Whom a step of an escalation pages."""

    USER = "user"
    ROTA = "rota"
    """Whoever is on call."""
    TEAM = "team"
    CHANNEL = "channel"
    ESCALATION = "escalation"
    """Only as a fallback: go on with another escalation."""


class ChannelKind(StrEnum):
    """How messages get to a channel."""

    APPRISE = "apprise"
    SLACK = "slack"
    TELEGRAM = "telegram"
    LARK = "lark"


class DeliveryGuarantee(StrEnum):
    """What happens to a message of which nobody knows whether it arrived."""

    AT_LEAST_ONCE = "at_least_once"
    """It is sent again, marked as a possible repeat."""
    AT_MOST_ONCE = "at_most_once"
    """It becomes a dead letter, and a person decides."""


class PageState(StrEnum):
    """The state of a page."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    """All of its alerts are over."""
    EXHAUSTED = "exhausted"
    """Its steps and repeats are over, and nobody acknowledged it."""


class DeliveryKind(StrEnum):
    """What a page's message tells."""

    PAGE = "page"
    UPDATE = "update"
    """More alerts joined the page."""
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class DeliveryState(StrEnum):
    """The state of a page's message to one channel."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    """The receiver accepted it."""
    FAILED = "failed"
    """The receiver did not accept it, however often it was tried."""
    UNCERTAIN = "uncertain"
    """Nobody knows whether it arrived, and the channel wants no repeats."""
    SKIPPED = "skipped"
    """It was not needed any more."""


class DecisionOutcome(StrEnum):
    """What became of an event at a route."""

    PENDING = "pending"
    """It waits to be told."""
    TOLD = "told"
    SUPPRESSED = "suppressed"
    UNMATCHED = "unmatched"
    """No route takes it."""
    DROPPED = "dropped"
    """It was over, or answered, before anybody had to be told."""
    UNDELIVERABLE = "undeliverable"
