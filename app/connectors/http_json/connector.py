"""Pulls hosts, items and alerts from JSON of any shape, as the mapping of the monitor says."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TypeVar

from app.connectors.base import AlertPage, Completeness, HostPage, HostRecord, ItemPage, ItemRecord, MonitorAccess
from app.connectors.http_json.api import JsonApi
from app.connectors.http_json.records import alert_report, host_record, is_firing, item_record
from app.connectors.read_only import ReadOnly
from app.errors import Invalid, SourceRejected
from app.rules.alerts.alert_reports import AlertReport
from app.rules.http_json.source_mappings import Part, SourceMapping
from app.rules.webhooks.found_values import Found

VERSION = "JSON over HTTP"
A_PAGE = 500
ITEM_HOSTS_A_PAGE = 4
"""A page of so few hosts may have any number of items."""
MAX_FAULTS = 10
NO_MAPPING = "The monitor has no mapping: say where its hosts, items and alerts are with PUT /monitors/{id}/mapping"
FEED = "The mapping says that the list of alerts is not complete"

Record = TypeVar("Record")


class HttpJsonConnector(ReadOnly):
    """A server without credentials, or with a bearer token or basic authentication."""

    def __init__(self, access: MonitorAccess) -> None:
        """Parse the address and the mapping. Raises Invalid for `url`, `api_token`, `username` or `mapping.…`."""
        try:
            self._given = SourceMapping.of(access.mapping) if access.mapping else None
        except Invalid as error:
            raise Invalid(f"mapping.{error.field}", str(error)) from None
        self._api = JsonApi(access)

    def check(self) -> str:
        """Read the first page of the first part that is mapped; the server has no version."""
        part = self._mapping.first
        read: Callable[[Found], object] = {"hosts": host_record, "items": item_record}.get(part.name, _alert)
        self._read(read, self._api.first_page(part))
        return VERSION

    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        """Yield the hosts in pages of 500; the list is read as a whole first."""
        hosts = self._hosts
        wanted = [*hosts.values()] if external_ids is None else _known(hosts, external_ids)
        for start in range(0, len(wanted), A_PAGE):
            yield HostPage(wanted[start : start + A_PAGE], len(wanted))

    def items(self, host_external_ids: Sequence[str]) -> Iterator[ItemPage]:
        """Yield the items of these hosts; the list is read once, as a whole."""
        wanted = list(dict.fromkeys(host_external_ids))
        items = self._items
        for start in range(0, len(wanted), ITEM_HOSTS_A_PAGE):
            hosts = wanted[start : start + ITEM_HOSTS_A_PAGE]
            yield ItemPage(hosts, [item for host in hosts for item in items.get(host, {}).values()])

    def item(self, host_external_id: str, external_id: str) -> ItemRecord | None:
        """Return one item, or None if the list lacks it."""
        return self._items.get(host_external_id, {}).get(external_id)

    def alerts(self) -> Iterator[AlertPage]:
        """Yield the alerts that fire in pages of 500; one that does not fit the mapping makes the pull partial."""
        part = self._mapping.alerts
        if part is None:
            return
        completeness = Completeness.COMPLETE if part.is_complete else Completeness.PARTIAL
        missing = () if part.is_complete else (FEED,)
        faults: list[Invalid] = []
        page: dict[str, AlertReport] = {}
        seen = set[str]()
        for report in self._alerts(part, faults):
            if report.external_id not in seen:
                seen.add(report.external_id)
                page[report.external_id] = report
            if len(page) == A_PAGE:
                yield AlertPage([*page.values()], completeness, missing)
                page = {}
        if faults and not seen:
            raise self._api.garbled(faults[0])
        if faults:
            said = tuple(str(self._api.garbled(fault)) for fault in faults[:MAX_FAULTS])
            yield AlertPage([*page.values()], Completeness.PARTIAL, (*missing, *said))
        else:
            yield AlertPage([*page.values()], completeness, missing)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    @property
    def _mapping(self) -> SourceMapping:
        if self._given is None:
            raise SourceRejected(NO_MAPPING)
        return self._given

    @cached_property
    def _hosts(self) -> dict[str, HostRecord]:
        part = self._mapping.hosts
        hosts: dict[str, HostRecord] = {}
        for host in self._read(host_record, self._api.records(part)) if part else ():
            hosts.setdefault(host.external_id, host)
        return hosts

    @cached_property
    def _items(self) -> dict[str, dict[str, ItemRecord]]:
        """The items by host and external id."""
        part = self._mapping.items
        items: dict[str, dict[str, ItemRecord]] = {}
        for item in self._read(item_record, self._api.records(part)) if part else ():
            items.setdefault(item.host_external_id, {}).setdefault(item.external_id, item)
        return items

    def _read(self, read: Callable[[Found], Record], found: Iterable[Found]) -> list[Record]:
        """Return the records. Raises SourceGarbled for one that does not fit: left out, it would look gone."""
        try:
            return [read(each) for each in found]
        except Invalid as fault:
            raise self._api.garbled(fault) from None

    def _alerts(self, part: Part, faults: list[Invalid]) -> Iterator[AlertReport]:
        for found in self._api.records(part):
            try:
                report = _alert(found)
            except Invalid as fault:
                faults.append(fault)
                continue
            if report is not None:
                yield report


def _alert(found: Found) -> AlertReport | None:
    return alert_report(found) if is_firing(found) else None


def _known(hosts: dict[str, HostRecord], external_ids: Sequence[str]) -> list[HostRecord]:
    return [hosts[one] for one in dict.fromkeys(external_ids) if one in hosts]
