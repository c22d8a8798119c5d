"""Roles, scopes and what is audited."""

from enum import StrEnum


class AuditedType(StrEnum):
    """The type of the object of an audit entry."""

    SESSION = "session"
    """A sign-in; its id is that of the user."""
    MONITOR = "monitor"
    SCHEDULE = "schedule"
    HEARTBEAT = "heartbeat"
    ALERT = "alert"
    TASK = "task"
    QUEUE = "queue"
    WORKER = "worker"
    HOST = "host"
    ITEM = "item"
    MACHINE = "machine"
    MACHINE_RULES = "machine_rules"
    USER = "user"
    TEAM = "team"
    CHANNEL = "channel"
    CHAT_ACCOUNT = "chat_account"
    CONTACT_RULES = "contact_rules"
    ROTA = "rota"
    OVERRIDE = "override"
    ESCALATION = "escalation"
    ROUTE = "route"
    PAGE = "page"
    MAINTENANCE = "maintenance"
    VIEW = "view"
    TOKEN = "token"  # noqa: S105 - a type of object


class AuditAction(StrEnum):
    """What an audit entry says that was done."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SIGN_IN_FAILED = "sign_in_failed"
    SESSION_ISSUED = "session_issued"
    REFRESH_TOKEN_REUSED = "refresh_token_reused"  # noqa: S105 - an action
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    SNOOZED = "snoozed"
    SNOOZE_ENDED = "snooze_ended"
    UNDONE = "undone"
    RETRIED = "retried"
    DISCARDED = "discarded"
    CANCELLED = "cancelled"
    PAUSED = "paused"
    RESUMED = "resumed"
    SHUT_DOWN = "shut_down"


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
