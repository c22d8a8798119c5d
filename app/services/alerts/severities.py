"""The severity tables of monitors, and the alerts whose severities follow from them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.enums import OPEN_STATUSES, AlertEventKind, AlertStatus, AuditedType, Severity
from app.errors import NotFound
from app.rules.alerts.alert_changes import severity_change
from app.rules.alerts.severities import SeverityTable, zabbix_word
from app.rules.alerts.severity_words import ZABBIX_WORDS
from app.rules.monitor_types import ZABBIX
from app.services.access.audit import Editor, record_edit
from app.store.alerts import alert_events, alerts, severities
from app.store.database.engine import Database
from app.store.inventory import monitors

ALERT_BATCH_SIZE = 1000


class SeverityService:
    """Methods raise NotFound and DatabaseUnavailable.

    The monitors of an HA group share their alerts, so they share the table of the first of them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, monitor_id: int) -> dict[str, Any]:
        """Return a monitor's table, all words that it knows, and those that it met and does not know."""
        with self._database.reading() as connection:
            return _shown(connection, monitor_id)

    def replace(self, monitor_id: int, fields: Mapping[str, Any], by: Editor) -> dict[str, Any]:
        """Replace a monitor's own entries, and derive the severities of its open alerts anew, in batches.

        Raises Invalid for a word that is there twice. A repetition continues what was interrupted.
        """
        table = SeverityTable.checked(fields)
        with self._database.transaction() as connection:
            owner_id, members = _group(connection, monitor_id)
            monitors.lock(connection, owner_id)
            before = {"severities": _table(connection, owner_id).as_dict()}
            after = {"severities": table.as_dict()}
            monitors.change(connection, owner_id, after)
            record_edit(connection, by, AuditedType.MONITOR, owner_id, before, after)
            for member in members:
                severities.forget_unknown(connection, member, _known(connection, member, table))
        changed = sum(self._derive(owner_id, status, by) for status in OPEN_STATUSES)
        return {**self.get(monitor_id), "changed_alerts": changed}

    def _derive(self, owner_id: int, status: AlertStatus, by: Editor) -> int:
        """Derive the severities of all alerts in a status; return how many changed."""
        changed, after = 0, 0
        while True:
            with self._database.transaction() as connection:
                # An intake reads the table under the same lock, so none writes a severity of the old one later.
                monitors.lock(connection, owner_id)
                rows = severities.some_alerts(connection, owner_id, status, after, ALERT_BATCH_SIZE)
                changed += _derive_some(connection, _table(connection, owner_id), rows, by)
            if len(rows) < ALERT_BATCH_SIZE:
                return changed
            after = rows[-1].id


def _derive_some(connection: Connection, table: SeverityTable, rows: Any, by: Editor) -> int:
    now = clock.now()
    changed = [
        (row, severity)
        for row in rows
        if row.source_severity is not None and (severity := table.severity_of(row.source_severity)) != row.severity
    ]
    for severity in {severity for _, severity in changed}:
        severities.change_alerts(connection, [row.id for row, each in changed if each is severity], severity)
    happened = [
        (row.id, AlertEventKind.ESCALATED if severity > row.severity else AlertEventKind.EASED)
        for row, severity in changed
    ]
    details = {row.id: severity_change(Severity(row.severity), severity) for row, severity in changed}
    alert_events.add(connection, happened, now, user_id=by.user_id, username=by.username, details=details)
    alerts.refresh_marks_of(connection, [row._mapping for row, _ in changed], now)
    return len(changed)


def _group(connection: Connection, monitor_id: int) -> tuple[int, list[int]]:
    """Return the monitor that owns this one's alerts, and all that share them."""
    settings = monitors.alert_settings(connection, monitor_id)
    if settings is None:
        raise NotFound(f"there is no monitor {monitor_id}")
    members = monitors.sharing(connection, monitor_id, settings["ha_group"])
    return members[0], members


def _table(connection: Connection, owner_id: int) -> SeverityTable:
    settings = monitors.alert_settings(connection, owner_id)
    return SeverityTable.of(settings["severities"] if settings else None)


def _known(connection: Connection, monitor_id: int, table: SeverityTable) -> list[str]:
    """Return the counted words that the table knows, and the one for all further words, some of which it may know."""
    words = [row["word"] for row in severities.fetch_unknown(connection, monitor_id)]
    return [word for word in words if word == severities.OTHERS or table.find(word) is not None]


def _shown(connection: Connection, monitor_id: int) -> dict[str, Any]:
    owner_id, _ = _group(connection, monitor_id)
    table = _table(connection, owner_id)
    return {
        **table.as_dict(),
        "effective": [entry._asdict() for entry in table.entries()],
        "zabbix": _zabbix(table) if monitors.type_of(connection, monitor_id) == ZABBIX else None,
        "unknown_words": severities.fetch_unknown(connection, monitor_id),
    }


def _zabbix(table: SeverityTable) -> list[dict[str, Any]]:
    words = [zabbix_word(code) for code in range(len(ZABBIX_WORDS))]
    return [{"code": code, "word": word, "severity": table.severity_of(word)} for code, word in enumerate(words)]
