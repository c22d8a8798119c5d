"""Which addresses an administrator may have meant by the one that was pasted."""

import re
from collections.abc import Iterator

import httpx

PAGES = re.compile(
    r"/(?:(?:classic/)?(?:graph|alerts|targets|rules|config|flags|status|service-discovery|tsdb-status|query)"
    r"|api/v[0-9]+|-/(?:healthy|ready)|metrics|vmui|[^/]+\.(?:php|cgi)|#)(?:/.*)?$"
)
"""Pages and the APIs of Prometheus, Alertmanager, VictoriaMetrics, Zabbix, Icinga 2 and Nagios, without their base."""
PREFIXES = {
    "zabbix": ("/zabbix", "/monitoring"),
    "prometheus": ("/prometheus", "/prom", "/select/0/prometheus", "/api/prom"),
    "alertmanager": ("/alertmanager", "/am"),
    "grafana": ("/grafana",),
    "netdata": ("/netdata",),
    "nagios": ("/nagios4", "/nagios", "/cgi-bin/nagios4"),
}
"""The paths that packages and manuals give each system; the pages of Nagios lead to its CGIs below them."""
PORTS = {"icinga2": 5665}
"""The port of an API that is not below the system's pages; it always has TLS."""


def likely_addresses(type: str, url: str) -> Iterator[str]:
    """Yield other addresses on the same server, the likeliest first."""
    given = httpx.URL(url)
    path = given.path.rstrip("/")
    stripped = PAGES.sub("", path)
    paths = [stripped, *(stripped + prefix for prefix in PREFIXES.get(type, ())), "", *PREFIXES.get(type, ())]
    for candidate in dict.fromkeys(paths):
        if candidate != path:
            yield str(given.copy_with(path=candidate or "/")).rstrip("/")


def usual_server(type: str, url: str) -> str | None:
    """Return the address on the same host at which the API of this type usually is, if that is another server."""
    given = httpx.URL(url)
    if type not in PORTS or (given.scheme, given.port) == ("https", PORTS[type]):
        return None
    return str(given.copy_with(scheme="https", port=PORTS[type], raw_path=b"/")).rstrip("/")


def with_other_scheme(url: str) -> str:
    """Return the address with https:// instead of http://, or the reverse; the port stays."""
    given = httpx.URL(url)
    port = given.port or (443 if given.scheme == "https" else 80)
    other = "http" if given.scheme == "https" else "https"
    return str(given.copy_with(scheme=other, port=port)).rstrip("/")
