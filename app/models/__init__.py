"""The tables: columns, indexes and constraints; no queries."""

from app.models.alert_sums import AlertSum
from app.models.alerts import Alert, AlertEvent, AlertLabel, AlertWitness, LabelPair, RawReport, UnknownSeverity
from app.models.api_tokens import ApiToken
from app.models.audit import AuditEntry
from app.models.base import Base
from app.models.channels import Channel, ContactRule
from app.models.chat_accounts import ChatAccount
from app.models.decisions import AlertDecision
from app.models.heartbeats import Heartbeat, HeartbeatPing, PingReception
from app.models.hosts import Host
from app.models.item_values import ItemValue, ValueSummary
from app.models.items import Item
from app.models.machines import HostIdentity, Machine, MachineDecline, MachineHost, MachineSettings
from app.models.maintenance import MaintenancePush, MaintenanceWindow
from app.models.monitors import Monitor
from app.models.notifications import Notification, NotificationChange, NotificationMessage
from app.models.on_call import Rota, RotaOverride
from app.models.pages import Escalation, Page, PageDelivery
from app.models.saved_views import SavedView
from app.models.schedules import Schedule
from app.models.scores import ScoreSample
from app.models.stale_texts import StaleText
from app.models.task_runs import IdempotencyKey, QueuePause, TaskAttempt, TaskRun
from app.models.teams import Team, TeamMember
from app.models.users import LoginSession, LoginThrottle, User
from app.models.watches import Watch, WatchedPeriod
from app.models.webhook_deliveries import AlertDelivery
from app.models.webhook_quotas import WebhookQuota

__all__ = [
    "Alert",
    "AlertDecision",
    "AlertDelivery",
    "AlertEvent",
    "AlertLabel",
    "AlertSum",
    "AlertWitness",
    "ApiToken",
    "AuditEntry",
    "Base",
    "Channel",
    "ChatAccount",
    "ContactRule",
    "Escalation",
    "Heartbeat",
    "HeartbeatPing",
    "Host",
    "HostIdentity",
    "IdempotencyKey",
    "Item",
    "ItemValue",
    "LabelPair",
    "LoginSession",
    "LoginThrottle",
    "Machine",
    "MachineDecline",
    "MachineHost",
    "MachineSettings",
    "MaintenancePush",
    "MaintenanceWindow",
    "Monitor",
    "Notification",
    "NotificationChange",
    "NotificationMessage",
    "Page",
    "PageDelivery",
    "PingReception",
    "QueuePause",
    "RawReport",
    "Rota",
    "RotaOverride",
    "SavedView",
    "Schedule",
    "ScoreSample",
    "StaleText",
    "TaskAttempt",
    "TaskRun",
    "Team",
    "TeamMember",
    "UnknownSeverity",
    "User",
    "ValueSummary",
    "Watch",
    "WatchedPeriod",
    "WebhookQuota",
]
