"""A fake Prometheus behind a real HTTP server, and a connector to it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from app.connectors.base import MonitorAccess
from app.connectors.prometheus.connector import PrometheusConnector
from tests.unit.connectors.prometheus.fake_prometheus import FakePrometheus, Refusal


@pytest.fixture
def prometheus() -> Iterator[FakePrometheus]:
    fake = FakePrometheus()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            params = parse_qs(parts.query)
            fake.asked.append((parts.path, params, self.headers["Authorization"]))
            fake.tenants += filter(None, [self.headers["X-Scope-OrgID"]])
            status = fake.status
            try:
                answer = fake.answer(parts.path, params)
            except Refusal as refusal:
                answer, status = refusal.body, refusal.status
            body = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    yield fake
    fake.go_on.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def connector(prometheus: FakePrometheus) -> Iterator[PrometheusConnector]:
    connector = PrometheusConnector(MonitorAccess(prometheus.url))
    yield connector
    connector.close()
