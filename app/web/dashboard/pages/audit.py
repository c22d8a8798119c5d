"""The audit log: who did what, and when."""

from collections.abc import Mapping
from typing import Any

from app.enums import AuditedType, Role
from app.web.context import current_user, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.forms import given_filters, read_query
from app.web.schemas.audit import AuditQuerySchema

ADDRESSES = {
    AuditedType.HOST: "/hosts/{}",
    AuditedType.ITEM: "/items/{}",
    AuditedType.MACHINE: "/machines/{}",
    AuditedType.MONITOR: "/monitors/{}",
    AuditedType.HEARTBEAT: "/heartbeats/{}",
    AuditedType.ALERT: "/alerts/{}",
    AuditedType.ROTA: "/rotas/{}",
    AuditedType.ESCALATION: "/escalations/{}",
    AuditedType.PAGE: "/pages/{}",
    AuditedType.MAINTENANCE: "/maintenance/{}",
}
"""The pages of single objects."""
NAMES = ("name", "username", "display_name", "key")
SHOWN_IN_ROW = ("action", "count", "task_id", "queue", "filter", "network")
"""Details that have a sentence of their own."""
SECRETS = frozenset(
    (
        *("password", "api_token", "client_key_pem", "headers", "http_password", "proxy_url", "ca_pem"),
        *("client_cert_pem", "mapping", "webhook_token", "heartbeat_token", "calendar_link", "address"),
    )
)
"""What an entry only names: it says that there is another one."""
WORDS = {
    "role": "role",
    "kind": "channel_kind",
    "language": "language",
    "delivery": "channel_delivery",
    "task_type": "task_type",
    "type": "task_type",
    "target": "route_target",
}
"""The texts of values that are words of ours, by field."""


@dashboard.page("/audit", role=Role.ADMIN)
def audit() -> str:
    """List who did what, newest first."""
    page = services().access.audit.list(reader=Role(current_user()["role"]), **read_query(AuditQuerySchema))
    entries = [{**row, **_told(row)} for row in page.items]
    return render(
        "audit",
        page=page,
        entries=entries,
        filters=given_filters(),
        types=list(AuditedType),
        secrets=SECRETS,
        words=WORDS,
    )


def _told(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return where an entry leads, what its object is called, and what changed."""
    before, after = entry["before"], entry["after"]
    address = ADDRESSES.get(entry["object_type"]) if entry["object_id"] and entry["action"] != "deleted" else None
    name = next((each[key] for each in (after, before) for key in NAMES if each.get(key)), None)
    # An object without a value is created without it.
    names = [key for key in (*before, *after) if key not in SHOWN_IN_ROW and (before or after[key] is not None)]
    return {
        "address": address and address.format(entry["object_id"]),
        "name": name,
        "details": {key: (before.get(key), after.get(key)) for key in dict.fromkeys(names)},
        "filter": {key: value for key, value in (after.get("filter") or {}).items() if value not in (None, "", [])},
    }
