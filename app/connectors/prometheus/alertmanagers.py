"""Asks a Prometheus's Alertmanagers which of its alerts they keep quiet."""

from dataclasses import replace

from app.connectors.base import MonitorAccess
from app.connectors.http.client import HttpLimits, HttpSource
from app.connectors.http.credentials import credentials
from app.connectors.prometheus.silences import KnownQuiet, read_known_quiet
from app.errors import Invalid, SourceError, SourceRejected

LIMITS = HttpLimits(connect_s=5, read_s=20, total_s=30)
"""One that does not answer must not use up the time of the pull."""
EVERY_STATE = {"active": "true", "silenced": "true", "inhibited": "true", "unprocessed": "true"}


class Alertmanagers:
    """Some Alertmanagers with the same silences; the first one that answers speaks for all."""

    def __init__(self, access: MonitorAccess) -> None:
        """Parse their addresses. Raises Invalid for `alertmanager_urls`.

        The monitor's credentials are sent only to an Alertmanager at the same scheme, host and port: to any other
        server they would be given away.
        """
        self._sources = [alertmanager_source(access, url) for url in access.alertmanager_urls]
        self.is_any = bool(self._sources)

    def ask(self) -> tuple[KnownQuiet | None, str]:
        """Return what the first one that answers knows; if none answers, None and a sentence that says why."""
        failures = []
        for source in self._sources:
            try:
                alerts = source.get_json("/api/v2/alerts", EVERY_STATE)
                return read_known_quiet(alerts, source.get_json("/api/v2/silences")), ""
            except SourceError as error:
                failures.append(f"{source.host}: {error}")
        return None, f"No Alertmanager could be asked what it silences. {'; '.join(failures)}"

    def speaker(self) -> HttpSource:
        """Return the first one that answers. Raises SourceRejected without any, and the first one's SourceError."""
        failures = list[SourceError]()
        for source in self._sources:
            try:
                source.get_json("/api/v2/status")
            except SourceError as error:
                failures.append(error)
            else:
                return source
        raise failures[0] if failures else SourceRejected("This monitor has no alertmanager_urls: give it one")

    def close(self) -> None:
        """Close the connections."""
        for source in self._sources:
            source.close()


def alertmanager_source(access: MonitorAccess, url: str) -> HttpSource:
    """Return the client of one of a monitor's `alertmanager_urls`, with credentials only if it is the same server.

    Raises Invalid for `alertmanager_urls`.
    """
    try:
        source = HttpSource(url, limits=LIMITS, access=_without_credentials(access))
    except Invalid as error:
        raise Invalid("alertmanager_urls", str(error)) from None
    if source.origin != HttpSource(access.url).origin:
        return source
    headers, auth = credentials(access)
    return HttpSource(url, headers=headers, auth=auth, limits=LIMITS, access=access)


def _without_credentials(access: MonitorAccess) -> MonitorAccess:
    """Return how another server of the same network is reached."""
    return replace(access, headers={}, http_username=None, http_password=None)
