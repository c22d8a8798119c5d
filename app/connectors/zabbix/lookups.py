"""Looks up objects of Zabbix whose names people want to read; what the user may not see is missing."""

from collections.abc import Iterable, Mapping, Sequence

from app.connectors.zabbix.records import Row, identity, rows
from app.connectors.zabbix.rpc import ZabbixRpc
from app.errors import SourceRejected

NONE = "0"
"""Zabbix's id of nothing."""


def look_up(rpc: ZabbixRpc, api: str, id_field: str, ids: Iterable[str], fields: Sequence[str]) -> Mapping[str, Row]:
    """Return the objects of an API by id, with these fields; asks nothing without an id."""
    wanted = sorted({*ids} - {NONE})
    if not wanted:
        return {}
    query = {f"{id_field}s": wanted, "output": [id_field, *fields]}
    try:
        found = rows(rpc.call(f"{api}.get", query))
    except SourceRejected:
        # The role may forbid the method. A host or an alert must not depend on a name for people.
        return {}
    return {identity(row, id_field): row for row in found}
