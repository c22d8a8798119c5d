"""What the type of a monitor decides beyond its connector."""

from app.errors import Conflict

ZABBIX = "zabbix"
PROMETHEUS = "prometheus"
ICINGA2 = "icinga2"
NAGIOS = "nagios"
NETDATA = "netdata"
HTTP_JSON = "http_json"
ALERTMANAGER = "alertmanager"
GRAFANA = "grafana"
WEBHOOK = "webhook"
"""A monitor that only receives: nagare never connects to it."""

SIMULATOR = "simulator"
DEMO_URL = "simulator://demo?hosts=22&items=15&seed=1"
"""The address of the demo fleet, which the first start adds."""

ALERTMANAGER_TYPES = (PROMETHEUS, ALERTMANAGER)
"""Types with `alertmanager_urls`: of those that a Prometheus sends to, or of the peers of an Alertmanager."""


def alert_source(type: str) -> str:
    """Return the `source` of the alerts that a monitor's connector reports."""
    return PROMETHEUS if type == ALERTMANAGER else type


def refuse_contact(monitor_id: int, type: str) -> None:
    """Raise Conflict if there is nothing to connect to."""
    if type == WEBHOOK:
        raise Conflict(f"monitor {monitor_id} is of type {WEBHOOK}: it only receives alerts, nothing is pulled from it")


def is_demo(type: str, url: str) -> bool:
    """Return whether a monitor is the demo fleet of the first start."""
    return type == SIMULATOR and url == DEMO_URL
