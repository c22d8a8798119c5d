"""Checks of the class itself; they send nothing to the source."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace

from app.connectors.base import Connector
from app.connectors.conformance.context import Context, returned, shown
from app.connectors.conformance.proxy import pass_through
from app.connectors.conformance.results import Failed, NotRun
from app.connectors.registry import METHODS, connector_class
from app.errors import SourceReadOnly

FIELDS = ("url", "username", "password", "api_token")
INVALID_URLS = (
    *("", "nonsense", "ftp://monitor.example/", "http://", "http://monitor.example:99999/"),
    "http://user:secret@monitor.example/",
)
"""URLs that no monitor can have. The last one contains a password, which every page that shows the URL would reveal."""


def protocol(context: Context) -> str:
    """Every method accepts the arguments of the protocol, and `writable` is a bool."""
    kind = connector_class(context.type)
    for name in ("__init__", *METHODS):
        expected = inspect.signature(getattr(Connector, name)).parameters
        try:
            inspect.signature(getattr(kind, name)).bind(*expected)
            inspect.signature(getattr(kind, name)).bind(
                *(each for each, parameter in expected.items() if parameter.default is parameter.empty)
            )
        except TypeError as error:
            raise Failed(f"{name} does not accept {', '.join([*expected][1:]) or 'no argument'}: {error}") from None
    return f"{kind.__module__}.{kind.__qualname__}, {'writable' if kind.writable else 'read-only'}"


def invalid_urls(context: Context) -> str:
    """An invalid URL raises Invalid, which names the field and does not repeat a password."""
    for url in INVALID_URLS:
        result = context.do("construct", access=replace(context.access, url=url))
        if result.raised is None or result.raised.field not in FIELDS:
            raise Failed(f"the URL {url!r}: {shown(result)}; Invalid for one of {', '.join(FIELDS)} is expected")
        if "secret" in result.raised.text:
            raise Failed("the error repeats the password in the URL")
    return f"{len(INVALID_URLS)} invalid URLs raise Invalid"


def constructor(context: Context) -> str:
    """The constructor sends no request."""
    returned(context.through(pass_through, "construct"), "the constructor")
    count = context.proxy.count if context.proxy else 0
    if count:
        raise Failed(f"the constructor and close sent {count} requests")
    return "no request is sent"


def read_only(context: Context) -> str:
    """If `writable` is False, every writing method raises SourceReadOnly."""
    if connector_class(context.type).writable:
        raise NotRun("the connector is writable, and the test does not write to a source")
    codes: Mapping[str, str] = returned(context.do("write"), "a write")
    wrong = {name: code for name, code in codes.items() if code != SourceReadOnly.code}
    if wrong:
        raise Failed("; ".join(f"{name} ended with {code}" for name, code in wrong.items()))
    return f"{len(codes)} methods raise SourceReadOnly"


CHECKS: tuple[Callable[[Context], str], ...] = (protocol, invalid_urls, constructor, read_only)
