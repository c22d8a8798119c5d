"""Checks of the class itself; nothing is sent to the source."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace

from app.connectors.base import Connector
from app.connectors.conformance.proxy import tell
from app.connectors.conformance.results import Failed, NotRun
from app.connectors.conformance.trial import Trial, returned, shown
from app.connectors.registry import METHODS, connector_class
from app.errors import SourceReadOnly

FIELDS = ("url", "username", "password", "api_token")
IMPOSSIBLE = (
    *("", "nonsense", "ftp://monitor.example/", "http://", "http://monitor.example:99999/"),
    "http://user:secret@monitor.example/",
)
"""Addresses that no monitor can have; the last one would show a password wherever the address is shown."""


def protocol(trial: Trial) -> str:
    """Every method takes the protocol's arguments by position, and `writable` is true or false."""
    kind = connector_class(trial.type)
    for name in ("__init__", *METHODS):
        expected = inspect.signature(getattr(Connector, name)).parameters
        try:
            inspect.signature(getattr(kind, name)).bind(*expected)
            inspect.signature(getattr(kind, name)).bind(
                *(each for each, parameter in expected.items() if parameter.default is parameter.empty)
            )
        except TypeError as error:
            raise Failed(f"{name} does not take {', '.join([*expected][1:]) or 'no argument'}: {error}") from None
    return f"{kind.__module__}.{kind.__qualname__}, {'writable' if kind.writable else 'read-only'}"


def addresses(trial: Trial) -> str:
    """An address that cannot be right is refused with Invalid, which names the field and repeats no password."""
    for url in IMPOSSIBLE:
        seen = trial.do("construct", access=replace(trial.access, url=url))
        if seen.raised is None or seen.raised.field not in FIELDS:
            raise Failed(f"the address {url!r}: {shown(seen)}; Invalid for one of {', '.join(FIELDS)} is expected")
        if "secret" in seen.raised.text:
            raise Failed("the error repeats the password in an address")
    return f"{len(IMPOSSIBLE)} impossible addresses are refused"


def construction(trial: Trial) -> str:
    """To make a connector and to close it sends nothing."""
    returned(trial.through(tell, "construct"), "to make a connector")
    count = trial.proxy.count if trial.proxy else 0
    if count:
        raise Failed(f"to make and close a connector sent {count} requests")
    return "nothing is sent"


def writes(trial: Trial) -> str:
    """A connector that is not writable refuses every write with SourceReadOnly."""
    if connector_class(trial.type).writable:
        raise NotRun("the connector is writable, and the test does not write to a source")
    told: Mapping[str, str] = returned(trial.do("write"), "a write")
    wrong = {name: code for name, code in told.items() if code != SourceReadOnly.code}
    if wrong:
        raise Failed("; ".join(f"{name} ended with {code}" for name, code in wrong.items()))
    return f"{len(told)} methods are refused"


CHECKS: tuple[Callable[[Trial], str], ...] = (protocol, addresses, construction, writes)
