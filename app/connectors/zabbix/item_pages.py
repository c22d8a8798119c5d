"""Reads pages of items with their values: never binary ones, and hosts one by one where a page is too much."""

import threading
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from app.connectors.base import ItemPage, ItemRecord
from app.connectors.http.client import HttpLimits
from app.connectors.zabbix.item_records import ITEM_FIELDS, VALUE_FIELDS, item_record
from app.connectors.zabbix.records import Row, identity, is_identity, number, rows
from app.connectors.zabbix.rpc import ZabbixRpc
from app.connectors.zabbix.value_maps import ValueMaps
from app.errors import SourceError, SourceFailing, SourceGarbled

HOSTS_A_COUNT = 500
"""The number of hosts per request that counts their items."""
HOSTS_A_PAGE = 25
"""The number of hosts per request for items.

A call costs Zabbix as much as 300 items do, whatever it requests; with larger pages, too much is left to be written
after the last one arrives.
"""
ITEMS_A_PAGE = 2_500
"""Keeps a response at a few MB, and below PHP's memory limit if 25 hosts are large switches."""
PAGE_LIMITS = HttpLimits(max_bytes=16 * 2**20)
"""Several pages arrive at a time. A single host's items may be larger, one host at a time."""
NUMBERS_AND_NAMES = ["0", "1", "3"]
TEXTS = ["2", "4"]
"""Types of values that have up to 64 KB each."""
LARGE = ["5", "6", "7", "8", "9"]
"""Binary values (16 MB each) and types of later releases: they are never requested."""
LARGE_SINCE = (7, 0)


class Page(NamedTuple):
    """Hosts whose items are read with one request, and those of them that have items with large values."""

    host_ids: Sequence[str]
    large: Collection[str]


class ItemPages:
    """Reads the items of hosts of one Zabbix. Threads may share it."""

    def __init__(self, rpc: ZabbixRpc) -> None:
        self._rpc = rpc
        self._value_maps = ValueMaps(rpc)
        self._one_host = threading.Lock()

    def plan(self, host_ids: Sequence[str]) -> Iterator[Page]:
        """Split the hosts into pages of at most 25 hosts and 2,500 items, unless a single host has more."""
        for start in range(0, len(host_ids), HOSTS_A_COUNT):
            chunk = host_ids[start : start + HOSTS_A_COUNT]
            asked = [one for one in chunk if is_identity(one)]
            counts, large = self._counts(asked), self._hosts_with_large(asked)
            page: list[str] = []
            size = 0
            for host_id in chunk:
                size += counts.get(host_id, 0)
                if page and (len(page) == HOSTS_A_PAGE or size > ITEMS_A_PAGE):
                    yield Page(page, large.intersection(page))
                    page, size = [], counts.get(host_id, 0)
                page.append(host_id)
            yield Page(page, large.intersection(page))

    def read(self, page: Page) -> ItemPage:
        """Return a page's items. Hosts whose answer is too large or garbled are `unreadable`; others are read."""
        asked = [one for one in page.host_ids if is_identity(one)]
        if not asked:
            return ItemPage(page.host_ids, [])
        try:
            return ItemPage(page.host_ids, self._read(asked, bool(page.large), PAGE_LIMITS))
        except (SourceGarbled, SourceFailing):
            with self._one_host:
                return self._one_by_one(page, asked)

    def item(self, host_id: str, item_id: str) -> ItemRecord | None:
        """Return one item of a host; None if it does not exist."""
        records = self._read([host_id], self._rpc.is_at_least(*LARGE_SINCE), None, item_id)
        return next(iter(records), None)

    def _counts(self, asked: Sequence[str]) -> dict[str, int]:
        query = {"hostids": asked, "output": ["hostid"], "selectItems": "count"}
        counted = rows(self._rpc.call("host.get", query)) if asked else []
        return {identity(row, "hostid"): number(row, "items") for row in counted}

    def _hosts_with_large(self, asked: Sequence[str]) -> set[str]:
        if not asked or not self._rpc.is_at_least(*LARGE_SINCE):
            return set()
        query = {"hostids": asked, "output": ["hostid"], "filter": {"value_type": LARGE}}
        return {identity(row, "hostid") for row in rows(self._rpc.call("item.get", query))}

    def _one_by_one(self, page: Page, asked: Sequence[str]) -> ItemPage:
        records: list[ItemRecord] = []
        unreadable: dict[str, SourceError] = {}
        for host_id in asked:
            try:
                records += self._host(host_id, host_id in page.large)
            except (SourceGarbled, SourceFailing) as error:
                unreadable[host_id] = error
                # The first two of a page, or its only one: it is Zabbix that fails, not a host.
                if isinstance(error, SourceFailing) and [*unreadable] == asked[:2]:
                    raise
        return ItemPage(page.host_ids, records, unreadable)

    def _host(self, host_id: str, has_large: bool) -> list[ItemRecord]:
        try:
            return self._read([host_id], has_large, None)
        except (SourceGarbled, SourceFailing):
            return self._read([host_id], True, None, with_texts=False)

    def _read(
        self,
        asked: Sequence[str],
        has_large: bool,
        limits: HttpLimits | None,
        item_id: str | None = None,
        with_texts: bool = True,
    ) -> list[ItemRecord]:
        query: dict[str, Any] = {"hostids": asked, "webitems": True, "output": self._fields}
        if item_id is not None:
            query["itemids"] = [item_id]
        if not has_large:
            return self._records(rows(self._rpc.call("item.get", query, limits)), asked)
        valued = [*NUMBERS_AND_NAMES, *(TEXTS if with_texts else [])]
        found = rows(self._rpc.call("item.get", {**query, "filter": {"value_type": valued}}, limits))
        query["output"] = [field for field in self._fields if field not in VALUE_FIELDS]
        others = [*LARGE, *([] if with_texts else TEXTS)]
        found += rows(self._rpc.call("item.get", {**query, "filter": {"value_type": others}}, limits))
        return self._records(found, asked, frozenset(others))

    @property
    def _fields(self) -> list[str]:
        return [*ITEM_FIELDS, "name_resolved"] if self._rpc.is_at_least(7, 0) else ITEM_FIELDS

    def _records(
        self, found: Sequence[Row], asked: Sequence[str], unread_types: Collection[str] = ()
    ) -> list[ItemRecord]:
        mapped = {identity(row, "valuemapid") for row in found if "valuemapid" in row}
        value_maps = self._value_maps.load(mapped)
        records = {
            record.external_id: record for record in (item_record(row, value_maps, unread_types) for row in found)
        }
        if not {record.host_external_id for record in records.values()} <= set(asked):
            raise SourceGarbled("Zabbix returned items of hosts that were not requested")
        return [*records.values()]
