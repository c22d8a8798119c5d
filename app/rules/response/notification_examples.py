"""Made-up alerts, on which templates are tried before they are stored, and which a preview shows without real ones."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.enums import AlertStatus, Language, NotificationKind, Resolution, Severity
from app.rules.response.notifications import Change

NOTIFICATION: Mapping[str, Any] = {
    "id": 0,
    "name": "on call",
    "min_severity": 0,
    "monitor_id": None,
    "group_name": None,
    "match": None,
    "title_template": None,
    "body_template": None,
    "kinds": [],
    "quiet_from": None,
    "quiet_until": None,
    "timezone": "UTC",
    "language": Language.ENGLISH,
    "batch_s": 0,
}
"""A notification as it is stored, for previews and trials that are of none."""
NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
FIRED = Change(
    event_id=1,
    at=NOON,
    kind=NotificationKind.FIRED,
    username=None,
    alert_id=0,
    message="Disk space running low",
    severity=Severity.CRITICAL,
    status=AlertStatus.ACTIVE,
    suppressed=False,
    monitor_id=1,
    host_name="db-01.example",
    groups=("db servers",),
    monitor_name="prometheus",
    source="alertmanager",
    external_id="4af2ad1f6a7c9d3e",
    item_name="",
    description="The file system has 3 % left. Delete old exports, or extend the volume.",
    value="3 %",
    labels={
        "alertname": "DiskFull",
        "cluster": "eu",
        "instance": "db-01.example",
        "mountpoint": "/data",
        "severity": "page",
        "team": "pay",
    },
    source_severity="page",
    source_url="https://prometheus.example/graph?g0.expr=disk_free",
    started_at=NOON - timedelta(minutes=5),
    first_seen_at=NOON,
)
BARE = Change(
    event_id=2,
    at=NOON + timedelta(hours=1),
    kind=NotificationKind.RESOLVED,
    username=None,
    alert_id=-1,
    message="Disk space running low",
    severity=Severity.INFO,
    status=AlertStatus.RESOLVED,
    suppressed=False,
    monitor_id=1,
    host_name=None,
    groups=(),
    resolution=str(Resolution.REPORTED),
)
"""An alert of which its source says nothing but the message."""
ACKNOWLEDGED = Change(
    event_id=3,
    at=NOON + timedelta(minutes=10),
    kind=NotificationKind.ACKNOWLEDGED,
    username="wang",
    alert_id=-2,
    message="Slow queries detected",
    severity=Severity.WARNING,
    status=AlertStatus.ACKNOWLEDGED,
    suppressed=False,
    monitor_id=1,
    host_name="db-02.example",
    groups=(),
)
EXAMPLES = ((FIRED,), (BARE,), (ACKNOWLEDGED, FIRED, BARE))
"""The changes of the messages on which a template is tried."""
ANNOTATIONS = {0: {"summary": "Disk space running low", "runbook_url": "https://runbooks.example/disk"}}
