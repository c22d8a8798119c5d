"""The types of monitor: the built-in ones, and those that third parties register by entry point."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import cast

from app.connectors.alertmanager.connector import AlertmanagerConnector
from app.connectors.base import Connector, HasHistory, MonitorAccess
from app.connectors.grafana.connector import GrafanaConnector
from app.connectors.http.secret_echoes import WITHHELD, repeats_secret
from app.connectors.http_json.connector import HttpJsonConnector
from app.connectors.icinga2.connector import Icinga2Connector
from app.connectors.maintenance import MaintenanceAbility, WritesMaintenance
from app.connectors.nagios.connector import NagiosConnector
from app.connectors.netdata.connector import NetdataConnector
from app.connectors.prometheus.connector import PrometheusConnector
from app.connectors.simulator.connector import SimulatorConnector
from app.connectors.webhook.connector import WebhookConnector
from app.connectors.zabbix.connector import ZabbixConnector
from app.errors import Invalid, SourceError
from app.rules.monitor_types import (
    ALERTMANAGER,
    GRAFANA,
    HTTP_JSON,
    ICINGA2,
    NAGIOS,
    NETDATA,
    PROMETHEUS,
    WEBHOOK,
    ZABBIX,
)

ENTRY_POINT_GROUP = "nagare.connectors"
BUILT_IN: Mapping[str, type[Connector]] = MappingProxyType(
    {
        ZABBIX: ZabbixConnector,
        PROMETHEUS: PrometheusConnector,
        ALERTMANAGER: AlertmanagerConnector,
        WEBHOOK: WebhookConnector,
        "simulator": SimulatorConnector,
        ICINGA2: Icinga2Connector,
        NAGIOS: NagiosConnector,
        NETDATA: NetdataConnector,
        GRAFANA: GrafanaConnector,
        HTTP_JSON: HttpJsonConnector,
    }
)
METHODS = (
    *("check", "hosts", "items", "item", "alerts", "close"),
    *("update_host", "update_item", "create_host", "create_item", "acknowledge_alert"),
)

log = logging.getLogger(__name__)


def connector_types() -> tuple[str, ...]:
    """Return the names of all connector types, the built-in ones first."""
    return (*BUILT_IN, *_load_third_party())


def connector_class(type: str) -> type[Connector]:
    """Return the connector class of a type of monitor. Raises Invalid for `type` if there is none."""
    found = BUILT_IN.get(type) or _load_third_party().get(type)
    if found is None:
        raise Invalid("type", f"Unknown type of monitor; the types are {', '.join(connector_types())}")
    return found


def keeps_history(kind: type[Connector]) -> bool:
    """Return whether the connectors of a class can return the past values of items."""
    return issubclass(kind, HasHistory)


def takes_acknowledgements(type: str) -> bool:
    """Return whether alerts can be acknowledged at a type of monitor: if it is writable, or says so itself."""
    kind = connector_class(type)
    return bool(getattr(kind, "acknowledges", kind.writable))


def maintenance_ability(type: str) -> MaintenanceAbility | None:
    """Return how a type of monitor is told of maintenance windows; None if it cannot be told."""
    kind = connector_class(type)
    ability = getattr(kind, "maintenance_ability", None)
    return ability if isinstance(ability, MaintenanceAbility) and issubclass(kind, WritesMaintenance) else None


@contextmanager
def open_connector(type: str, access: MonitorAccess) -> Iterator[Connector]:
    """Yield a connector and close it at the end. Raises Invalid if the type or the access is wrong.

    No SourceError leaves the block with a credential in its message, even from a third party's connector. Errors while
    closing are only logged: they must neither hide why the work failed nor undo its success.
    """
    connector = connector_class(type)(access)
    try:
        yield connector
    except SourceError as error:
        # The built-in connectors check this themselves, and know their own words, which may contain a password by
        # chance.
        if type not in BUILT_IN and repeats_secret(str(error), access.secrets):
            error.args = (f"the monitor rejected a request, but {WITHHELD}",)
            # Without its cause, which would appear in the dead letter's traceback.
            raise error from None
        raise
    finally:
        try:
            connector.close()
        except Exception:
            log.warning("A %s connector could not be closed", type, exc_info=True, extra={"action": "connector_close"})


@cache
def _load_third_party() -> Mapping[str, type[Connector]]:
    """Return the connectors of installed packages by name.

    One that cannot be loaded or is not a connector is logged and skipped: a third party's bug must not stop nagare.
    """
    found: dict[str, type[Connector]] = {}
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: (point.name, point.value)):
        try:
            if point.name in BUILT_IN or point.name in found:
                raise TypeError(f"another connector is already named {point.name}")
            found[point.name] = _require_connector(point.load())
        except Exception:
            log.exception("Ignored the connector %s = %s", point.name, point.value, extra={"action": "connector_load"})
    return MappingProxyType(found)


def _require_connector(loaded: object) -> type[Connector]:
    """Return the object of an entry point. Raises TypeError if it is no class with all methods of a connector."""
    if not isinstance(loaded, type) or not isinstance(getattr(loaded, "writable", None), bool):
        raise TypeError("it is not a class with a boolean `writable`")
    missing = [name for name in METHODS if not callable(getattr(loaded, name, None))]
    if missing:
        raise TypeError(f"it has no {', '.join(missing)}")
    return cast(type[Connector], loaded)
