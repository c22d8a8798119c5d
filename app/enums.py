"""The vocabulary that every layer shares: task types and states, statuses, severities, roles."""

from enum import IntEnum, StrEnum


class TaskType(StrEnum):
    """What a task does. The value is also the queue's suffix and the prefix of the task's id."""

    PULL_HOSTS = "pull_hosts"
    PULL_ITEMS = "pull_items"
    PULL_HOST = "pull_host"
    PULL_ITEM = "pull_item"
    PUSH_HOST = "push_host"
    PUSH_ITEM = "push_item"
    GENERATE_ALERTS = "generate_alerts"
    PULL_ALERTS = "pull_alerts"
    SYNC = "sync"
    """Pulls hosts, items and alerts of a monitor by tasks of its own."""
    RECEIVE_ALERTS = "receive_alerts"
    """Takes in what was posted to the webhook."""
    ACKNOWLEDGE_ALERT = "acknowledge_alert"
    """Tells a monitor that somebody looks after its alert."""
    NOTIFY = "notify"


COUNTED_TYPES = (
    TaskType.PULL_HOSTS,
    TaskType.PULL_ITEMS,
    TaskType.PULL_HOST,
    TaskType.PULL_ITEM,
    TaskType.PUSH_HOST,
    TaskType.PUSH_ITEM,
    TaskType.GENERATE_ALERTS,
)
"""The types that `GET /queue/stats` counts; clients rely on exactly these."""


class TaskState(StrEnum):
    """Where a task stands in its life."""

    QUEUED = "queued"
    """Recorded; a message is or will be in Redis."""
    RUNNING = "running"
    """A worker has claimed it and renews its lease."""
    RETRYING = "retrying"
    """Failed with attempts left; waits for `next_run_at`."""
    SUCCEEDED = "succeeded"
    """Done; terminal."""
    DEAD = "dead"
    """Gave up; in the dead letters until retried or discarded; terminal."""
    CANCELLED = "cancelled"
    """Stopped by a person; terminal."""


WAITING_STATES = (TaskState.QUEUED, TaskState.RETRYING)
TERMINAL_STATES = (TaskState.SUCCEEDED, TaskState.DEAD, TaskState.CANCELLED)


class InventoryStatus(IntEnum):
    """The status of a host or an item."""

    INACTIVE = 0
    """Disabled, or gone from the source."""
    ACTIVE = 1
    ERROR = 2
    """The source cannot read it, or a critical alert is open on it."""


class Severity(IntEnum):
    """How bad an alert is."""

    INFO = 0
    WARNING = 1
    CRITICAL = 2


class AlertStatus(IntEnum):
    """What became of an alert."""

    ACTIVE = 0
    ACKNOWLEDGED = 1
    RESOLVED = 2


class AlertEventKind(StrEnum):
    """What happened to an alert."""

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
    """A maintenance window began to cover it."""
    RETURNED = "returned"
    """No window covers it and nobody snoozes it any more, and it is still open."""
    COMMENTED = "commented"


class NotificationKind(StrEnum):
    """Of what a notification can tell."""

    FIRED = "fired"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Language(StrEnum):
    """In which words a notification is written."""

    ENGLISH = "en"
    CHINESE = "zh"


class MonitorStatus(StrEnum):
    """What the last contact with a monitor showed."""

    UNKNOWN = "unknown"
    """Never contacted."""
    OK = "ok"
    ERROR = "error"


class AuditedType(StrEnum):
    """What kind of thing an entry of the audit trail is about."""

    HOST = "host"
    ITEM = "item"
    USER = "user"
    TOKEN = "token"  # noqa: S105 - a kind of thing


class Role(StrEnum):
    """What a user may do; each role includes the ones before it."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """The role's place in the order of powers, from 0."""
        return list(Role).index(self)

    def includes(self, other: "Role") -> bool:
        """Tell whether this role may do all that `other` may."""
        return self.rank >= other.rank


class Scope(StrEnum):
    """What an API token can be limited to, within its role."""

    READ = "read"
    TASKS = "tasks:write"
    """To ask for pulls and pushes, to cancel, retry and discard tasks, to pause queues."""
    ALERTS = "alerts:write"
    """To settle and silence alerts, to make test alerts."""
    INVENTORY = "inventory:write"
    """To edit hosts and items."""
    SETTINGS = "settings:write"
    """To change monitors, schedules and notifications."""
    USERS = "users:write"
