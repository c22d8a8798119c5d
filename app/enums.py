"""The enums that every layer shares: task types and states, statuses, severities, roles."""

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
    """Pulls hosts, items and alerts of a monitor with child tasks."""
    RECEIVE_ALERTS = "receive_alerts"
    """Processes what was sent to the webhook."""
    ACKNOWLEDGE_ALERT = "acknowledge_alert"
    """Acknowledges alerts at their monitor."""
    NOTIFY = "notify"
    BACKFILL_VALUES = "backfill_values"
    """Reads an item's values from the time before nagare knew it."""


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
    """The state of a task."""

    QUEUED = "queued"
    """Recorded; a message is or will be in Redis."""
    RUNNING = "running"
    """A worker has claimed it and renews its lease."""
    RETRYING = "retrying"
    """Failed with attempts left; waits for `next_run_at`."""
    SUCCEEDED = "succeeded"
    """Terminal."""
    DEAD = "dead"
    """Failed for good; a dead letter until it is retried or discarded; terminal."""
    CANCELLED = "cancelled"
    """Cancelled by a person; terminal."""


WAITING_STATES = (TaskState.QUEUED, TaskState.RETRYING)
TERMINAL_STATES = (TaskState.SUCCEEDED, TaskState.DEAD, TaskState.CANCELLED)


class InventoryStatus(IntEnum):
    """The status of a host or an item."""

    INACTIVE = 0
    """Disabled, or gone from the source."""
    ACTIVE = 1
    ERROR = 2
    """The source cannot read it, or it has an open critical alert."""


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


class NotificationKind(StrEnum):
    """The alert events that a notification can send."""

    FIRED = "fired"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Language(StrEnum):
    """The language of a notification's messages."""

    ENGLISH = "en"
    CHINESE = "zh"


class MonitorStatus(StrEnum):
    """The outcome of the last contact with a monitor."""

    UNKNOWN = "unknown"
    """Never contacted."""
    OK = "ok"
    ERROR = "error"


class HeartbeatStatus(StrEnum):
    """The status of a heartbeat."""

    NEW = "new"
    """It has never pinged; nothing is expected yet."""
    UP = "up"
    LATE = "late"
    """The ping did not come when it was expected; the grace is not over."""
    DOWN = "down"
    """It has an alert."""
    PAUSED = "paused"


class HeartbeatReason(StrEnum):
    """Why a heartbeat is down."""

    LATE = "late"
    """No ping came within the grace."""
    FAILED = "failed"
    """It reported a failure."""
    OVERRUN = "overrun"
    """It started and did not finish within the grace."""


class PingKind(StrEnum):
    """What a ping of a heartbeat says."""

    SUCCESS = "success"
    START = "start"
    FAIL = "fail"


class IdentityKind(StrEnum):
    """What can tell that two hosts are one machine; the surest first."""

    MACHINE_ID = "machine_id"
    """An id that the machine itself has, in a label."""
    SOURCE_ID = "source_id"
    """The id of the host at a Zabbix server; other sources have it in a label."""
    FQDN = "fqdn"
    ADDRESS = "address"
    NAME = "name"
    """A name without a domain, or the first part of one with a domain."""


class IdentityMode(StrEnum):
    """What an equal identity of two hosts does."""

    OFF = "off"
    SUGGEST = "suggest"
    """A person confirms or declines that they are one machine."""
    JOIN = "join"
    """They are one machine at once."""


class JoinWay(StrEnum):
    """What made a host part of a machine."""

    RULE = "rule"
    PERSON = "person"


class AuditedType(StrEnum):
    """The type of the object of an audit entry."""

    HOST = "host"
    ITEM = "item"
    MACHINE = "machine"
    MACHINE_RULES = "machine_rules"
    USER = "user"
    TOKEN = "token"  # noqa: S105 - a type of object


class Role(StrEnum):
    """What a user may do; each role includes the ones before it."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """The role's rank, from 0."""
        return list(Role).index(self)

    def includes(self, other: "Role") -> bool:
        """Return whether this role may do everything that `other` may."""
        return self.rank >= other.rank


class Scope(StrEnum):
    """The scopes of an API token, within its role."""

    READ = "read"
    TASKS = "tasks:write"
    """Queue pulls and pushes, cancel, retry and discard tasks, pause queues."""
    ALERTS = "alerts:write"
    """Manage alerts and maintenance windows, generate test alerts."""
    INVENTORY = "inventory:write"
    """Edit hosts and items."""
    SETTINGS = "settings:write"
    """Change monitors, schedules, heartbeats and notifications."""
    USERS = "users:write"
