"""Converts services of Nagios to items: one for its state, and one for each value that its plugin measured."""

from collections.abc import Iterator

from app.connectors.answers import read_clock, read_flag, read_member, read_text
from app.connectors.base import ItemRecord
from app.connectors.nagios.api import TICKS, Row
from app.connectors.nagios.hosts import require_id, shown_state
from app.connectors.performance_data import PerformanceValue, parse
from app.errors import SourceGarbled
from app.rules.alerts.prometheus_labels import fit_external_id

PENDING, OK, WARNING, UNKNOWN, CRITICAL = 1, 2, 4, 8, 16
SERVICE_STATES = {PENDING: "PENDING", OK: "OK", WARNING: "WARNING", UNKNOWN: "UNKNOWN", CRITICAL: "CRITICAL"}
CODES = {OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3}
"""The states as plugins return them, by the bits of the JSON CGIs."""
MAX_MEASUREMENTS = 1000


def service_items(host: str, name: str, status: Row) -> Iterator[ItemRecord]:
    """Yield the items of a service, that of its state first. Raises SourceGarbled."""
    state = read_member(status, "status", int)
    if state not in SERVICE_STATES:
        raise SourceGarbled("Nagios returned a service with an unknown state")
    output, long_output = (read_text(status, field) for field in ("plugin_output", "long_plugin_output"))
    checked_at = read_clock(status, "last_check", TICKS)
    is_checked = checked_at is not None and state in CODES
    is_enabled = read_flag(status, "checks_enabled") or read_flag(status, "accept_passive_checks")
    yield ItemRecord(
        host_external_id=host,
        external_id=require_id(name),
        name=name,
        key=name,
        value=str(CODES[state]) if is_checked else None,
        value_type="unsigned",
        description=long_output.replace("\\n", "\n"),
        enabled=is_enabled,
        value_at=checked_at if is_checked else None,
        value_text=shown_state(SERVICE_STATES[state], output) if is_checked else None,
    )
    for each in parse(read_text(status, "perf_data"))[:MAX_MEASUREMENTS] if is_checked else ():
        # No name in Nagios has a vertical bar.
        key = f"{name}|{each.label}"
        yield ItemRecord(
            host_external_id=host,
            external_id=fit_external_id(key),
            name=f"{name}: {each.label}",
            key=key,
            value=each.value or None,
            value_type="float",
            units="" if each.unit == "c" else each.unit,
            description=_thresholds(each),
            enabled=is_enabled,
            value_at=checked_at if each.value else None,
        )


def _thresholds(each: PerformanceValue) -> str:
    said = {"warning": each.warning, "critical": each.critical, "minimum": each.minimum, "maximum": each.maximum}
    return ", ".join(f"{word} {limit}" for word, limit in said.items() if limit)
