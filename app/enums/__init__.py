"""The enums that every layer shares, by room."""

from app.enums.access import AuditAction, AuditedType, Role, Scope
from app.enums.alerts import OPEN_STATUSES, AlertEventKind, AlertStatus, QuietKind, ReportWay, Resolution, Severity
from app.enums.access import AuditedType, Role, Scope
from app.enums.alerts import (
    OPEN_STATUSES,
    AlertEventKind,
    AlertStatus,
    QuietKind,
    ReportWay,
    Resolution,
    ScoreCause,
    Severity,
)
from app.enums.inventory import (
    HeartbeatReason,
    HeartbeatStatus,
    IdentityKind,
    IdentityMode,
    InventoryStatus,
    JoinWay,
    MonitorStatus,
    PingKind,
)
from app.enums.ledger import COUNTED_TYPES, TERMINAL_STATES, TaskState, TaskType
from app.enums.maintenance import MaintenanceUnit, PushState
from app.enums.response import (
    ChannelKind,
    DecisionOutcome,
    DeliveryGuarantee,
    DeliveryKind,
    DeliveryState,
    Language,
    NotificationKind,
    PageState,
    PageTarget,
    RouteTarget,
)

__all__ = [
    "COUNTED_TYPES",
    "OPEN_STATUSES",
    "TERMINAL_STATES",
    "AlertEventKind",
    "AlertStatus",
    "AuditAction",
    "AuditedType",
    "ChannelKind",
    "DecisionOutcome",
    "DeliveryGuarantee",
    "DeliveryKind",
    "DeliveryState",
    "HeartbeatReason",
    "HeartbeatStatus",
    "IdentityKind",
    "IdentityMode",
    "InventoryStatus",
    "JoinWay",
    "Language",
    "MaintenanceUnit",
    "MonitorStatus",
    "NotificationKind",
    "PageState",
    "PageTarget",
    "PingKind",
    "PushState",
    "QuietKind",
    "ReportWay",
    "Resolution",
    "Role",
    "RouteTarget",
    "Scope",
    "ScoreCause",
    "Severity",
    "TaskState",
    "TaskType",
]
