"""The identity that the monitors of an HA pair share, so that an alert that all of them see is one alert."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping

from app.enums import AuditedType
from app.errors import Invalid, NotFound
from app.services.access.acting import acting_editor
from app.services.access.audit import record_edit
from app.store.database.engine import Database
from app.store.inventory import monitors


class HaIdentityService:
    """Methods raise NotFound and DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, monitor_id: int) -> dict[str, Any]:
        """Return a monitor's HA group, the labels that do not identify its alerts, and the members of the group."""
        with self._database.reading() as connection:
            return _shown(connection, monitor_id)

    def replace(self, monitor_id: int, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Replace the identity of a monitor and of all members of its new group; without a group it leaves its own.

        `members` are then exactly the members; if left out, the monitor joins those that are there. Raises Invalid for
        a member that does not exist or has another type.
        """
        group, labels = fields["ha_group"], fields["ha_ignored_labels"]
        with self._database.transaction() as connection:
            _shown(connection, monitor_id)
            there = [row["id"] for row in monitors.group_members(connection, group)] if group else []
            wanted = sorted({monitor_id, *(fields.get("members") or there)}) if group else []
            _check_types(connection, monitor_id, wanted)
            leaving = {monitor_id, *there} - {*wanted} if fields.get("members") or not group else set()
            for member in sorted({*wanted, *leaving}):
                is_in = member in wanted
                values = {"ha_group": group if is_in else None, "ha_ignored_labels": labels if is_in else []}
                before = _settings(connection, member)
                monitors.change(connection, member, values)
                record_edit(connection, acting_editor(), AuditedType.MONITOR, member, before, values)
            return _shown(connection, monitor_id)


def _shown(connection: Connection, monitor_id: int) -> dict[str, Any]:
    settings = _settings(connection, monitor_id)
    group = settings["ha_group"]
    return {
        "ha_group": group,
        "ha_ignored_labels": settings["ha_ignored_labels"],
        "members": monitors.group_members(connection, group) if group else [],
    }


def _settings(connection: Connection, monitor_id: int) -> RowMapping:
    settings = monitors.alert_settings(connection, monitor_id)
    if settings is None:
        raise NotFound(f"there is no monitor {monitor_id}")
    return settings


def _check_types(connection: Connection, monitor_id: int, members: list[int]) -> None:
    type_ = monitors.type_of(connection, monitor_id)
    for member in members:
        other = monitors.type_of(connection, member)
        if other is None:
            raise Invalid("members", f"There is no monitor {member}.")
        if other != type_:
            raise Invalid(
                "members", f"All members have the same type: monitor {member} is of type {other}, not {type_}."
            )
