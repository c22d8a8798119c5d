"""OpenTelemetry's SDK and its OTLP exporter over HTTP; imported only where an endpoint is set."""

import threading

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Tracer

from app import __version__

UNNAMED = "unknown_service"
PATIENCE_S = 2.0


class Exporter:
    """Sends spans in its own thread; an unavailable collector costs spans, never a task."""

    def __init__(self, endpoint: str, service: str) -> None:
        resource = Resource.create()
        if str(resource.attributes.get(SERVICE_NAME, UNNAMED)).startswith(UNNAMED):
            resource = resource.merge(Resource({SERVICE_NAME: service}))
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1000))

    def tracer(self) -> Tracer:
        """Return the tracer whose spans are sent."""
        return self._provider.get_tracer("nagare", __version__)

    def stop(self) -> None:
        """Send the remaining spans without waiting for a slow collector."""
        thread = threading.Thread(target=self._provider.shutdown, name="last spans", daemon=True)
        thread.start()
        thread.join(PATIENCE_S)
