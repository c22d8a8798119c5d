"""Names the services of channels that a migration made: it cannot open an address, which is encrypted."""

from app.channels.schemes import scheme_of
from app.errors import TaskFailed
from app.store.contacts import channels
from app.store.database.engine import Database
from app.store.database.vault import Vault

UNKNOWN = "apprise"
"""For an address that no key opens any more."""


class MigratedServices:
    """Raises DatabaseUnavailable."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._is_done = False

    def tick(self) -> None:
        """Name the services once; a process that leads later finds nothing left."""
        if self._is_done:
            return
        with self._database.reading() as connection:
            unnamed = channels.without_service(connection)
        if unnamed:
            with self._database.transaction() as connection:
                for row in unnamed:
                    channels.change(connection, row["id"], {"service": self._service(row["url_sealed"])})
        self._is_done = True

    def _service(self, sealed: str) -> str:
        try:
            return scheme_of(self._vault.open(sealed) or "")
        except TaskFailed:
            return UNKNOWN
