"""The protocol between the services and the monitoring systems: pages of frozen records."""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple, Protocol, Self, runtime_checkable
from urllib.parse import unquote

from app.errors import SourceError
from app.rules.alerts.alert_reports import AlertReport

MAX_NAME = 512
"""Maximum characters of a name: what PostgreSQL's index on host names can hold for any characters."""
MAX_TEXT = 65_535
"""Maximum characters of any other text: the limit of Zabbix for a description or value."""


@dataclass(frozen=True, slots=True)
class MonitorAccess:
    """The address of a monitor and its credentials. Never logged: `repr` hides the secrets."""

    url: str
    username: str | None = None
    password: str | None = None
    api_token: str | None = None
    alertmanager_urls: Sequence[str] = ()
    """The Alertmanagers that a Prometheus sends to, for its silences and inhibitions."""
    ca_pem: str | None = None
    """Certificate authorities to trust instead of the system's."""
    verify: bool = True
    """Whether to check the server's certificate."""
    client_cert_pem: str | None = None
    client_key_pem: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Additional headers of each request."""
    http_username: str | None = None
    http_password: str | None = None
    """HTTP basic authentication in front of the system's own sign-in."""
    proxy_url: str | None = None
    timeout_s: float | None = None
    """How long one request may take; None for the default."""
    mapping: Mapping[str, Any] | None = None
    """How the answers of a source without a format of its own are read."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return all that no message may repeat."""
        given = (self.password, self.api_token, self.client_key_pem, self.http_password, *_secrets_of(self.proxy_url))
        return tuple(filter(None, (*given, *self.headers.values())))

    def __repr__(self) -> str:
        return "MonitorAccess(…)"


def _secrets_of(proxy_url: str | None) -> tuple[str, ...]:
    """Return the password in a proxy's address, and what is sent of it; the rest of the address is no secret."""
    userinfo, _, _ = (proxy_url or "").rpartition("@")
    login = userinfo.rpartition("/")[2]
    password = login.partition(":")[2]
    return (
        (unquote(password), password, b64encode(unquote(login).encode(errors="replace")).decode()) if password else ()
    )


@dataclass(frozen=True, slots=True)
class HostRecord:
    """A host as its source describes it."""

    external_id: str
    name: str
    display_name: str
    description: str = ""
    ip_addr: str | None = None
    enabled: bool = True
    groups: tuple[str, ...] = ()
    error: str | None = None
    """The source's explanation why it cannot read the host; None if it can."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What the source says about it by name and value: a target's labels, a host's tags."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What else the source says, as JSON: `interfaces`, `templates`, `inventory`, `maintenance`."""


class ItemRecord(NamedTuple):
    """An item (metric) as its source describes it. There may be millions; a data class is twice as slow to create."""

    host_external_id: str
    external_id: str
    name: str
    key: str
    value: str | None = None
    """The last value in the source's notation; None if there is none yet."""
    value_type: str = ""
    units: str = ""
    description: str = ""
    interval: str = ""
    """The update interval in the source's notation, for example `1m`."""
    enabled: bool = True
    value_at: datetime | None = None
    error: str | None = None
    """The source's explanation why it cannot read the item; None if it can."""
    value_text: str | None = None
    """The value as the source shows it to people, by a value map: `Down (0)`; None if it shows the value itself."""
    raw_name: str | None = None
    """The name as it is written at the source, if its macros make another one of it."""


@dataclass(frozen=True, slots=True)
class HostPage:
    """Some of a source's hosts, and the total number of hosts."""

    records: Sequence[HostRecord]
    total: int
    is_partial: bool = False
    """Whether the source said that hosts may be missing: then none that it lacks is gone."""


@dataclass(frozen=True, slots=True)
class ItemPage:
    """All items of some hosts: any other item of those hosts no longer exists at the source."""

    host_external_ids: Sequence[str]
    records: Sequence[ItemRecord]
    unreadable: Mapping[str, SourceError] = field(default_factory=dict)
    """Hosts whose items could not be read, by external id, and why: nothing is known about their items."""
    continues: bool = False
    """Whether the next page has more items of the same host, the only one of this page."""
    is_partial: bool = False
    """Whether the source said that items may be missing: then none that it lacks is gone."""


class Completeness(StrEnum):
    """Whether the absence of an alert from a pull means that it is over."""

    COMPLETE = "complete"
    DOUBTFUL = "doubtful"
    """The source could not tell whether it saw everything: only absence from two such pulls in a row counts."""
    PARTIAL = "partial"
    """The source said that something is missing, or has just started: absence means nothing."""


def worst_of(found: Iterable[Completeness]) -> Completeness:
    """Return the completeness of a whole whose parts have these, of which there is at least one."""
    return max(found, key=list(Completeness).index)


@dataclass(frozen=True, slots=True)
class AlertPage:
    """Some of the alerts that fire at a source, and what it could not say."""

    records: Sequence[AlertReport]
    completeness: Completeness = Completeness.COMPLETE
    """The worst one of a pull's pages counts for all of them."""
    missing: Sequence[str] = ()
    """What the source could not say, each a sentence for people."""
    still_open: Sequence[str] = ()
    """External ids of alerts that do not fire at the moment, but are not over either."""
    undecided_names: Sequence[str] = ()
    """Names (labels `alertname`) of alerts that the source could not evaluate: their absence means nothing."""


def alert_page(yielded: Sequence[AlertReport] | AlertPage) -> AlertPage:
    """Return what `Connector.alerts` yielded as a page."""
    return yielded if isinstance(yielded, AlertPage) else AlertPage(yielded)


@dataclass(frozen=True, slots=True)
class HostEdit:
    """The fields of a host that nagare writes to its source."""

    name: str
    display_name: str
    description: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class ItemEdit:
    """The fields of an item that nagare writes to its source."""

    name: str
    description: str
    enabled: bool
    interval: str
    units: str


@dataclass(frozen=True, slots=True)
class NewHost:
    """A host for nagare to create at its source."""

    edit: HostEdit
    ip_addr: str | None
    """The address or name by which the source reaches it; None for a host that the source does not poll."""
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item for nagare to create at its source."""

    edit: ItemEdit
    key: str
    value_type: str


@dataclass(frozen=True, slots=True)
class PastValue:
    """What an item's values were at a time: one value, or those of the hour that begins then."""

    at: datetime
    count: int
    lowest: float
    highest: float
    mean: float
    last: float

    @classmethod
    def single(cls, at: datetime, value: float) -> Self:
        """Return one value."""
        return cls(at, 1, value, value, value, value)


@runtime_checkable
class HasHistory(Protocol):
    """A connector whose source keeps the values of items; a connector need not be one."""

    def history(
        self,
        host_external_id: str,
        external_id: str,
        value_type: str,
        after: datetime,
        before: datetime,
        *,
        by_hour: bool,
    ) -> Iterator[Sequence[PastValue]]:
        """Yield an item's numbers between two times page by page, the oldest first: each value, or each hour summed up.

        An item that no longer exists, or has no numbers, yields nothing.
        """
        ...


class Connector(Protocol):
    """A signed-in session with one monitor.

    Created for one use (a task, a request) and closed after it. Every method raises a `SourceError`, with `retryable`
    true if a retry can help, and nothing else.
    """

    writable: ClassVar[bool]
    """Whether the methods that create and update are supported.

    A class whose hosts are read-only, but whose alerts can be acknowledged, says that by `acknowledges = True`.
    """

    def __init__(self, access: MonitorAccess) -> None:
        """Parse the address; this sends nothing.

        Raises `Invalid` naming the field if the address or the credentials are wrong.
        """

    def check(self) -> str:
        """Sign in and return the source's version."""
        ...

    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        """Yield the source's hosts page by page; with `external_ids`, those of them that still exist."""
        ...

    def items(self, host_external_ids: Sequence[str]) -> Iterator[ItemPage]:
        """Yield the items of these hosts with their values; all items of a host are in one page, or in pages in a row.

        A host that no longer exists at the source comes in a page without records for it.
        """
        ...

    def item(self, host_external_id: str, external_id: str) -> ItemRecord | None:
        """Return one item with its value, or None if it no longer exists at the source."""
        ...

    def alerts(self) -> Iterator[Sequence[AlertReport] | AlertPage]:
        """Yield the alerts that fire now, page by page, each with `is_firing`.

        All others have ended, unless a page says that the source may not have seen everything.
        """
        ...

    def acknowledge_alert(self, external_id: str, comment: str) -> None:
        """Acknowledge an alert at the source; repeated or too late, this changes nothing there."""

    def update_host(self, external_id: str, edit: HostEdit) -> None:
        """Write a host's editable fields to the source."""

    def update_item(self, external_id: str, edit: ItemEdit) -> None:
        """Write an item's editable fields to the source."""

    def create_host(self, host: NewHost) -> str:
        """Create a host and return its external id; a repeated call after a lost response returns the same id.

        Raises SourceConflict if the source has another host with that name.
        """
        ...

    def create_item(self, host_external_id: str, item: NewItem) -> str:
        """Create an item and return its external id, by the same rules; the key identifies the item on its host."""
        ...

    def close(self) -> None:
        """Sign out if a session was opened, and close the connections."""
