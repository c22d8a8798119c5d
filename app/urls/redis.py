"""The forms of a Redis URL: one server over TCP or a Unix socket, Sentinels, and a Cluster.

A URL is parsed once, here, with redis-py's own parser; everybody else uses the result.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import quote, unquote

from redis.connection import SSLConnection, parse_url

from app.urls.redis_options import check_options, check_tls
from app.urls.syntax import Node, Parts, parse_node, shown, split_url

FORMS = (
    "redis://host:port/0, unix:///path/to/socket, sentinel://host:port/0;sentinel://host:port/0"
    " or redis+cluster://host:port,host:port"
)
DEFAULT_PORT = 6379
SENTINEL_PORT = 26379
SOCKET_PATH_BYTES = 107
"""The size of Linux's `sockaddr_un` path (unix(7))."""
_NEXT_ADDRESS = re.compile(r";(?=[A-Za-z+]+://)")


class Topology(StrEnum):
    """How the server is found."""

    SERVER = "server"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


TOPOLOGIES = {
    "redis": Topology.SERVER,
    "rediss": Topology.SERVER,
    "sentinel": Topology.SENTINEL,
    "redis+cluster": Topology.CLUSTER,
    "rediss+cluster": Topology.CLUSTER,
}
SOCKET_SCHEMES = ("unix", "redis+socket")
"""The schemes of redis-py and Celery."""


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """A parsed Redis URL."""

    topology: Topology
    nodes: tuple[Node, ...]
    """The servers, Sentinels or nodes; none for a socket."""
    options: Mapping[str, Any] = field(repr=False)
    """redis-py's options, including the password; host and port are those of the first node."""

    @property
    def public_url(self) -> str:
        """The first server's URL for Celery: without a password and options."""
        if not self.nodes:
            return f"redis+socket://{quote(self.options['path'])}"
        scheme = "rediss" if self.options.get("connection_class") is SSLConnection else "redis"
        return f"{scheme}://{shown(self.nodes[0])}/{self.options.get('db', 0)}"


def parse_redis_url(url: str) -> RedisAddress:
    """Parse a URL; of several Sentinel URLs the first one has the login and the database.

    Raises ValueError with a message that does not repeat the URL, which may contain a password.
    """
    first, *others = [split_url(part, FORMS) for part in _NEXT_ADDRESS.split(url)]
    if first.scheme in SOCKET_SCHEMES and not others:
        return _at_socket(first)
    if first.scheme not in TOPOLOGIES or {each.scheme for each in others} - {first.scheme}:
        raise ValueError(f"must look like {FORMS}")
    topology = TOPOLOGIES[first.scheme]
    _check_others(topology, first, others)
    default_port = SENTINEL_PORT if topology is Topology.SENTINEL else DEFAULT_PORT
    nodes = [parse_node(node, default_port) for part in (first, *others) for node in part.nodes.split(",")]
    if topology is Topology.SERVER and len(nodes) > 1:
        raise ValueError("several nodes mean a Redis Cluster: use redis+cluster://host:port,host:port")
    return RedisAddress(topology, tuple(nodes), _options(first, topology, nodes[0]))


def _check_others(topology: Topology, first: Parts, others: list[Parts]) -> None:
    if others and topology is not Topology.SENTINEL:
        raise ValueError("only sentinel:// takes several URLs separated by ;")
    for each in others:
        if each.login not in (None, first.login) or each.path not in ("", "/", first.path) or each.query:
            raise ValueError("put the login, database and options for all Sentinels in the first URL")


def _options(parts: Parts, topology: Topology, node: Node) -> Mapping[str, Any]:
    """Return redis-py's options of a server's URL."""
    database = parts.path.removeprefix("/")
    if not re.fullmatch("[0-9]{0,9}", database):
        raise ValueError("the path must be a database number, as in redis://host:port/0")
    scheme = "rediss" if parts.scheme.startswith("rediss") else "redis"
    options = check_options(parts.query, is_tls=scheme == "rediss", is_socket=False)
    if database and "db" in options:
        raise ValueError("sets the database twice: in the path and with the option db")
    if topology is Topology.CLUSTER and int(database or options.get("db", "0")):
        raise ValueError("a Redis Cluster only has database 0")
    login = "" if parts.login is None else f"{parts.login}@"
    found: dict[str, Any] = parse_url(f"{scheme}://{login}{shown(node)}/{database}?{parts.query or ''}")
    check_tls(found)
    return found


def _at_socket(parts: Parts) -> RedisAddress:
    path = unquote(parts.path)
    if parts.nodes or not parts.path.startswith("/") or "\0" in path:
        raise ValueError(
            "the socket path must be absolute: unix:///path/to/socket, or unix://user:password@/path/to/socket"
        )
    if len(os.fsencode(path)) > SOCKET_PATH_BYTES:
        raise ValueError(f"the socket path must not be longer than {SOCKET_PATH_BYTES} bytes")
    # Celery's name for the database of a socket.
    query = re.sub("(^|&)virtual_host=", r"\1db=", parts.query or "")
    check_options(query, is_tls=False, is_socket=True)
    login = "" if parts.login is None else f"{parts.login}@"
    return RedisAddress(Topology.SERVER, (), parse_url(f"unix://{login}{parts.path}?{query}"))
