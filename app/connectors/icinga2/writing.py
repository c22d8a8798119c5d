"""Writes edits to Icinga's objects at run time, and creates hosts and services.

Icinga keeps changes of objects from its configuration files beside them; a later change of the file is overridden.
"""

import re
from collections.abc import Mapping

from app.connectors.base import HostEdit, ItemEdit, NewHost, NewItem
from app.connectors.icinga2.api import IcingaApi, Row
from app.connectors.icinga2.objects import flag, number, text
from app.connectors.icinga2.records import check_of
from app.errors import SourceConflict, SourceFailing, SourceRejected

EDITED = ("display_name", "notes", "enable_active_checks", "enable_passive_checks", "check_interval")
UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "": 1}
ALREADY_THERE = re.compile(r"already exists", re.IGNORECASE)


def update_host(api: IcingaApi, name: str, edit: HostEdit) -> None:
    """Write the changed fields of a host. Raises SourceRejected if it is gone or its name would change."""
    if edit.name != name:
        raise SourceRejected("Icinga cannot rename a host: create it anew with the other name")
    row = _object(api, "hosts", name)
    _write(
        api,
        "hosts",
        name,
        row,
        _checked(row, edit.enabled) | {"display_name": edit.display_name, "notes": edit.description},
    )


def update_item(api: IcingaApi, item_id: str, edit: ItemEdit) -> None:
    """Write the changed fields of a service. Raises SourceRejected if it is gone or a measurement."""
    host = item_id.partition("!")[0]
    service = check_of(host, item_id)
    if service != item_id:
        raise SourceRejected("Only a service can be edited at Icinga: a measurement is what its plugin says")
    row = _object(api, "services", service)
    wanted = {"display_name": edit.name, "notes": edit.description, "check_interval": _seconds(edit.interval)}
    _write(api, "services", service, row, _checked(row, edit.enabled) | wanted)


def create_host(api: IcingaApi, host: NewHost) -> str:
    """Create a host that Icinga checks by `hostalive`, or one that takes results if it has no address."""
    name = host.edit.name
    attrs: dict[str, object] = {
        "display_name": host.edit.display_name,
        "notes": host.edit.description,
        "check_command": "hostalive" if host.ip_addr else "passive",
        "enable_active_checks": host.edit.enabled and bool(host.ip_addr),
        "enable_passive_checks": host.edit.enabled,
        "groups": [*host.groups],
        **({"address": host.ip_addr} if host.ip_addr else {}),
    }
    return _create(api, "hosts", name, attrs)


def create_item(api: IcingaApi, host: str, item: NewItem) -> str:
    """Create a service that takes results from outside; its name is the item's key."""
    if "!" in item.key:
        raise SourceRejected("The key is the service's name at Icinga, which must not contain an exclamation mark")
    attrs = {
        "display_name": item.edit.name,
        "notes": item.edit.description,
        "check_command": "passive",
        "enable_active_checks": False,
        "enable_passive_checks": item.edit.enabled,
        "check_interval": _seconds(item.edit.interval),
    }
    return _create(api, "services", f"{host}!{item.key}", attrs)


def _create(api: IcingaApi, kind: str, name: str, attrs: Mapping[str, object]) -> str:
    """Create an object; a repeated call after a lost response finds its own. Raises SourceConflict for another one."""
    try:
        api.create(kind, name, attrs)
    except (SourceRejected, SourceFailing):
        found = api.query(kind, ("display_name", "notes", "package"), names=[name])
        if not found:
            raise
        own = ("_api", attrs["display_name"], attrs["notes"])
        if (found[0].get("package"), text(found[0], "display_name"), text(found[0], "notes")) != own:
            raise SourceConflict(f"Icinga already has another {kind[:-1]} with this name") from None
    return name


def _object(api: IcingaApi, kind: str, name: str) -> Row:
    found = api.query(kind, EDITED, names=[name])
    if not found:
        raise SourceRejected(f"Icinga no longer has this {kind[:-1]}")
    return found[0]


def _checked(row: Row, enabled: bool) -> dict[str, object]:
    """Return what makes an object checked or not: one that only takes results goes on doing that."""
    is_checked = flag(row, "enable_active_checks") or flag(row, "enable_passive_checks")
    if is_checked == enabled:
        return {}
    return {"enable_active_checks": enabled, "enable_passive_checks": enabled}


def _write(api: IcingaApi, kind: str, name: str, row: Row, wanted: Mapping[str, object]) -> None:
    changed = {field: value for field, value in wanted.items() if row.get(field) != value}
    if "check_interval" in changed and number(row, "check_interval") == changed["check_interval"]:
        del changed["check_interval"]
    if changed:
        api.modify(kind, name, changed)


def _seconds(interval: str) -> float:
    """Return an interval like `30s` or `1m` in seconds, as Icinga keeps it. Raises SourceRejected for another one."""
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)([smhd]?)", interval.strip())
    if not found or not float(found[1]):
        raise SourceRejected("Icinga needs a check interval such as 30s or 5m")
    return float(found[1]) * UNITS_S[found[2]]
