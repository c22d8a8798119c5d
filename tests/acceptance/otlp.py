"""A collector of traces: takes OTLP over HTTP as Jaeger does, and keeps what came."""

import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.cli.processes import wait_for


class Span:
    """One span as it came over the wire."""

    def __init__(self, service: str, raw: Any) -> None:
        self.service = service
        self.name: str = raw.name
        self.trace_id: str = raw.trace_id.hex()
        self.id: str = raw.span_id.hex()
        self.parent_id: str = raw.parent_span_id.hex()
        self.begun_ns: int = raw.start_time_unix_nano
        self.ended_ns: int = raw.end_time_unix_nano
        self.is_error: bool = raw.status.code == 2
        self.attributes: dict[str, Any] = {
            pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in raw.attributes
        }


class Collector:
    """Listens from its construction to `close`."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert (self.path, self.headers["Content-Type"]) == ("/v1/traces", "application/x-protobuf")
                collector.bodies.append(body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def spans(self) -> list[Span]:
        """All that came so far."""
        return [span for body in [*self.bodies] for span in _spans(body)]

    def trace_of(self, task_id: str, runs: int = 1) -> list[Span]:
        """Wait for all runs of a task, and return its whole trace."""

        def run_spans() -> Sequence[Span]:
            return [
                span
                for span in self.spans()
                if span.name.startswith("run ") and span.attributes.get("nagare.task_id") == task_id
            ]

        wait_for(lambda: len(run_spans()) >= runs, f"{runs} runs of {task_id} in the traces")
        trace_id = run_spans()[0].trace_id
        # The API and the worker each send by themselves, a second after a span's end at the latest.
        wait_for(lambda: any(span.name.startswith("POST ") for span in self._of(trace_id)), "the request")
        return self._of(trace_id)

    def _of(self, trace_id: str) -> list[Span]:
        return [span for span in self.spans() if span.trace_id == trace_id]


def _spans(body: bytes) -> list[Span]:
    found = []
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        names = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
        found += [Span(names["service.name"], span) for scope in resource.scope_spans for span in scope.spans]
    return found
