"""Pulls from Netdata: the agent and its children are hosts, dimensions of charts items, raised alarms alerts."""

from collections.abc import Iterator, Sequence

from app.connectors.answers import in_parallel
from app.connectors.base import AlertPage, Completeness, HostPage, HostRecord, ItemPage, ItemRecord, MonitorAccess
from app.connectors.netdata.alarms import RAISED, NodeAlarms, read_raised, read_statuses, undecided
from app.connectors.netdata.api import NetdataApi
from app.connectors.netdata.charts import read_items
from app.connectors.netdata.nodes import OFFLINE, Node, host_record, read_version
from app.connectors.read_only import ReadOnly
from app.errors import SourceError, SourceFailing, SourceGarbled, SourceRejected

HOSTS_A_PAGE = 500
ITEM_HOSTS_A_PAGE = 4
"""A page of so few hosts may have any number of items."""
MAX_DESCRIBED = 500
"""Nodes of one server. What Netdata says of each repeats the list of all: for 10,000 nodes, that would be 15 GB."""
REQUESTS_IN_FLIGHT = 4
"""Netdata has as many threads for its API as cores, at most six, and they serve its users too."""
NODE_ERRORS = (SourceRejected, SourceGarbled)
"""What can be wrong with one node of a parent."""


class NodeOffline(SourceFailing):
    """The parent has no charts of a node that is not connected to it."""


class NetdataConnector(ReadOnly):
    """An agent or a parent, without credentials or with a bearer token or basic authentication in front of it."""

    def __init__(self, access: MonitorAccess) -> None:
        """Parse the address. Raises Invalid for `url`, `api_token` or `username`."""
        self._api = NetdataApi(access)

    def check(self) -> str:
        """Return Netdata's version."""
        self._api.nodes  # noqa: B018 - a server that has no nodes is no Netdata
        return self._api.words(read_version(self._api.info))

    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        """Yield the nodes in pages of 500, by external id, with the labels and facts that each says of itself."""
        nodes = self._api.nodes
        asked = sorted(nodes) if external_ids is None else dict.fromkeys(external_ids)
        wanted = [nodes[one] for one in asked if one in nodes]
        page: list[HostRecord] = []
        for record in in_parallel(self._host, wanted, REQUESTS_IN_FLIGHT):
            page.append(record)
            if len(page) == HOSTS_A_PAGE:
                yield HostPage(page, len(wanted))
                page = []
        if page:
            yield HostPage(page, len(wanted))

    def items(self, host_external_ids: Sequence[str]) -> Iterator[ItemPage]:
        """Yield the dimensions of these nodes' charts with their last values."""
        wanted = list(dict.fromkeys(host_external_ids))
        self._api.nodes  # noqa: B018 - requested once, before the threads need it
        pages = (wanted[start : start + ITEM_HOSTS_A_PAGE] for start in range(0, len(wanted), ITEM_HOSTS_A_PAGE))
        yield from in_parallel(self._item_page, pages, REQUESTS_IN_FLIGHT)

    def item(self, host_external_id: str, external_id: str) -> ItemRecord | None:
        """Return one dimension, or None if the node or the dimension no longer exists."""
        node = self._api.nodes.get(host_external_id)
        items = self._items(node) if node else []
        return next((item for item in items if item.external_id == external_id), None)

    def alerts(self) -> Iterator[AlertPage]:
        """Yield the raised alarms of each node; the pull is partial if a node's alarms cannot be read."""
        nodes = list(self._api.nodes.values())
        failures = 0
        for node, found in zip(nodes, in_parallel(self._alarms, nodes, REQUESTS_IN_FLIGHT), strict=True):
            if found.error is not None:
                failures += 1
                if failures == len(nodes):
                    raise found.error
                missing = f"The alarms of {self._api.words(node.name)} could not be read: {found.error}"
                yield AlertPage([], Completeness.PARTIAL, (missing,))
            elif not found.is_evaluated:
                yield from _pages(
                    found, Completeness.DOUBTFUL, f"{self._api.words(node.name)} has evaluated no alarm yet"
                )
            elif found.reports or found.still_open:
                yield from _pages(found)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _host(self, node: Node) -> HostRecord:
        if len(self._api.nodes) > MAX_DESCRIBED:
            return host_record(node, None)
        try:
            return host_record(node, self._api.of_node(node, "info"))
        except NODE_ERRORS as error:
            # The parent lists it, so it exists; only what it says of itself is missing.
            return host_record(node, None, f"Netdata could not describe the node: {error}")

    def _item_page(self, external_ids: Sequence[str]) -> ItemPage:
        records: list[ItemRecord] = []
        unreadable: dict[str, SourceError] = {}
        for node in (self._api.nodes[one] for one in external_ids if one in self._api.nodes):
            try:
                records += self._items(node)
            except (*NODE_ERRORS, NodeOffline) as error:
                unreadable[node.external_id] = error
        return ItemPage(external_ids, records, unreadable)

    def _items(self, node: Node) -> list[ItemRecord]:
        items = read_items(self._api.of_node(node, "allmetrics", {"format": "json"}), node)
        if not items and not node.is_connected:
            # A parent forgets the charts of a node that is gone; they are not gone from the node.
            raise NodeOffline(OFFLINE)
        return items

    def _alarms(self, node: Node) -> NodeAlarms:
        try:
            statuses = read_statuses(self._api.of_node(node, "alarms_values", {"all": "true"}))
            is_raised = any(status in RAISED for status in statuses.values())
            answer = self._api.of_node(node, "alarms", {"active": "true"}) if is_raised else {"alarms": {}}
            return NodeAlarms(read_raised(answer, node, self._api.url), undecided(statuses, node), bool(statuses))
        except NODE_ERRORS as error:
            return NodeAlarms(error=error)


def _pages(found: NodeAlarms, completeness: Completeness = Completeness.COMPLETE, *missing: str) -> Iterator[AlertPage]:
    size = HOSTS_A_PAGE
    yield AlertPage(found.reports[:size], completeness, missing, found.still_open)
    for start in range(size, len(found.reports), size):
        yield AlertPage(found.reports[start : start + size])
