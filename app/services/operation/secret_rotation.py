"""All credentials sealed anew with the present key, after which the old one is of no use."""

from dataclasses import dataclass

from app.errors import TaskFailed
from app.store.database.engine import Database
from app.store.database.vault import Vault
from app.store.operation import sealed_columns


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many credentials were sealed anew, how many were sealed with the present key already, and which are lost."""

    renewed: int
    kept: int
    lost: list[str]
    """The table and name of each that neither key opens."""


class SecretRotation:
    """Knows every sealed column there is."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def reseal(self) -> Resealed:
        """Seal all credentials with the present key, in one transaction. Raises DatabaseUnavailable."""
        renewed = kept = 0
        lost = []
        with self._database.transaction() as connection:
            for table, row_id, name, texts in sealed_columns.fetch(connection):
                try:
                    values = {column: self._vault.renew(text) for column, text in texts.items()}
                except TaskFailed:
                    lost.append(f"{table.name}: {name}")
                    continue
                changed = {column: text for column, text in values.items() if text is not None}
                renewed += len(changed)
                kept += len(values) - len(changed)
                if changed:
                    sealed_columns.replace(connection, table, row_id, changed)
        return Resealed(renewed, kept, lost)
