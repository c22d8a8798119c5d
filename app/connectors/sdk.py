"""Everything that a third-party connector may import from nagare; anything else may change at any time."""

from app.connectors.base import (
    MAX_NAME,
    MAX_TEXT,
    AlertPage,
    Completeness,
    Connector,
    HasHistory,
    HostEdit,
    HostPage,
    HostRecord,
    ItemEdit,
    ItemPage,
    ItemRecord,
    MonitorAccess,
    NewHost,
    NewItem,
    PastValue,
)
from app.connectors.http.client import HttpLimits, HttpSource
from app.connectors.http.json_body import storable
from app.connectors.maintenance import MaintenanceAbility, WritesMaintenance
from app.connectors.read_only import ReadOnly
from app.enums import MaintenanceUnit, QuietKind, Severity
from app.errors import (
    Invalid,
    SourceConflict,
    SourceError,
    SourceFailing,
    SourceForbidden,
    SourceGarbled,
    SourceReadOnly,
    SourceRefusedLogin,
    SourceRejected,
    SourceTimeout,
    SourceUnreachable,
)
from app.rules.alerts.alert_reports import AlertReport, Quiet
from app.rules.maintenance.occurrences import Occurrence
from app.rules.maintenance.source_maintenance import SourceMaintenance
from app.rules.matchers.matcher import Matcher, Operator

__all__ = [
    "MAX_NAME",
    "MAX_TEXT",
    "AlertPage",
    "AlertReport",
    "Completeness",
    "Connector",
    "HasHistory",
    "HostEdit",
    "HostPage",
    "HostRecord",
    "HttpLimits",
    "HttpSource",
    "Invalid",
    "ItemEdit",
    "ItemPage",
    "ItemRecord",
    "MaintenanceAbility",
    "MaintenanceUnit",
    "Matcher",
    "MonitorAccess",
    "NewHost",
    "NewItem",
    "Occurrence",
    "Operator",
    "PastValue",
    "Quiet",
    "QuietKind",
    "ReadOnly",
    "Severity",
    "SourceConflict",
    "SourceError",
    "SourceFailing",
    "SourceForbidden",
    "SourceGarbled",
    "SourceMaintenance",
    "SourceReadOnly",
    "SourceRefusedLogin",
    "SourceRejected",
    "SourceTimeout",
    "SourceUnreachable",
    "WritesMaintenance",
    "storable",
]
