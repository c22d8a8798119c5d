"""Requests to the API of a Netdata agent or parent, which answers for itself and for its children."""

from collections.abc import Mapping
from functools import cached_property
from urllib.parse import quote

from app.connectors.base import MonitorAccess
from app.connectors.http.client import HttpSource
from app.connectors.http.credentials import credentials
from app.connectors.netdata.nodes import Node, read_nodes


class NetdataApi:
    """The API of one server; the list of its nodes is requested once. Threads may share it."""

    def __init__(self, access: MonitorAccess) -> None:
        """Parse the address. Raises Invalid for `url`, `api_token` or `username` if it is wrong."""
        headers, auth = credentials(access)
        self.url = access.url.rstrip("/")
        self._source = HttpSource(access.url, headers=headers, auth=auth, access=access)
        self.words = self._source.words
        self.close = self._source.close

    @cached_property
    def info(self) -> object:
        """What the server says of itself and of its nodes."""
        return self._source.get_json("/api/v1/info")

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes by external id. Raises SourceGarbled."""
        return read_nodes(self.info)

    def of_node(self, node: Node, path: str, params: Mapping[str, str] | None = None) -> object:
        """Return an answer about one node."""
        return self._source.get_json(f"/host/{quote(node.external_id, safe='')}/api/v1/{path}", params)
