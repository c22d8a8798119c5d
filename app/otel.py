"""Traces by OpenTelemetry, sent over HTTP to whatever speaks OTLP; imported only when they are wanted."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import ParamSpec, TypeVar

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app import __version__
from app.errors import NagareError
from app.tracing import NOTHING, Attributes, Held, Kind, Span

P = ParamSpec("P")
T = TypeVar("T")
KINDS: dict[Kind, SpanKind] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}
NEVER_ROOT = ("client", "producer")
UNNAMED = "unknown_service"
PATIENCE_S = 2.0

_propagator = TraceContextTextMapPropagator()
_held: ContextVar["_Held | None"] = ContextVar("held", default=None)


class OtelTracer:
    """Makes spans and sends them by a thread of its own; a collector that is away costs spans, never a task."""

    def __init__(self, endpoint: str, service: str) -> None:
        resource = Resource.create()
        if str(resource.attributes.get(SERVICE_NAME, UNNAMED)).startswith(UNNAMED):
            resource = resource.merge(Resource({SERVICE_NAME: service}))
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1000))
        self._tracer = self._provider.get_tracer("nagare", __version__)

    @contextmanager
    def span(
        self, name: str, attributes: Attributes, kind: Kind, parent: str | None, begun_at: datetime | None
    ) -> Iterator[Span]:
        """Make a span of the block."""
        if kind in NEVER_ROOT and not _is_inside():
            yield NOTHING
            return
        around = _context_of(parent) if parent else None
        begun_ns = _nanoseconds(begun_at) if begun_at else None
        span = _Span(self._tracer.start_span(name, around, KINDS[kind], attributes, start_time=begun_ns))
        try:
            with trace.use_span(span.inner, record_exception=False, set_status_on_exception=False):
                yield span
        except BaseException as error:
            span.end(error)
            raise
        span.end()

    def begin(self, name: str, attributes: Attributes) -> Span | None:
        """Begin a span of kind `client`; None where it would be nobody's child."""
        if _is_inside():
            return _Span(self._tracer.start_span(name, None, SpanKind.CLIENT, attributes))
        held = _held.get()
        return None if held is None else _HeldSpan(held, name, attributes)

    def add(self, name: str, begun_at: datetime, ended_at: datetime, parent: str) -> None:
        """Add a span that is over."""
        span = self._tracer.start_span(name, _context_of(parent), start_time=_nanoseconds(begun_at))
        span.end(_nanoseconds(ended_at))

    @contextmanager
    def hold(self) -> Iterator[Held]:
        """Keep the spans that `begin` begins in the block."""
        held = _Held(self._tracer)
        token = _held.set(held)
        try:
            yield held
        finally:
            _held.reset(token)

    def traceparent(self) -> str | None:
        """Return the open span's name."""
        carrier: dict[str, str] = {}
        _propagator.inject(carrier)
        return carrier.get("traceparent")

    def carried(self, function: Callable[P, T]) -> Callable[P, T]:
        """Return the function for another thread."""
        here = context.get_current()

        def run(*arguments: P.args, **named: P.kwargs) -> T:
            token = context.attach(here)
            try:
                return function(*arguments, **named)
            finally:
                context.detach(token)

        return run

    def stop(self) -> None:
        """Send what was not sent yet, as far as the collector takes it at once: nothing may wait for it to end."""
        thread = threading.Thread(target=self._provider.shutdown, name="last spans", daemon=True)
        thread.start()
        thread.join(PATIENCE_S)


class _Span:
    """A span. Of an error only its code is told: its message may quote what nobody should read."""

    def __init__(self, inner: trace.Span) -> None:
        self.inner = inner

    def note(self, name: str, value: str | int) -> None:
        self.inner.set_attribute(name, value)

    def rename(self, name: str) -> None:
        self.inner.update_name(name)

    def end(self, error: BaseException | None = None) -> None:
        if error is not None:
            code = error.code if isinstance(error, NagareError) else type(error).__name__
            self.inner.set_status(StatusCode.ERROR, code)
            self.inner.set_attribute("error.type", code)
        self.inner.end()


class _Held:
    """Spans of kind `client` that are over."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer
        self.spans: list[tuple[str, Attributes, int, int]] = []

    def release(self) -> None:
        for name, attributes, begun_ns, ended_ns in self.spans:
            self._tracer.start_span(name, None, SpanKind.CLIENT, attributes, start_time=begun_ns).end(ended_ns)
        self.spans.clear()


class _HeldSpan:
    def __init__(self, held: _Held, name: str, attributes: Attributes) -> None:
        self._held = held
        self._span = (name, attributes)
        self._begun_ns = time.time_ns()

    def note(self, name: str, value: str | int) -> None:
        """Do nothing: what is held is told by its beginning."""

    def rename(self, name: str) -> None:
        """Do nothing."""

    def end(self, error: BaseException | None = None) -> None:  # noqa: ARG002 - the signature is a span's
        self._held.spans.append((*self._span, self._begun_ns, time.time_ns()))


def _is_inside() -> bool:
    return trace.get_current_span().get_span_context().is_valid


def _context_of(traceparent: str) -> context.Context:
    return _propagator.extract({"traceparent": traceparent})


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1000
