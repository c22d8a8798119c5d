"""Tells Zabbix of maintenance windows: one maintenance a window, with a one-time period for each occurrence."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import ceil
from typing import Any

from app.connectors.maintenance import MaintenanceAbility
from app.connectors.zabbix.creation import created_id
from app.connectors.zabbix.records import Row, identity, rows, text
from app.connectors.zabbix.rpc import ZabbixRpc
from app.enums import MaintenanceUnit
from app.errors import SourceRejected
from app.rules.maintenance.occurrences import Occurrence
from app.rules.maintenance.source_maintenance import SourceMaintenance

ABILITY = MaintenanceAbility(MaintenanceUnit.HOSTS, ahead=timedelta(days=7), shortest=timedelta(minutes=5))
MAX_NAME = 128
MINUTE_S = 60
WITH_DATA_COLLECTION = "0"
ONE_TIME = "0"
OBJECTS_SINCE = (6, 0)
"""Until then, hosts and groups are lists of ids."""
HOST_GROUPS_SINCE = (6, 2)
SIMPLE = ("name", "description", "maintenance_type", "active_since", "active_till")
PERIOD = ("timeperiod_type", "start_date", "period")


def set_maintenance(rpc: ZabbixRpc, mark: str, wanted: SourceMaintenance | None) -> list[str]:
    """Let Zabbix have exactly this maintenance under the mark, or none; return its ids. Raises SourceError."""
    found = _find(rpc, mark)
    kept = found[0] if wanted and found else None
    surplus = [identity(row, "maintenanceid") for row in (found[1:] if kept else found)]
    if surplus:
        rpc.call("maintenance.delete", surplus)
    if wanted is None:
        return []
    fields = _fields(rpc, mark, wanted)
    if kept:
        # An update is an entry in Zabbix's audit log, so there is none at each look at what nobody has changed.
        if not _has(kept, fields):
            rpc.call("maintenance.update", {"maintenanceid": identity(kept, "maintenanceid"), **fields})
        return [identity(kept, "maintenanceid")]
    return [created_id(rpc.call("maintenance.create", fields), "maintenanceids")]


def _find(rpc: ZabbixRpc, mark: str) -> list[Row]:
    """Return our maintenances with all that a person can change of them."""
    groups = "selectHostGroups" if rpc.is_at_least(*HOST_GROUPS_SINCE) else "selectGroups"
    parts = {"selectHosts": ["hostid"], groups: ["groupid"], "selectTimeperiods": "extend", "selectTags": "extend"}
    query = {"output": "extend", "search": {"name": mark}, "sortfield": "maintenanceid", **parts}
    found = rows(rpc.call("maintenance.get", query))
    return [row for row in found if text(row, "name").endswith(f"({mark})")]


def _has(row: Row, wanted: Mapping[str, Any]) -> bool:
    """Return whether a maintenance is as it should be."""
    return all(str(row.get(name)) == str(wanted[name]) for name in SIMPLE) and _parts(row) == _parts(wanted)


def _parts(row: Mapping[str, Any]) -> Any:
    """Return the hosts, groups, periods and tags of a row of Zabbix, or of what it is sent, in one form."""
    hosts = {str(one.get("hostid")) for one in row.get("hosts", ())} | {*row.get("hostids", ())}
    groups = {str(one.get("groupid")) for name in ("groups", "hostgroups") for one in row.get(name, ())}
    periods = sorted(tuple(str(one.get(name)) for name in PERIOD) for one in row.get("timeperiods", ()))
    return hosts, groups | {*row.get("groupids", ())}, periods, len(row.get("tags", ()))


def _fields(rpc: ZabbixRpc, mark: str, wanted: SourceMaintenance) -> dict[str, Any]:
    ending = f" ({mark})"
    periods = [_period(one) for one in wanted.periods]
    return {
        "name": wanted.name[: MAX_NAME - len(ending)].rstrip() + ending,
        "description": wanted.comment,
        "maintenance_type": WITH_DATA_COLLECTION,
        "active_since": min(one["start_date"] for one in periods),
        "active_till": max(one["start_date"] + one["period"] for one in periods),
        "timeperiods": periods,
        # With tags, it would cover only some of the problems.
        "tags": [],
        **_covered(rpc, wanted.host_external_ids),
    }


def _period(one: Occurrence) -> dict[str, Any]:
    """Return a period, in whole minutes: Zabbix knows no seconds."""
    start = int(one.starts_at.timestamp()) // MINUTE_S * MINUTE_S
    end = ceil(one.ends_at.timestamp() / MINUTE_S) * MINUTE_S
    return {"timeperiod_type": ONE_TIME, "start_date": start, "period": end - start}


def _covered(rpc: ZabbixRpc, host_ids: Sequence[str] | None) -> dict[str, Any]:
    """Return the hosts, or all groups that have hosts: these also cover hosts that are added later."""
    if host_ids is not None:
        return {**_listed(rpc, "host", host_ids), **_listed(rpc, "group", [])}
    option = "with_hosts" if rpc.is_at_least(*HOST_GROUPS_SINCE) else "real_hosts"
    found = rows(rpc.call("hostgroup.get", {"output": ["groupid"], option: True, "sortfield": "groupid"}))
    if not found:
        raise SourceRejected("Zabbix shows this user no group with hosts, so no maintenance can cover them")
    return {**_listed(rpc, "host", []), **_listed(rpc, "group", [identity(row, "groupid") for row in found])}


def _listed(rpc: ZabbixRpc, kind: str, ids: Sequence[str]) -> dict[str, Any]:
    if rpc.is_at_least(*OBJECTS_SINCE):
        return {f"{kind}s": [{f"{kind}id": one} for one in ids]}
    return {f"{kind}ids": list(ids)}
