"""Finds the server to connect to; Sentinels and Cluster nodes are asked before each connection."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from redis import Connection, Sentinel, SSLConnection
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.exceptions import (
    AskError,
    AuthenticationError,
    ClusterDownError,
    MovedError,
    ReadOnlyError,
    RedisError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry
from redis.sentinel import MasterNotFoundError

from app import clock
from app.queue.keys import PLAIN, TAG, TAGGED, Keys
from app.queue.redis_errors import DESCRIPTIVE, DescriptiveConnection, DescriptiveSSLConnection
from app.urls.redis import Topology, parse_redis_url
from app.urls.syntax import Node

ASK_TIMEOUT_S = 0.5
"""How long a Sentinel or a Cluster node may take to connect, and to reply."""
SEARCH_S = 1.5
"""How long a search may ask further nodes; the next one starts with those that replied."""
SLOT = key_slot(TAG.encode())
"""The hash slot of all our keys (Redis Cluster specification: CRC16 of the text in braces, modulo 16,384)."""


class Finder(Protocol):
    """Finds the server to connect to."""

    def servers(self) -> Iterator[Node]:
        """Yield the known server, then what others report if it differs. Raises Redis's ConnectionError."""

    def hear(self, server: Node) -> None:
        """Accept a server's redirection to the right server."""

    def doubt(self, server: Node) -> None:
        """Ask others first the next time: this server cannot say."""


@dataclass(frozen=True, slots=True)
class RedisServer:
    """Options of a connection pool to Redis, and the names of the keys there."""

    options: dict[str, Any] = field(repr=False)
    keys: Keys


def find_server(url: str, sentinel_master: str = "", sentinel_password: str = "") -> RedisServer:
    """Return the server that an address names; nothing connects yet. Raises ValueError."""
    address = parse_redis_url(url)
    options: dict[str, Any] = dict(address.options)
    plain_class = options.get("connection_class", Connection)
    if address.topology is Topology.SERVER:
        return RedisServer(options | {"connection_class": DESCRIPTIVE[plain_class]}, PLAIN)
    options["connection_class"] = FoundSSLConnection if plain_class is SSLConnection else FoundConnection
    if address.topology is Topology.CLUSTER:
        of_pool = ("host", "port", "connection_class", "max_connections")
        to_ask = {name: value for name, value in options.items() if name not in of_pool}
        return RedisServer(options | {"finder": SlotOwner(address.nodes, DESCRIPTIVE[plain_class], to_ask)}, TAGGED)
    return RedisServer(options | {"finder": SentinelMaster(address.nodes, sentinel_master, sentinel_password)}, PLAIN)


class ServerMoved(RedisConnectionError):
    """The server no longer accepts our commands. It has not run the command that it refused."""


class FoundConnection(DescriptiveConnection):
    """A connection to the server that is the right one when it is made."""

    def __init__(self, *, finder: Finder, **options: Any) -> None:
        super().__init__(**options)
        self._finder = finder

    def connect_check_health(self, check_health: bool = True, retry_socket_connect: bool = True) -> None:
        """Connect to the server that is the right one now. Raises Redis's ConnectionError."""
        if self._sock:
            return
        failure: Exception = RedisConnectionError("the current server is unknown")
        for host, port in self._finder.servers():
            self.host, self.port = host, port
            try:
                super().connect_check_health(check_health, retry_socket_connect)
            except (RedisConnectionError, RedisTimeoutError) as error:
                failure = error
            else:
                return
        raise failure

    def read_response(self, *arguments: Any, **options: Any) -> Any:
        """Read a reply; an error that says that the server is the wrong one closes the connection."""
        try:
            return super().read_response(*arguments, **options)
        except (MovedError, ReadOnlyError) as error:
            self.disconnect()
            if isinstance(error, MovedError):
                self._finder.hear((error.host or self.host, error.port))
            raise ServerMoved(f"the keys moved to another server: {error}") from error
        except (AskError, TryAgainError, ClusterDownError) as error:
            # The slot is migrating to another server, or its server is being replaced, which takes a moment. Passed on
            # as it is, this error would be taken for one of the command, and the worker would end.
            self.disconnect()
            self._finder.doubt((self.host, self.port))
            raise RedisConnectionError(f"the keys are being moved to another server: {error}") from error


class FoundSSLConnection(FoundConnection, DescriptiveSSLConnection):
    """The same over TLS."""


class SentinelMaster:
    """The master of a service according to its Sentinels."""

    def __init__(self, sentinels: tuple[Node, ...], service: str, password: str) -> None:
        self._service = service
        self._sentinel = Sentinel(
            sentinels,
            sentinel_kwargs={
                "password": password or None,
                "socket_connect_timeout": ASK_TIMEOUT_S,
                "socket_timeout": ASK_TIMEOUT_S,
                "retry": Retry(NoBackoff(), 0),
            },
        )

    def servers(self) -> Iterator[Node]:
        """Yield the master's address. Raises Redis's ConnectionError when no Sentinel knows one."""
        try:
            master = self._sentinel.discover_master(self._service)
        except MasterNotFoundError as error:
            # The original message describes each connection at length.
            if AuthenticationError.__name__ in str(error):
                raise RedisConnectionError("the Sentinels require a password: set REDIS_SENTINEL_PASSWORD") from None
            raise RedisConnectionError(f"no reachable Sentinel knows the master {self._service}") from None
        yield master

    def hear(self, server: Node) -> None:
        """Do nothing: a former master does not name the new one."""

    def doubt(self, server: Node) -> None:
        """Do nothing: the Sentinels are asked each time."""


class SlotOwner:
    """The server of a Cluster that owns the slot of our keys."""

    def __init__(self, nodes: tuple[Node, ...], connection_class: type[Connection], options: dict[str, Any]) -> None:
        self._nodes = nodes
        self._known: Node | None = None
        self._connection_class = connection_class
        self._options = options

    def servers(self) -> Iterator[Node]:
        """Yield the last known owner, then the owners that the nodes report, one by one.

        After a failover a node can be behind and still name the old owner.
        """
        known = self._known
        if known is not None:
            yield known
            self.doubt(known)
        found, failure = {known}, None
        give_up_at = clock.monotonic() + SEARCH_S
        for node in self._nodes:
            try:
                owner, others = self._ask(node)
            except RedisError as error:
                failure = error
                self.doubt(node)
                if clock.monotonic() > give_up_at:
                    break
                continue
            # All nodes of the initial list may be replaced one by one.
            self._nodes = tuple(dict.fromkeys((*self._nodes, *others)))
            if owner is not None and owner not in found:
                found.add(owner)
                self._known = owner
                yield owner
        if failure is not None and found == {None}:
            raise RedisConnectionError(f"no node of the Cluster reports the owner of the keys: {failure}")

    def hear(self, server: Node) -> None:
        """Accept a server's redirection for the slot, which the other nodes may not know yet."""
        self._known = server

    def doubt(self, server: Node) -> None:
        """Ask this server last, and the owner that it reports."""
        if self._known == server:
            self._known = None
        self._nodes = (*(node for node in self._nodes if node != server), server)

    def _ask(self, node: Node) -> tuple[Node | None, list[Node]]:
        """Return the owner of the slot, and all nodes that this node knows."""
        connection = self._connection_class(
            host=node[0],
            port=node[1],
            socket_connect_timeout=ASK_TIMEOUT_S,
            socket_timeout=ASK_TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
            **{**self._options, "decode_responses": True},
        )
        try:
            connection.send_command("CLUSTER", "SLOTS")
            ranges: Any = connection.read_response()
        finally:
            connection.disconnect()
        owner, others = None, []
        for first, last, *servers in ranges:
            # A server without a host name is on the host of the asked node.
            addresses = [(str(host or node[0]), int(port)) for host, port, *_ in servers]
            others += addresses
            if first <= SLOT <= last:
                owner = addresses[0]
        return owner, others
