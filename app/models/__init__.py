"""The tables: columns, indexes and constraints; no queries."""

from app.models.alerts import Alert
from app.models.audit import AuditEntry
from app.models.base import Base
from app.models.hosts import Host
from app.models.items import Item
from app.models.monitors import Monitor
from app.models.task_runs import IdempotencyKey, QueuePause, TaskAttempt, TaskRun
from app.models.users import LoginSession, LoginThrottle, User

__all__ = [
    "Alert",
    "AuditEntry",
    "Base",
    "Host",
    "IdempotencyKey",
    "Item",
    "LoginSession",
    "LoginThrottle",
    "Monitor",
    "QueuePause",
    "TaskAttempt",
    "TaskRun",
    "User",
]
