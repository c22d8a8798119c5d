"""Converts hosts of Nagios to records; any unexpected shape is SourceGarbled."""

from collections.abc import Mapping, Sequence

from app.connectors.answers import cut, read_flag, read_member, read_object, read_text
from app.connectors.base import MAX_NAME, HostRecord
from app.connectors.nagios.api import Row
from app.errors import SourceGarbled

UP, DOWN, UNREACHABLE = 2, 4, 8
HOST_STATES = {DOWN: "DOWN", UNREACHABLE: "UNREACHABLE"}
MAX_ID = 250
"""Of a host or service name: Nagios's own limit is 64 and 255 bytes."""
FACTS = ("alias", "notes_url", "action_url", "check_period")
"""Neither the check command nor the custom variables, which often contain passwords."""
MAX_PARENTS = 100


def read_groups(groups: Row) -> dict[str, list[str]]:
    """Return the names of each host's groups. Raises SourceGarbled."""
    found: dict[str, list[str]] = {}
    for name in groups:
        for host in read_member(read_object(groups, name), "members", list):
            if isinstance(host, str):
                found.setdefault(host, []).append(cut(name, MAX_NAME))
    return found


def host_record(name: str, configured: Row, status: Row, groups: Mapping[str, Sequence[str]]) -> HostRecord:
    """Return the record of a host from its configuration and status. Raises SourceGarbled."""
    alias, display = (read_text(configured, field, MAX_NAME) for field in ("alias", "display_name"))
    facts = {field: text for field in FACTS if (text := read_text(configured, field))}
    parents = [each for each in read_member(configured, "parent_hosts", list) if isinstance(each, str)]
    facts |= {"parents": cut(", ".join(parents[:MAX_PARENTS]))} if parents else {}
    state = HOST_STATES.get(read_member(status, "status", int)) if status else None
    return HostRecord(
        external_id=require_id(name),
        name=name,
        display_name=(display if display not in ("", name) else alias) or name,
        description=read_text(configured, "notes"),
        ip_addr=read_text(configured, "address", MAX_NAME) or None,
        enabled=not status or read_flag(status, "checks_enabled") or read_flag(status, "accept_passive_checks"),
        groups=tuple(groups.get(name, ())),
        error=shown_state(state, read_text(status, "plugin_output")) if state else None,
        details={"inventory": facts} if facts else {},
    )


def require_id(name: str) -> str:
    """Return a name that is an identity. Raises SourceGarbled if it cannot be one."""
    if not 0 < len(name) <= MAX_ID:
        raise SourceGarbled(f"Nagios returned a name that is empty or longer than {MAX_ID} characters")
    return name


def shown_state(state: str, output: str) -> str:
    """Return what a plugin says, with the state in front unless the plugin itself says it."""
    return output if output.upper().startswith(state) else cut(f"{state}: {output}" if output else state)
