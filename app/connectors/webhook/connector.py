"""Any system that sends its alerts: it has no address that nagare knows, so nothing can be pulled from it."""

from collections.abc import Iterator, Sequence
from typing import NoReturn

from app.connectors.base import HostPage, ItemPage, ItemRecord, MonitorAccess
from app.connectors.http.addresses import parse_url
from app.connectors.read_only import ReadOnly
from app.errors import Invalid, SourceRejected
from app.rules.alerts.alert_reports import AlertReport

CREDENTIALS = ("username", "password", "api_token")


class WebhookConnector(ReadOnly):
    """A monitor that only receives. Its URL is optional, and only for people: nagare never connects to it."""

    def __init__(self, access: MonitorAccess) -> None:
        """Raise Invalid for a URL that is none, and for credentials, which nothing would use."""
        if access.url:
            parse_url(access.url)
        for name in CREDENTIALS:
            if getattr(access, name):
                raise Invalid(name, "Leave it out: nagare never connects to a monitor of type webhook.")

    def check(self) -> str:
        """Raise SourceRejected."""
        _refuse()

    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:  # noqa: ARG002
        """Raise SourceRejected."""
        _refuse()

    def items(self, host_external_ids: Sequence[str]) -> Iterator[ItemPage]:  # noqa: ARG002
        """Raise SourceRejected."""
        _refuse()

    def item(self, host_external_id: str, external_id: str) -> ItemRecord | None:  # noqa: ARG002
        """Raise SourceRejected."""
        _refuse()

    def alerts(self) -> Iterator[Sequence[AlertReport]]:
        """Raise SourceRejected."""
        _refuse()

    def close(self) -> None:
        """Do nothing: there is no connection."""


def _refuse() -> NoReturn:
    raise SourceRejected("a monitor of type webhook only receives alerts: there is nothing to pull from it")
