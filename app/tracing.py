"""The tracing seam: spans that do nothing, until `start` finds that they are wanted."""

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import Literal, ParamSpec, Protocol, TypeVar, cast

import structlog

log = structlog.get_logger()

Attributes = Mapping[str, str | int]
Kind = Literal["internal", "server", "client", "producer", "consumer"]
"""Those of OpenTelemetry. One of kind `client` or `producer` is left out where no span is around it."""
P = ParamSpec("P")
T = TypeVar("T")


class Span(Protocol):
    """Something that takes time."""

    def note(self, name: str, value: str | int) -> None:
        """Set an attribute."""

    def rename(self, name: str) -> None:
        """Give it another name."""

    def end(self, error: BaseException | None = None) -> None:
        """Note that it is over; only for a span that was begun by `begin`."""


class Held(Protocol):
    """Spans that are over, whose parent was not known."""

    def release(self) -> None:
        """Make them children of the span that is open now."""


class Tracer(Protocol):
    """What does the work when tracing is on; `app.otel` has the one that there is."""

    def span(
        self, name: str, attributes: Attributes, kind: Kind, parent: str | None, begun_at: datetime | None
    ) -> AbstractContextManager[Span]:
        """Do what `span` below says; so do the others."""
        ...

    def begin(self, name: str, attributes: Attributes) -> Span | None:
        """Begin a span, unless it would be nobody's child."""
        ...

    def add(self, name: str, begun_at: datetime, ended_at: datetime, parent: str) -> None:
        """Add a span that is over."""

    def hold(self) -> AbstractContextManager[Held]:
        """Keep what is begun."""
        ...

    def traceparent(self) -> str | None:
        """Return the open span's name."""
        ...

    def carried(self, function: Callable[P, T]) -> Callable[P, T]:
        """Return the function for another thread."""
        ...

    def stop(self) -> None:
        """Send what was not sent yet."""


class _Nothing:
    def note(self, name: str, value: str | int) -> None:
        """Do nothing."""

    def rename(self, name: str) -> None:
        """Do nothing."""

    def end(self, error: BaseException | None = None) -> None:
        """Do nothing."""

    def release(self) -> None:
        """Do nothing."""


NOTHING = _Nothing()
_NO_SPAN: AbstractContextManager[_Nothing] = nullcontext(NOTHING)
_tracers: list[Tracer] = []


def start(endpoint: str, service: str) -> None:
    """Send spans to this OTLP endpoint from now on; nothing is even imported when it is empty.

    After a fork, never before: the thread that sends does not live on in a child.
    """
    if not endpoint:
        return
    try:
        otel = importlib.import_module("app.otel")
    except ModuleNotFoundError as error:
        log.error("tracing.off", missing=error.name, hint="OTEL_EXPORTER_OTLP_ENDPOINT requires nagare[tracing]")
        return
    stop()
    _tracers.append(cast(Tracer, otel.OtelTracer(endpoint, service)))


def stop() -> None:
    """Send what was not sent yet, and trace nothing any more."""
    while _tracers:
        _tracers.pop().stop()


def is_on() -> bool:
    """Tell whether anything is traced."""
    return bool(_tracers)


def span(
    name: str,
    attributes: Attributes | None = None,
    kind: Kind = "internal",
    parent: str | None = None,
    begun_at: datetime | None = None,
) -> AbstractContextManager[Span]:
    """Make a span of the block, inside the one that is open, or else below the `parent` of another process.

    Attributes hold no credential, no address with a query, no value of a parameter.
    """
    return _tracers[0].span(name, attributes or {}, kind, parent, begun_at) if _tracers else _NO_SPAN


def begin(name: str, attributes: Attributes) -> Span:
    """Begin a span of kind `client` that its `end` ends, for what is no block."""
    return (_tracers[0].begin(name, attributes) if _tracers else None) or NOTHING


def add(name: str, begun_at: datetime, ended_at: datetime, parent: str) -> None:
    """Add a span that is over, below the `parent`."""
    if _tracers:
        _tracers[0].add(name, begun_at, ended_at, parent)


@contextmanager
def hold() -> Iterator[Held]:
    """Keep what is begun in the block until it is known whose child it is."""
    if not _tracers:
        yield NOTHING
        return
    with _tracers[0].hold() as held:
        yield held


def traceparent() -> str | None:
    """Return the open span's name in W3C's words, for other processes; None when there is none."""
    return _tracers[0].traceparent() if _tracers else None


def trace_id() -> str | None:
    """Return the open trace's id, None when there is none."""
    parent = traceparent()
    return parent.split("-")[1] if parent else None


def carried(function: Callable[P, T]) -> Callable[P, T]:
    """Return the function for another thread: there too it is inside the span that is open here."""
    return _tracers[0].carried(function) if _tracers else function
