"""Finds the monitors that a maintenance window covers, and what each of them has to be told."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping

from app.connectors.maintenance import MaintenanceAbility
from app.connectors.registry import maintenance_ability
from app.enums import MaintenanceUnit
from app.errors import Invalid
from app.rules.maintenance.source_scopes import (
    GROUP,
    HOST,
    SourceHost,
    WindowScope,
    scope_of_hosts,
    scope_of_labels,
)
from app.rules.matchers.matcher import Matchers
from app.rules.monitor_types import PROMETHEUS
from app.store.inventory import hosts, monitors, source_hosts


class Target(NamedTuple):
    """A monitor that can be told, and of what: hosts, or sets of matchers; `error` if it cannot be said."""

    monitor_id: int
    name: str
    ability: MaintenanceAbility
    host_external_ids: Sequence[str] | None
    matcher_sets: Sequence[Matchers]
    error: Invalid | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether the monitor has nothing that the window covers."""
        return self.host_external_ids == [] if self.ability.unit is MaintenanceUnit.HOSTS else not self.matcher_sets


def find_targets(connection: Connection, window: Mapping[Any, Any]) -> Iterator[Target]:
    """Yield the enabled monitors that a window covers and that can be told of it."""
    scope = WindowScope.of(window)
    owner_id = _owner(connection, window)
    for monitor in monitors.contacts(connection):
        if owner_id in (None, monitor["id"]) and scope.is_of(monitor["id"], monitor["name"]):
            ability = None if _why_not(monitor) else maintenance_ability(monitor["type"])
            if ability:
                target = _target(connection, scope, monitor, ability)
                if not target.is_nothing or target.error:
                    yield target


def refuse_untold(connection: Connection, window: Mapping[Any, Any], targets: Sequence[Target]) -> None:
    """Raise Invalid if the monitor of a window cannot be told, or no monitor is, or one not exactly."""
    owner_id = _owner(connection, window)
    for monitor in monitors.contacts(connection):
        if monitor["id"] == owner_id and (why := _why_not(monitor)):
            raise Invalid("push_to_source", f"The monitor {monitor['name']} {why}. Set it to false.")
    for target in targets:
        if target.error:
            raise target.error
        if window["ends_at"] - window["starts_at"] < target.ability.shortest:
            minutes = target.ability.shortest.seconds // 60
            raise Invalid("ends_at", f"{target.name} knows no maintenance of less than {minutes} minutes.")
    if not targets:
        raise Invalid(
            "push_to_source",
            "No monitor that can be told has what this window covers: choose another monitor, host, group or match, or"
            " set it to false.",
        )


def _owner(connection: Connection, window: Mapping[Any, Any]) -> int | None:
    """Return the only monitor that a window can cover, if it names one or a host."""
    if window["monitor_id"] is not None or window["host_id"] is None:
        monitor_id: int | None = window["monitor_id"]
        return monitor_id
    host = hosts.find(connection, window["host_id"])
    return None if host is None else host["monitor_id"]


def _why_not(monitor: RowMapping) -> str | None:
    """Return why a monitor cannot be told."""
    if maintenance_ability(monitor["type"]) is None:
        return f"cannot be told of maintenance windows: it is of type {monitor['type']}"
    if not monitor["enabled"]:
        return "is disabled: enable it first"
    if monitor["type"] == PROMETHEUS and not monitor["alertmanager_urls"]:
        return "has no alertmanager_urls, and a Prometheus itself knows no silences: give it one"
    return None


def _target(connection: Connection, scope: WindowScope, monitor: RowMapping, ability: MaintenanceAbility) -> Target:
    target = Target(monitor["id"], monitor["name"], ability, None, ())
    is_of_hosts = ability.unit is MaintenanceUnit.HOSTS
    known = (
        [SourceHost(**row) for row in source_hosts.at_source(connection, monitor["id"])] if _needs_hosts(scope) else []
    )
    try:
        if is_of_hosts:
            return target._replace(host_external_ids=scope_of_hosts(scope, monitor["name"], known))
        return target._replace(matcher_sets=scope_of_labels(scope, monitor["name"], known))
    except Invalid as error:
        return target._replace(error=error)


def _needs_hosts(scope: WindowScope) -> bool:
    return scope.names_hosts(HOST, GROUP)
