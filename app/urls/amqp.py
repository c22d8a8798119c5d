"""Parses RabbitMQ's URL once, for the publishing connections and for Celery."""

from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from app.urls.syntax import Node, parse_node, shown, split_url

FORM = "amqp://user:password@host:5672/vhost (set a Redis URL as REDIS_URL)"
DEFAULT_PORTS = {"amqp": 5672, "amqps": 5671}
DEFAULT_LOGIN = "guest"


@dataclass(frozen=True, slots=True)
class AmqpAddress:
    """Host, credentials and virtual host of RabbitMQ."""

    node: Node
    is_secure: bool
    username: str
    password: str = field(repr=False)
    virtual_host: str

    @property
    def url(self) -> str:
        """The complete, unambiguous URL: every parser gets the same result."""
        login = f"{quote(self.username, safe='')}:{quote(self.password, safe='')}"
        scheme = "amqps" if self.is_secure else "amqp"
        return f"{scheme}://{login}@{shown(self.node)}/{quote(self.virtual_host, safe='')}"


def parse_amqp_url(url: str) -> AmqpAddress:
    """Parse a URL. Raises ValueError with a message that does not repeat it."""
    parts = split_url(url, FORM)
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError(f"must look like {FORM}")
    if parts.query:
        raise ValueError("takes no options: remove the ? and everything after it")
    if "," in parts.nodes or ";" in parts.nodes:
        raise ValueError("must name one host; put several hosts behind one DNS name or a load balancer")
    username, _, password = (parts.login or "").partition(":")
    return AmqpAddress(
        parse_node(parts.nodes, DEFAULT_PORTS[parts.scheme]),
        parts.scheme == "amqps",
        unquote(username) or DEFAULT_LOGIN,
        unquote(password) or DEFAULT_LOGIN,
        unquote(parts.path.removeprefix("/")) or "/",
    )
