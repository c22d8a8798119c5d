"""Asks a status board for its hosts, items and alerts, page by page."""

from collections.abc import Iterator, Sequence
from typing import Any

from app.connectors.sdk import (
    AlertReport,
    HostPage,
    HttpLimits,
    HttpSource,
    Invalid,
    ItemPage,
    ItemRecord,
    MonitorAccess,
    ReadOnly,
    SourceGarbled,
)
from nagare_connector_example.records import alert_report, host_record, item_record, member, rows

LIMITS = HttpLimits(connect_s=3, read_s=5, total_s=10)
"""A board answers from memory: who waits longer waits in vain."""
HOSTS_A_PAGE = 200
ITEM_HOSTS_A_PAGE = 50
ALERTS_A_PAGE = 500


class StatusBoardConnector(ReadOnly):
    """A conversation with one status board. Its ids are the board's; an API token signs in."""

    def __init__(self, access: MonitorAccess) -> None:
        """Take the address apart; nothing is sent yet. Raises Invalid when it or the token cannot be right."""
        if not access.api_token:
            raise Invalid("api_token", "A status board needs an API token.")
        headers = {"Authorization": f"Bearer {access.api_token}"}
        self._source = HttpSource(access.url, headers=headers, limits=LIMITS)

    def check(self) -> str:
        """Return the board's version; the board asks for the token here too."""
        return self._source.words(member(self._source.get_json("/api/version"), "version", str))

    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        """Yield the hosts in pages of 200; with `external_ids` those of them that the board has."""
        return self._all_hosts() if external_ids is None else self._some_hosts(external_ids)

    def items(self, host_external_ids: Sequence[str]) -> Iterator[ItemPage]:
        """Yield the items of these hosts, 50 hosts a page."""
        for page in _pages(_distinct(host_external_ids), ITEM_HOSTS_A_PAGE):
            records = self._items({"host": page})
            if not {record.host_external_id for record in records} <= {*page}:
                raise SourceGarbled("The board answered items of hosts that it was not asked for")
            yield ItemPage(page, records)

    def item(self, host_external_id: str, external_id: str) -> ItemRecord | None:
        """Return one item, or None when the board no longer has it."""
        found = self._items({"host": [host_external_id], "id": [external_id]})
        wanted = (host_external_id, external_id)
        return next((record for record in found if (record.host_external_id, record.external_id) == wanted), None)

    def alerts(self) -> Iterator[Sequence[AlertReport]]:
        """Yield what fires now in pages of 500."""
        answer = self._source.get_json("/api/alerts")
        reports = {report.external_id: report for report in map(alert_report, rows(answer, "alerts"))}
        yield from _pages([*reports.values()], ALERTS_A_PAGE)

    def close(self) -> None:
        """Free the connections."""
        self._source.close()

    def _all_hosts(self) -> Iterator[HostPage]:
        seen: set[str] = set()
        after = ""
        while True:
            answer = self._source.get_json("/api/hosts", {"limit": str(HOSTS_A_PAGE), "after": after})
            page = _host_page(answer)
            ids = {record.external_id for record in page.records}
            if ids & seen:
                # A board that sends the same page again and again would be asked for ever.
                raise SourceGarbled("The board answered the same hosts twice")
            seen |= ids
            if page.records:
                yield page
            if len(page.records) < HOSTS_A_PAGE:
                return
            after = page.records[-1].external_id

    def _some_hosts(self, external_ids: Sequence[str]) -> Iterator[HostPage]:
        for wanted in _pages(_distinct(external_ids), HOSTS_A_PAGE):
            page = _host_page(self._source.get_json("/api/hosts", {"id": wanted}))
            if not {record.external_id for record in page.records} <= {*wanted}:
                raise SourceGarbled("The board answered hosts that it was not asked for")
            if page.records:
                yield page

    def _items(self, params: dict[str, Sequence[str]]) -> list[ItemRecord]:
        answer = self._source.get_json("/api/items", params)
        records = map(item_record, rows(answer, "items"))
        return [*{(record.host_external_id, record.external_id): record for record in records}.values()]


def _host_page(answer: Any) -> HostPage:
    records = {record.external_id: record for record in map(host_record, rows(answer, "hosts"))}
    if len(records) > HOSTS_A_PAGE:
        raise SourceGarbled("The board answered more hosts than it was asked for")
    return HostPage([*records.values()], total=max(member(answer, "total", int), len(records)))


def _distinct(ids: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(ids))


def _pages(records: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (records[start : start + size] for start in range(0, len(records), size))
