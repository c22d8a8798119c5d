"""Encrypts all credentials with the current secret key, so that the previous one can be removed."""

from dataclasses import dataclass

from app.errors import TaskFailed
from app.store.database.engine import Database
from app.store.database.vault import Vault
from app.store.operation import sealed_columns


@dataclass(frozen=True, slots=True)
class Reencrypted:
    """How many credentials were re-encrypted, how many already used the current key, and which are lost."""

    renewed: int
    kept: int
    lost: list[str]
    """The table and name of each credential that no key decrypts."""


class KeyRotation:
    """Knows every encrypted column."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def reencrypt(self) -> Reencrypted:
        """Encrypt all credentials with the current key, in one transaction. Raises DatabaseUnavailable."""
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
        return Reencrypted(renewed, kept, lost)
