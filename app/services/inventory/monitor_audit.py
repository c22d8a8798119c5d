"""What the audit log may have of a monitor: of each secret and certificate only that there is another one."""

from collections.abc import Mapping
from typing import Any

from app.services.inventory.monitor_connections import SEALED

LONG = ("ca_pem", "client_cert_pem", "mapping")


def audited(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a monitor is given."""
    return {name: _mark(name, value, "new") for name, value in fields.items()}


def audited_before(row: Mapping[Any, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a monitor had of what changes."""
    return {name: _mark(name, row.get(SEALED.get(name, name)), "set") for name in changes}


def _mark(name: str, value: Any, mark: str) -> Any:
    return (mark if value else None) if name in SEALED or name in LONG else value
