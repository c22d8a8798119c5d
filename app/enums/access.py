"""Roles, scopes and what is audited."""

from enum import StrEnum


class AuditedType(StrEnum):
    """The type of the object of an audit entry."""

    HOST = "host"
    ITEM = "item"
    MACHINE = "machine"
    MACHINE_RULES = "machine_rules"
    USER = "user"
    TEAM = "team"
    CHANNEL = "channel"
    CONTACT_RULES = "contact_rules"
    ROTA = "rota"
    OVERRIDE = "override"
    ESCALATION = "escalation"
    ROUTE = "route"
    PAGE = "page"
    MAINTENANCE = "maintenance"
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
