"""The three forms of a Redis's address: one server, one found by Sentinels, and a Cluster."""

import re
from dataclasses import dataclass
from enum import StrEnum

DEFAULT_PORTS = {"redis": 6379, "sentinel": 26379}
FORMS = "redis://host:port/0, sentinel://host:port/0;sentinel://host:port/0 or redis+cluster://host:port,host:port"
_URL = re.compile(
    r"(?P<scheme>rediss?|sentinel|rediss?\+cluster)://(?P<login>[^@/?]*@)?(?P<nodes>[^@/?;]+)(?P<rest>[/?].*)?"
)
_NODE = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:\[\],]+)(?::(?P<port>[0-9]{1,5}))?")

Node = tuple[str, int]


class Topology(StrEnum):
    """Who says which server is the one to talk to."""

    SERVER = "server"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Where Redis is. `url` is that of its first node in the form that every Redis client understands."""

    topology: Topology
    nodes: tuple[Node, ...]
    url: str


def parse_redis_url(url: str) -> RedisAddress:
    """Take an address apart; of several Sentinels the first one's address has the login and the database.

    Raises ValueError with words that do not repeat the address, which may hold a password.
    """
    parts = [_URL.fullmatch(part) for part in url.split(";")]
    first = parts[0]
    if first is None or not all(part and part["scheme"] == first["scheme"] for part in parts):
        raise ValueError(f"must look like {FORMS}")
    plain_scheme, _, cluster = first["scheme"].partition("+")
    if len(parts) > 1 and plain_scheme != "sentinel":
        raise ValueError("several addresses are separated by ; only if they are sentinel://")
    topology = Topology.CLUSTER if cluster else Topology.SENTINEL if plain_scheme == "sentinel" else Topology.SERVER
    default_port = DEFAULT_PORTS["sentinel" if topology is Topology.SENTINEL else "redis"]
    nodes = [node for part in parts if part for node in _nodes(part["nodes"], default_port)]
    if topology is Topology.SERVER and len(nodes) > 1:
        raise ValueError("several nodes are a Redis Cluster: redis+cluster://host:port,host:port")
    rest = first["rest"] or ""
    if topology is Topology.CLUSTER and rest.partition("?")[0] not in ("", "/", "/0"):
        raise ValueError("a Redis Cluster has only the database 0")
    host, port = nodes[0]
    scheme = "redis" if topology is Topology.SENTINEL else plain_scheme
    shown_host = f"[{host}]" if ":" in host else host
    return RedisAddress(topology, tuple(nodes), f"{scheme}://{first['login'] or ''}{shown_host}:{port}{rest}")


def _nodes(text: str, default_port: int) -> list[Node]:
    matches = [_NODE.fullmatch(node) for node in text.split(",")]
    nodes = [(match["host"].strip("[]"), int(match["port"] or default_port)) for match in matches if match]
    if len(nodes) < len(matches) or not all(0 < port <= 65535 for _, port in nodes):
        raise ValueError(f"must look like {FORMS}")
    return nodes
