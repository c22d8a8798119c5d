"""Opens connections to monitors and records the result of each contact."""

import json
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from app.connectors.base import Connector, MonitorAccess
from app.enums import MonitorStatus
from app.errors import Conflict, NotFound, SourceError
from app.rules.monitor_types import refuse_contact
from app.services.inventory.observed_connector import observed
from app.store.database.engine import Database
from app.store.database.vault import Vault
from app.store.inventory import monitors

SEALED = {
    name: f"{name}_sealed"
    for name in ("password", "api_token", "client_key_pem", "headers", "http_password", "proxy_url")
}
"""The columns of the secrets in `MonitorAccess`; `headers` is a JSON object."""
PLAIN = (
    *("url", "username", "alertmanager_urls", "ca_pem", "verify", "client_cert_pem", "http_username", "timeout_s"),
    "mapping",
)
"""The other members of `MonitorAccess`, whose columns have their names."""

OpenConnector = Callable[[str, MonitorAccess], AbstractContextManager[Connector]]


class MonitorConnections:
    """Connections to monitors, by monitor id."""

    def __init__(self, database: Database, vault: Vault, open_connector: OpenConnector) -> None:
        self._database = database
        self._vault = vault
        self._open_connector = open_connector

    @contextmanager
    def open(self, monitor_id: int) -> Iterator[Connector]:
        """Connect to an enabled monitor; its status then shows how that went.

        Raises NotFound, Conflict if it is disabled or only receives, SourceError, DatabaseUnavailable.
        """
        with self._database.reading() as connection:
            monitor = monitors.find_sealed(connection, monitor_id)
        if monitor is None:
            raise NotFound(f"there is no monitor {monitor_id}")
        if not monitor["enabled"]:
            raise Conflict(f"monitor {monitor_id} is disabled: enable it first")
        refuse_contact(monitor_id, monitor["type"])
        try:
            with self._open_connector(monitor["type"], self.access(monitor)) as connector:
                yield observed(connector, monitor_id)
        except SourceError as error:
            with self._database.transaction() as connection:
                monitors.record_contact(connection, monitor_id, MonitorStatus.ERROR, str(error))
            raise

    def access(self, monitor: Mapping[Any, Any], except_for: Container[str] = ()) -> MonitorAccess:
        """Return a monitor's address with its decrypted credentials, except those that are about to be replaced.

        Raises TaskFailed if they were encrypted with another secret key.
        """
        opened = {
            name: None if name in except_for else self._vault.open(monitor[column]) for name, column in SEALED.items()
        }
        members: dict[str, Any] = {**opened, "headers": json.loads(opened["headers"] or "{}")}
        return MonitorAccess(**members, **{name: monitor[name] for name in PLAIN})
