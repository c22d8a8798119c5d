"""Recognizes a monitoring system by what its API answers to anybody."""

from collections.abc import Callable, Mapping
from typing import Any

from app.connectors.base import MonitorAccess
from app.connectors.diagnosis.probing import source
from app.connectors.http.client import HttpSource
from app.connectors.nagios.api import FOLDERS, STATUS
from app.errors import Invalid, SourceError, SourceRefusedLogin

VERSION = {"jsonrpc": "2.0", "method": "apiinfo.version", "params": {}, "id": 1}


def _zabbix(client: HttpSource) -> bool:
    answer = client.post_json("/api_jsonrpc.php", VERSION)
    return isinstance(answer, dict) and isinstance(answer.get("result"), str)


def _prometheus(client: HttpSource) -> bool:
    return bool(_of(client.get_json("/api/v1/query", {"query": "1"}), "status") == "success")


def _alertmanager(client: HttpSource) -> bool:
    return _of(client.get_json("/api/v2/status"), "versionInfo") is not None


def _grafana(client: HttpSource) -> bool:
    return _of(client.get_json("/api/health"), "database") is not None


def _netdata(client: HttpSource) -> bool:
    return _of(client.get_json("/api/v1/info"), "mirrored_hosts") is not None


def _icinga2(client: HttpSource) -> bool:
    # Only an ApiUser, or a client certificate, is told more than the challenge.
    return _asks_for_login(client, "/v1", "icinga 2") or isinstance(_of(client.get_json("/v1"), "results"), list)


def _nagios(client: HttpSource) -> bool:
    # Its web server asks for the login; the manuals of Nagios and the packages of the distributions name it so.
    return any(
        _asks_for_login(client, path, "nagios") or _is_nagios_cgi(client, path)
        for path in (f"{folder}/{STATUS}" for folder in FOLDERS)
    )


def _is_nagios_cgi(client: HttpSource, path: str) -> bool:
    try:
        answer = client.get_json(path, {"query": "programstatus"})
    except SourceError:
        return False
    return bool(_of(_of(answer, "result"), "cgi") == STATUS)


def _asks_for_login(client: HttpSource, path: str, realm: str) -> bool:
    try:
        client.get_json(path)
    except SourceRefusedLogin as error:
        return realm in error.realm.casefold()
    except SourceError:
        pass
    return False


SIGNS: Mapping[str, Callable[[HttpSource], bool]] = {
    "zabbix": _zabbix,
    "prometheus": _prometheus,
    "alertmanager": _alertmanager,
    "grafana": _grafana,
    "netdata": _netdata,
    "icinga2": _icinga2,
    "nagios": _nagios,
}
NAMES = {
    "zabbix": "a Zabbix",
    "prometheus": "a Prometheus",
    "alertmanager": "an Alertmanager",
    "grafana": "a Grafana",
    "netdata": "a Netdata",
    "icinga2": "an Icinga 2",
    "nagios": "a Nagios",
}


def name_of(type: str) -> str:
    """Return a type of monitor as a sentence names it."""
    return NAMES.get(type, f"a monitor of type {type}")


def is_at(type: str, access: MonitorAccess, url: str) -> bool:
    """Return whether a system of this type answers at an address; false for a type without a sign."""
    try:
        with source(access, url) as client:
            return type in SIGNS and SIGNS[type](client)
    except (SourceError, Invalid):
        return False


def zabbix_version(access: MonitorAccess, url: str) -> tuple[int, ...]:
    """Return major and minor version of the Zabbix at an address; nothing if there is none."""
    try:
        with source(access, url) as client:
            text = str(_of(client.post_json("/api_jsonrpc.php", VERSION), "result"))
            return tuple(int(part) for part in text.split(".")[:2])
    except (SourceError, Invalid, ValueError):
        return ()


def _of(answer: Any, name: str) -> Any:
    return answer.get(name) if isinstance(answer, dict) else None
