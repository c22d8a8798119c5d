"""Which addresses an administrator may have meant by the one that was pasted."""

import re
from collections.abc import Iterator

import httpx

PAGES = re.compile(
    r"/(?:(?:classic/)?(?:graph|alerts|targets|rules|config|flags|status|service-discovery|tsdb-status|query)"
    r"|api/v[0-9]+|-/(?:healthy|ready)|metrics|vmui|[^/]+\.php|#)(?:/.*)?$"
)
"""Pages and the API of Prometheus, Alertmanager, VictoriaMetrics and Zabbix, which the base address does not have."""
PREFIXES = {
    "zabbix": ("/zabbix", "/monitoring"),
    "prometheus": ("/prometheus", "/prom", "/select/0/prometheus", "/api/prom"),
    "alertmanager": ("/alertmanager", "/am"),
    "grafana": ("/grafana",),
    "netdata": ("/netdata",),
    "nagios": ("/nagios4", "/nagios"),
}
"""The paths that packages and manuals give each system."""


def likely_addresses(type: str, url: str) -> Iterator[str]:
    """Yield other addresses on the same server, the likeliest first."""
    given = httpx.URL(url)
    path = given.path.rstrip("/")
    stripped = PAGES.sub("", path)
    paths = [stripped, *(stripped + prefix for prefix in PREFIXES.get(type, ())), "", *PREFIXES.get(type, ())]
    for candidate in dict.fromkeys(paths):
        if candidate != path:
            yield str(given.copy_with(path=candidate or "/")).rstrip("/")


def with_other_scheme(url: str) -> str:
    """Return the address with https:// instead of http://, or the reverse; the port stays."""
    given = httpx.URL(url)
    port = given.port or (443 if given.scheme == "https" else 80)
    other = "http" if given.scheme == "https" else "https"
    return str(given.copy_with(scheme=other, port=port)).rstrip("/")
