"""The protocol between the services and every monitoring system: pages of frozen records."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NamedTuple, Protocol

from app.rules.alert_reports import AlertReport

MAX_NAME = 512
"""Characters of a name: what PostgreSQL's index on the hosts' names takes, whatever they are."""
MAX_TEXT = 65_535
"""Characters of any other text: as many as Zabbix keeps of a description or a value."""


@dataclass(frozen=True, slots=True)
class MonitorAccess:
    """Where a monitor is and how to sign in. Never logged: `repr` hides the secrets."""

    url: str
    username: str | None = None
    password: str | None = None
    api_token: str | None = None

    def __repr__(self) -> str:
        return "MonitorAccess(…)"


@dataclass(frozen=True, slots=True)
class HostRecord:
    """One host as its source describes it."""

    external_id: str
    name: str
    display_name: str
    description: str = ""
    ip_addr: str | None = None
    enabled: bool = True
    groups: tuple[str, ...] = ()
    error: str | None = None
    """The source's own words on why it cannot read the host; None when it can."""


class ItemRecord(NamedTuple):
    """One item (metric) as its source describes it. There may be millions: a data class takes twice as long to make."""

    host_external_id: str
    external_id: str
    name: str
    key: str
    value: str | None = None
    """The last value in the source's own notation; None when there is none yet."""
    value_type: str = ""
    units: str = ""
    description: str = ""
    interval: str = ""
    """The update interval in the source's own notation, for example `1m`."""
    enabled: bool = True
    value_at: datetime | None = None
    error: str | None = None
    """The source's own words on why it cannot read the item; None when it can."""


@dataclass(frozen=True, slots=True)
class HostPage:
    """Some of a source's hosts, and how many there are in all."""

    records: Sequence[HostRecord]
    total: int


@dataclass(frozen=True, slots=True)
class ItemPage:
    """All items of some hosts: an item of those hosts that is not in `records` is gone at the source."""

    host_external_ids: Sequence[str]
    records: Sequence[ItemRecord]


@dataclass(frozen=True, slots=True)
class HostEdit:
    """What nagare writes of a host to its source."""

    name: str
    display_name: str
    description: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class ItemEdit:
    """What nagare writes of an item to its source."""

    name: str
    description: str
    enabled: bool
    interval: str
    units: str


@dataclass(frozen=True, slots=True)
class NewHost:
    """A host that nagare makes at its source."""

    edit: HostEdit
    ip_addr: str | None
    """An address or a name by which the source reaches it; None for a host that nobody asks anything."""
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item that nagare makes at its source."""

    edit: ItemEdit
    key: str
    value_type: str


class Connector(Protocol):
    """A signed-in conversation with one monitor.

    Built for one use (a task, a request) and closed after it. Every method raises a `SourceError`
    whose `retryable` is true when asking again can help, and nothing else.
    """

    writable: ClassVar[bool]
    """Whether the methods that create and update can work at all."""

    def __init__(self, access: MonitorAccess) -> None:
        """Take the address apart; nothing is sent yet.

        Raises `Invalid` naming the field when the address or the credentials cannot be right.
        """

    def check(self) -> str:
        """Sign in and return the source's version."""
        ...

    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        """Yield the source's hosts page by page; with `external_ids` only those that it still has."""
        ...

    def items(self, host_external_ids: Sequence[str]) -> Iterator[ItemPage]:
        """Yield the items of these hosts with their values; each host is whole within one page.

        A host that the source no longer has comes in a page without records of it.
        """
        ...

    def item(self, host_external_id: str, external_id: str) -> ItemRecord | None:
        """Return one item with its value, or None when the source no longer has it."""
        ...

    def alerts(self) -> Iterator[Sequence[AlertReport]]:
        """Yield the alerts that fire now, page by page, each with `is_firing`; what does not come has ended."""
        ...

    def acknowledge_alert(self, external_id: str, comment: str) -> None:
        """Tell the source that somebody looks after an alert; said again, or too late, it changes nothing there."""

    def update_host(self, external_id: str, edit: HostEdit) -> None:
        """Write a host's editable fields to the source."""

    def update_item(self, external_id: str, edit: ItemEdit) -> None:
        """Write an item's editable fields to the source."""

    def create_host(self, host: NewHost) -> str:
        """Make a host and return its external id; called again after an answer that got lost it returns the same.

        Raises SourceConflict when the source has another host of that name.
        """
        ...

    def create_item(self, host_external_id: str, item: NewItem) -> str:
        """Make an item and return its external id, by the same rules: its key is its name on its host."""
        ...

    def close(self) -> None:
        """End the conversation: sign out where a session was opened, free the connections."""
