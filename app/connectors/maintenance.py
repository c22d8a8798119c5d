"""The protocol of connectors whose sources can be told of maintenance windows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, runtime_checkable

from app.enums import MaintenanceUnit
from app.rules.maintenance.source_maintenance import SourceMaintenance


@dataclass(frozen=True, slots=True)
class MaintenanceAbility:
    """How a type of source is told of maintenance windows."""

    unit: MaintenanceUnit
    ahead: timedelta
    """How long before it begins an occurrence is told."""
    shortest: timedelta = timedelta(0)


@runtime_checkable
class WritesMaintenance(Protocol):
    """A connector whose source can be told of maintenance windows; a connector need not be one.

    Its class says how by `maintenance_ability`, a `MaintenanceAbility`.
    """

    def set_maintenance(self, mark: str, wanted: SourceMaintenance | None) -> Sequence[str]:
        """Let the source have exactly the wanted maintenance under this mark, or none; return its ids there.

        The name or comment there contains the mark, and what contains it is ours. Whatever an earlier attempt or a
        person did there, a repeated call ends with the same.
        """
        ...
