"""The mappings of monitors of types `webhook` (fields of posted alerts) and `http_json` (records of a source)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping

from app.enums import AuditedType, Severity
from app.errors import Conflict, Invalid, NotFound
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.severities import SeverityTable
from app.rules.http_json.source_mappings import SourceMapping
from app.rules.monitor_types import HTTP_JSON, WEBHOOK
from app.rules.webhooks.field_mappings import FieldMapping
from app.rules.webhooks.parse import try_to_parse
from app.rules.webhooks.posted import Refusal
from app.services.access.acting import acting_editor
from app.services.access.audit import record_edit
from app.store.database.engine import Database
from app.store.inventory import monitors

TYPES = (WEBHOOK, HTTP_JSON)


@dataclass(frozen=True, slots=True)
class Tried:
    """A report that a body would make, with the severity by the monitor's table."""

    report: AlertReport
    severity: Severity
    is_known: bool
    """Whether the table knows the source's word."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a body would make of itself."""

    reports: list[Tried]
    refused: list[Refusal]


class MappingService:
    """Methods raise NotFound, Conflict for a monitor of another type, and DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, monitor_id: int) -> Mapping[str, Any]:
        """Return a monitor's mapping, an empty one if it has none."""
        with self._database.reading() as connection:
            return _found(connection, monitor_id)["mapping"] or {}

    def replace(self, monitor_id: int, mapping: Mapping[str, Any]) -> Mapping[str, Any]:
        """Replace a monitor's mapping. Raises Invalid naming the field whose expression is wrong."""
        given = {name: value for name, value in mapping.items() if value is not None}
        with self._database.reading() as connection:
            type = _found(connection, monitor_id)["type"]
        _check(type, given)
        self._write(monitor_id, given)
        return given

    def remove(self, monitor_id: int) -> None:
        """Remove a monitor's mapping: formats of bodies are detected again, and a source is no longer read."""
        self._write(monitor_id, None)

    def test(self, monitor_id: int, body: object, mapping: Mapping[str, Any] | None = None) -> Trial:
        """Return what a body would make of itself, by another mapping or the monitor's own; nothing is kept.

        Raises Invalid naming the field of the mapping that is wrong.
        """
        with self._database.reading() as connection:
            monitor = _found(connection, monitor_id, (WEBHOOK,))
        try:
            chosen = mapping or monitor["mapping"]
            compiled = FieldMapping.of(chosen) if chosen else None
        except Invalid as error:
            raise Invalid(f"mapping.{error.field}", str(error)) from None
        posted = try_to_parse(body, compiled)
        table = SeverityTable.of(monitor["severities"])
        return Trial([_tried(report, table) for report in posted.reports], [*posted.refusals])

    def _write(self, monitor_id: int, mapping: Mapping[str, Any] | None) -> None:
        with self._database.transaction() as connection:
            _found(connection, monitor_id)
            monitors.change(connection, monitor_id, {"mapping": mapping})
            after = "new" if mapping else None
            record_edit(
                connection, acting_editor(), AuditedType.MONITOR, monitor_id, {"mapping": ""}, {"mapping": after}
            )


def _found(connection: Connection, monitor_id: int, types: Sequence[str] = TYPES) -> RowMapping:
    monitor = monitors.find_mapping(connection, monitor_id)
    if monitor is None:
        raise NotFound(f"there is no monitor {monitor_id}")
    if monitor["type"] not in types:
        what = "has a mapping" if types == TYPES else "receives bodies to try"
        wanted = " or ".join(types)
        raise Conflict(f"monitor {monitor_id} is of type {monitor['type']}: only one of type {wanted} {what}")
    return monitor


def _check(type: str, mapping: Mapping[str, Any]) -> None:
    if type == HTTP_JSON:
        SourceMapping.of(mapping)
        return
    for name in ("hosts", "items"):
        if name in mapping:
            raise Invalid(name, f"Only the mapping of a monitor of type {HTTP_JSON} has this field.")
    if not isinstance(mapping.get("alerts", ""), str):
        raise Invalid("alerts", "Not a valid string.")
    FieldMapping.of(mapping)


def _tried(report: AlertReport, table: SeverityTable) -> Tried:
    if report.source_severity is None:
        return Tried(report, report.severity, is_known=True)
    known = table.find(report.source_severity)
    return Tried(report, table.unknown if known is None else known, is_known=known is not None)
