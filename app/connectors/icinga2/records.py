"""Converts Icinga's hosts and services to records: a check and each of its measurements is an item."""

from collections.abc import Iterator
from datetime import datetime

from app.connectors.base import MAX_NAME, HostRecord, ItemRecord
from app.connectors.icinga2.api import Row
from app.connectors.icinga2.objects import (
    HARD,
    HOST_STATES,
    SERVICE_STATES,
    UNKNOWN,
    flag,
    garbled,
    identity,
    labels,
    moment,
    number,
    output,
    result,
    state_of,
    text,
    texts,
)
from app.connectors.performance_data import PerformanceValue, parse

HOST_CHECK = "check"
"""The last part of the external id of a host's own check; no service has an empty name before it."""
MAX_OUTPUT = 500


def host_record(row: Row) -> HostRecord:
    """Return the record of a host; one that is down says what its check said."""
    name = identity(row, "__name", MAX_NAME)
    is_down = result(row) is not None and state_of(row, HOST_STATES) != "UP" and number(row, "state_type") == HARD
    return HostRecord(
        external_id=name,
        name=name,
        display_name=text(row, "display_name", MAX_NAME) or name,
        description=text(row, "notes"),
        ip_addr=text(row, "address", MAX_NAME) or text(row, "address6", MAX_NAME) or None,
        enabled=flag(row, "enable_active_checks") or flag(row, "enable_passive_checks"),
        groups=tuple(group[:MAX_NAME] for group in texts(row, "groups")),
        error=(output(row) or "The host is down") if is_down else None,
        labels=labels(row),
        details=_details(row),
    )


def host_items(row: Row) -> Iterator[ItemRecord]:
    """Yield a host's own check and its measurements."""
    name = identity(row, "__name", MAX_NAME)
    command = text(row, "check_command", MAX_NAME) or HOST_CHECK
    yield from _items(row, name, f"{name}!!{HOST_CHECK}", command, f"Host check ({command})", HOST_STATES)


def service_items(row: Row) -> Iterator[ItemRecord]:
    """Yield a service and its measurements."""
    host, name = identity(row, "host_name", MAX_NAME), identity(row, "name", MAX_NAME)
    title = text(row, "display_name", MAX_NAME) or name
    yield from _items(row, host, identity(row, "__name", 1024), name, title, SERVICE_STATES)


def check_of(host: str, item_id: str) -> str | None:
    """Return the full name of the service that an item belongs to; None if it is the host's own check.

    Raises ValueError if it is no item of this host.
    """
    owner, separator, rest = item_id.partition("!")
    if owner != host or not separator or not rest:
        raise ValueError(item_id)
    service = rest.partition("!")[0]
    return f"{host}!{service}" if service else None


def _items(row: Row, host: str, item_id: str, key: str, title: str, words: tuple[str, ...]) -> Iterator[ItemRecord]:
    found = result(row)
    word = state_of(row, words)
    said = output(row)
    checked_at = None if found is None else moment(row, "last_check")
    interval = f"{number(row, 'check_interval'):.0f}s"
    is_unknown = found is not None and words is SERVICE_STATES and number(row, "state") == UNKNOWN
    first_line = said.partition("\n")[0][:MAX_OUTPUT]
    yield ItemRecord(
        host_external_id=host,
        external_id=item_id,
        name=title,
        key=key,
        value=None if found is None else f"{number(row, 'state'):.0f}",
        value_type="unsigned",
        description=text(row, "notes"),
        interval=interval,
        enabled=flag(row, "enable_active_checks") or flag(row, "enable_passive_checks"),
        value_at=checked_at,
        error=(said or "The plugin reports UNKNOWN") if is_unknown else None,
        value_text=None if found is None else f"{word}: {first_line}" if first_line else word,
    )
    for measured in [] if found is None else _measurements(found):
        yield _measurement(measured, host, item_id, key, title, interval, checked_at)


def _measurement(
    measured: PerformanceValue,
    host: str,
    item_id: str,
    key: str,
    title: str,
    interval: str,
    checked_at: datetime | None,
) -> ItemRecord:
    limits = {
        "warning": measured.warning,
        "critical": measured.critical,
        "minimum": measured.minimum,
        "maximum": measured.maximum,
    }
    return ItemRecord(
        host_external_id=host,
        external_id=f"{item_id}!{measured.label}",
        name=f"{title}: {measured.label}",
        key=f"{key}!{measured.label}",
        value=measured.value or None,
        value_type="float",
        units=measured.unit,
        description=", ".join(f"{name} {limit}" for name, limit in limits.items() if limit),
        interval=interval,
        value_at=checked_at if measured.value else None,
    )


def _measurements(found: Row) -> list[PerformanceValue]:
    """Return the measurements of a result, which Icinga has as texts, or as objects if it read them itself."""
    data = found.get("performance_data") or []
    if not isinstance(data, list):
        raise garbled("performance_data")
    measured: dict[str, PerformanceValue] = {}
    for entry in data:
        for one in parse(entry) if isinstance(entry, str) else [_read_by_icinga(entry)]:
            measured.setdefault(one.label, one)
    return list(measured.values())


def _read_by_icinga(entry: object) -> PerformanceValue:
    if not isinstance(entry, dict):
        raise garbled("performance_data")
    limits = (
        f"{number(entry, name):g}" if entry.get(name) is not None else "" for name in ("warn", "crit", "min", "max")
    )
    unit = "c" if entry.get("counter") is True else text(entry, "unit", MAX_NAME)
    return PerformanceValue(identity(entry, "label"), f"{number(entry, 'value')}", unit, *limits)


def _details(row: Row) -> dict[str, object]:
    address = {"address": text(row, "address", MAX_NAME), "address6": text(row, "address6", MAX_NAME)}
    interfaces = [{"type": kind, "address": value} for kind, value in address.items() if value]
    said = {
        "interfaces": interfaces,
        "zone": text(row, "zone", MAX_NAME),
        "in_downtime": number(row, "downtime_depth") > 0,
    }
    return {name: value for name, value in said.items() if value}
