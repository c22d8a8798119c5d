"""Checks a URL before its real parser, with errors that repeat no part of it.

The parsers split a URL at characters that a password may contain, and their errors, or the lookup of the resulting host
names, would reveal a part of the password.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import unquote_to_bytes

Node = tuple[str, int]
_PARTS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+]*)://(?:(?P<login>[^/?]*)@)?(?P<nodes>[^/?]*)(?P<path>[^?]*)(?:\?(?P<query>.*))?"
)
_NODE = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]*))?")
_OPTION = re.compile("[a-z_]{1,40}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?")
_BEYOND_PRINTABLE_ASCII = re.compile(r"[^!-~]")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True, repr=False)
class Parts:
    """A URL split into its parts. Nothing is decoded yet."""

    scheme: str
    login: str | None
    nodes: str
    path: str
    query: str | None


def split_url(url: str, form: str) -> Parts:
    """Split a URL that should look like `form`. Raises ValueError."""
    if _BEYOND_PRINTABLE_ASCII.search(url):
        raise ValueError("has a space, line break or other character that must be percent-encoded")
    if "#" in url:
        raise ValueError("has a # that must be written as %23")
    refuse_stray_percents(url)
    found = _PARTS.fullmatch(url)
    if found is None:
        raise ValueError(f"must look like {form}")
    if "@" in found["path"] or "@" in (found["query"] or ""):
        raise ValueError("a / ? or @ in a user name or password must be written as %2F %3F or %40")
    return Parts(found["scheme"].lower(), found["login"], found["nodes"], found["path"], found["query"])


def refuse_stray_percents(text: str) -> None:
    """Raise ValueError for a percent sign that encodes nothing, or bytes that are not UTF-8."""
    if _STRAY_PERCENT.search(text):
        raise ValueError("has a % that must be written as %25")
    try:
        unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise ValueError("percent-encodes bytes that are not UTF-8") from None


def nameable(option: str, query: str | None) -> str:
    """Return an option's name if it is safe to show: the part after an & in a password is part of the password."""
    return f" {option}" if _OPTION.fullmatch(option) and "pass" not in (query or "").lower() else ""


def parse_node(text: str, default_port: int = 0) -> Node:
    """Return the host (an IPv6 address without its brackets) and the port. Raises ValueError."""
    found = _NODE.fullmatch(text)
    if found is None:
        raise ValueError("must have the form host:port (put an IPv6 address in brackets: [::1]:6379)")
    host = found["host"]
    if not host:
        raise ValueError("has no host: localhost is not assumed, so write it")
    if host.startswith("["):
        host = host[1:-1]
        _require_ipv6(host)
    elif not _HOST.fullmatch(host):
        raise ValueError("has an invalid host: use letters, digits, dots and hyphens, or [IPv6]")
    return host, parse_port(found["port"] or str(default_port))


def parse_port(text: str) -> int:
    """Return the port. Raises ValueError."""
    if not text.isdecimal() or not 0 < int(text[:6]) <= 65535:
        raise ValueError("the port must be a number from 1 to 65535")
    return int(text)


def shown(node: Node) -> str:
    """Return host and port in URL syntax."""
    host, port = node
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _require_ipv6(host: str) -> None:
    try:
        IPv6Address(host)
    except ValueError:
        raise ValueError("the text in brackets must be an IPv6 address") from None
