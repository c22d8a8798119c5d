"""Statements on the one row of settings of machines."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from app.models import MachineSettings
from app.store.database.dialects import dialect_insert

SETTINGS = MachineSettings.__table__.c
ONLY = 1
DEFAULTS: Mapping[str, Any] = {"rules": {}, "faults": None, "identified_up_to": 0}


def find(connection: Connection) -> RowMapping | Mapping[str, Any]:
    """Return `rules`, `faults` and `identified_up_to`."""
    names = (SETTINGS.rules, SETTINGS.faults, SETTINGS.identified_up_to)
    return connection.execute(select(*names).where(SETTINGS.id == ONLY)).mappings().one_or_none() or DEFAULTS


def write(connection: Connection, values: Mapping[str, Any]) -> None:
    """Change some of them."""
    insert = dialect_insert(connection, MachineSettings)
    row = {"id": ONLY, **DEFAULTS, **values}
    connection.execute(insert.values(row).on_conflict_do_update(index_elements=["id"], set_=dict(values)))


def lock(connection: Connection) -> None:
    """Make all others wait that change which hosts are part of which machine: two joins could take one host apart."""
    connection.execute(
        dialect_insert(connection, MachineSettings).values({"id": ONLY, **DEFAULTS}).on_conflict_do_nothing()
    )
    connection.execute(select(SETTINGS.id).where(SETTINGS.id == ONLY).with_for_update())
