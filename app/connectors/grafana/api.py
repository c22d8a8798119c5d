"""Grafana's HTTP API, of which only what alerting needs is read."""

from typing import Any

from app.connectors.answers import cut
from app.connectors.base import MonitorAccess
from app.connectors.http.client import HttpSource
from app.connectors.http.credentials import credentials
from app.errors import SourceGarbled, SourceRefusedLogin, SourceRejected

ALERTMANAGER = "/api/alertmanager/grafana/api/v2"
RULES = "/api/prometheus/grafana/api/v1/rules"
NEEDED = (
    "Grafana needs the token of a service account with the role Viewer, which has the permission alert.instances:read"
)
TOO_OLD = "Grafana before 9, or one whose unified alerting is switched off, does not have this API"
UNKNOWN_VERSION = "unknown"
MAX_VERSION = 100


class GrafanaApi:
    """The API of one organization: that of the service account, or of the header X-Grafana-Org-Id."""

    def __init__(self, access: MonitorAccess) -> None:
        """Parse the address. Raises Invalid for `url`, `api_token` or `username`."""
        headers, auth = credentials(access)
        self._source = HttpSource(access.url, headers=headers, auth=auth, access=access)

    def version(self) -> str:
        """Return the version; Grafana does not tell it if `hide_version` is set. Raises SourceError."""
        health = self._source.get_json("/api/health")
        if not isinstance(health, dict) or "database" not in health:
            raise SourceGarbled("This is not what Grafana answers: /api/health has no member database")
        version = health.get("version")
        told = self._source.words(cut(version, MAX_VERSION)) if isinstance(version, str) else ""
        return told or UNKNOWN_VERSION

    def require_alerts(self) -> None:
        """Raise SourceError unless the alerts can be read; this asks for none of them."""
        self._alerting("alerts", {"active": "false", "silenced": "false", "inhibited": "false"})

    def alerts(self) -> Any:
        """Return the alerts that fire, silenced and inhibited ones included."""
        return self._alerting("alerts", {"active": "true", "silenced": "true", "inhibited": "true"})

    def silences(self) -> Any:
        """Return the silences."""
        return self._alerting("silences")

    def rules(self) -> Any:
        """Return the alert rules; newer releases leave out their alerts."""
        return self._source.get_json(RULES, {"limit_alerts": "0"})

    def words(self, text: str) -> str:
        """Return a text of Grafana in a form that is safe for a message."""
        return self._source.words(text)

    def close(self) -> None:
        """Close the connections."""
        self._source.close()

    def _alerting(self, name: str, params: dict[str, str] | None = None) -> Any:
        try:
            return self._source.get_json(f"{ALERTMANAGER}/{name}", params)
        except SourceRefusedLogin as error:
            raise SourceRefusedLogin(f"{error}: {NEEDED}") from None
        except SourceRejected as error:
            if "HTTP 404" not in str(error):
                raise
            raise SourceRejected(f"{error}. {TOO_OLD}") from None
