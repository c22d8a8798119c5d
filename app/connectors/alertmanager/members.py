"""The Alertmanagers of one cluster, of which one speaks for all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from app import clock
from app.connectors.alertmanager.records import read_start, read_version
from app.connectors.base import MonitorAccess
from app.connectors.http.client import HttpSource
from app.connectors.http.credentials import credentials
from app.connectors.prometheus.alertmanagers import alertmanager_source
from app.errors import SourceError

JUST_STARTED = timedelta(minutes=5)
"""So long after a start, alerts may be missing, because it keeps none over a restart.

It is Alertmanager's default `resolve_timeout`, within which senders have to repeat their alerts.
"""
STATUS = "/api/v2/status"


@dataclass(frozen=True, slots=True)
class Speaker:
    """The member that speaks for its cluster."""

    source: HttpSource
    version: str
    started_at: datetime | None
    """None if it does not say."""

    @property
    def has_just_started(self) -> bool:
        """Whether its senders may not have repeated their alerts since its start."""
        return self.started_at is not None and clock.now() - self.started_at < JUST_STARTED

    def again(self) -> "Speaker":
        """Return what it says of itself now. Raises SourceError."""
        return _ask(self.source)


class Members:
    """The monitor's Alertmanager and its peers."""

    def __init__(self, access: MonitorAccess) -> None:
        """Parse the addresses. Raises Invalid for `url`, `api_token`, `username` or `alertmanager_urls`.

        A peer gets the monitor's credentials only at the same scheme, host and port.
        """
        headers, auth = credentials(access)
        own = HttpSource(access.url, headers=headers, auth=auth, access=access)
        self._sources: Sequence[HttpSource] = [
            own,
            *(alertmanager_source(access, url) for url in access.alertmanager_urls),
        ]

    @cached_property
    def speaker(self) -> Speaker:
        """The first member that answers and has not just started; without one, the first that answers.

        Raises the SourceError of the first member if none answers.
        """
        young, failures = list[Speaker](), list[SourceError]()
        for source in self._sources:
            try:
                member = _ask(source)
            except SourceError as error:
                failures.append(error)
                continue
            if not member.has_just_started:
                return member
            young.append(member)
        if young:
            return young[0]
        raise failures[0]

    def close(self) -> None:
        """Close the connections."""
        for source in self._sources:
            source.close()


def _ask(source: HttpSource) -> Speaker:
    status = source.get_json(STATUS)
    return Speaker(source, source.words(read_version(status)), read_start(status))
