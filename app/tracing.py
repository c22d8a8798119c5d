"""Wraps OpenTelemetry's API with nagare's rules; spans do nothing until `start`."""

import importlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime
from typing import Literal, ParamSpec, Protocol, TypeVar, cast

import structlog
from opentelemetry import context, trace
from opentelemetry.trace import INVALID_SPAN, NoOpTracer, SpanKind, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app.errors import NagareError

log = structlog.get_logger()

Span = trace.Span
Attributes = Mapping[str, str | int]
Kind = Literal["internal", "server", "client", "producer", "consumer"]
"""OpenTelemetry's span kinds. A `client` or `producer` span without a parent is not recorded."""
KINDS: dict[Kind, SpanKind] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}
NEVER_ROOT = ("client", "producer")
P = ParamSpec("P")
T = TypeVar("T")


class Exporter(Protocol):
    """Sends spans."""

    def tracer(self) -> Tracer:
        """Return the tracer whose spans are sent."""
        ...

    def stop(self) -> None:
        """Send the remaining spans."""


class Held:
    """Finished spans of kind `client` whose parent was not known."""

    def __init__(self) -> None:
        self._spans: list[tuple[str, Attributes, int, int]] = []

    @contextmanager
    def keep(self, name: str, attributes: Attributes) -> Iterator[None]:
        """Record a span of the block."""
        begun_ns = time.time_ns()
        try:
            yield
        finally:
            self._spans.append((name, attributes, begun_ns, time.time_ns()))

    def release(self) -> None:
        """Make them children of the current span."""
        for name, attributes, begun_ns, ended_ns in self._spans:
            _tracer.start_span(name, None, SpanKind.CLIENT, attributes, start_time=begun_ns).end(ended_ns)
        self._spans.clear()


_NO_OP = NoOpTracer()
_NO_SPAN = nullcontext(INVALID_SPAN)
_tracer: Tracer = _NO_OP
_exporters: list[Exporter] = []
_propagator = TraceContextTextMapPropagator()
_held: ContextVar[Held | None] = ContextVar("held", default=None)


def start(endpoint: str, service: str) -> None:
    """Send spans to this OTLP endpoint from now on; if it is empty the SDK is not even imported.

    Call it after a fork, never before: the sending thread does not survive in a child.
    """
    global _tracer
    if not endpoint:
        return
    try:
        otel = importlib.import_module("app.otel")
    except ModuleNotFoundError as error:
        log.error("tracing.off", missing=error.name, hint="OTEL_EXPORTER_OTLP_ENDPOINT requires nagare[tracing]")
        return
    stop()
    exporter = cast(Exporter, otel.Exporter(endpoint, service))
    _exporters.append(exporter)
    _tracer = exporter.tracer()


def stop() -> None:
    """Send the remaining spans, and stop tracing."""
    global _tracer
    _tracer = _NO_OP
    while _exporters:
        _exporters.pop().stop()


def span(
    name: str,
    attributes: Attributes | None = None,
    kind: Kind = "internal",
    parent: str | None = None,
    begun_at: datetime | None = None,
) -> AbstractContextManager[Span]:
    """Create a span of the block, as a child of the current one, or else of the `parent` in another process.

    Attributes contain no credentials, no URLs with a query and no parameter values. Of an error only the code is
    recorded: its message may quote secrets.
    """
    # Every request and every task would otherwise pay, several times, for what the API does to do nothing.
    return _NO_SPAN if _tracer is _NO_OP else _open(name, attributes or {}, kind, parent, begun_at)


@contextmanager
def _open(
    name: str, attributes: Attributes, kind: Kind, parent: str | None, begun_at: datetime | None
) -> Iterator[Span]:
    if kind in NEVER_ROOT and not _is_inside():
        held = _held.get()
        with nullcontext() if held is None else held.keep(name, attributes):
            yield INVALID_SPAN
        return
    begun_ns = _nanoseconds(begun_at) if begun_at else None
    made = _tracer.start_span(name, _context_of(parent), KINDS[kind], attributes, start_time=begun_ns)
    token = context.attach(set_span_in_context(made))
    try:
        yield made
    except BaseException as error:
        code = error.code if isinstance(error, NagareError) else type(error).__name__
        made.set_status(StatusCode.ERROR, code)
        made.set_attribute("error.type", code)
        raise
    finally:
        context.detach(token)
        made.end()


def add(name: str, begun_at: datetime, ended_at: datetime, parent: str) -> None:
    """Add a finished span as a child of `parent`."""
    made = _tracer.start_span(name, _context_of(parent), start_time=_nanoseconds(begun_at))
    made.end(_nanoseconds(ended_at))


@contextmanager
def hold() -> Iterator[Held]:
    """Keep the spans of kind `client` of the block until their parent is known."""
    held = Held()
    token = _held.set(held)
    try:
        yield held
    finally:
        _held.reset(token)


def traceparent() -> str | None:
    """Return the current span in W3C's format, for other processes; None when there is none."""
    if not _is_inside():
        return None
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent")


def trace_id() -> str | None:
    """Return the id of the current trace, None when there is none."""
    parent = traceparent()
    return parent.split("-")[1] if parent else None


def carried(function: Callable[P, T]) -> Callable[P, T]:
    """Return the function for another thread, where it runs inside the current span too."""
    here = context.get_current()

    def run(*arguments: P.args, **named: P.kwargs) -> T:
        token = context.attach(here)
        try:
            return function(*arguments, **named)
        finally:
            context.detach(token)

    return run


def _is_inside() -> bool:
    return trace.get_current_span().get_span_context().is_valid


def _context_of(traceparent: str | None) -> context.Context | None:
    """Return the context for a child of another process's span; None without one, and when nothing is traced.

    The API alone would pass the caller's trace on, and the logs would name a trace without spans of ours.
    """
    if traceparent is None or _tracer is _NO_OP:
        return None
    return _propagator.extract({"traceparent": traceparent})


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1000
