"""Everything that a third-party connector may import from nagare; anything else may change at any time."""

from app.connectors.base import (
    MAX_NAME,
    MAX_TEXT,
    AlertPage,
    Completeness,
    Connector,
    HostEdit,
    HostPage,
    HostRecord,
    ItemEdit,
    ItemPage,
    ItemRecord,
    MonitorAccess,
    NewHost,
    NewItem,
)
from app.connectors.http.client import HttpLimits, HttpSource
from app.connectors.http.json_body import storable
from app.connectors.read_only import ReadOnly
from app.enums import QuietKind, Severity
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

__all__ = [
    "MAX_NAME",
    "MAX_TEXT",
    "AlertPage",
    "AlertReport",
    "Completeness",
    "Connector",
    "HostEdit",
    "HostPage",
    "HostRecord",
    "HttpLimits",
    "HttpSource",
    "Invalid",
    "ItemEdit",
    "ItemPage",
    "ItemRecord",
    "MonitorAccess",
    "NewHost",
    "NewItem",
    "Quiet",
    "QuietKind",
    "ReadOnly",
    "Severity",
    "SourceConflict",
    "SourceError",
    "SourceFailing",
    "SourceForbidden",
    "SourceGarbled",
    "SourceReadOnly",
    "SourceRefusedLogin",
    "SourceRejected",
    "SourceTimeout",
    "SourceUnreachable",
    "storable",
]
