"""A task's trace, from the request to its last attempt, as a collector receives it from real processes."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.acceptance.otlp import Collector, Span
from tests.acceptance.programs import ROOT, Program
from tests.acceptance.stack import ForkedStack, Stack
from tests.acceptance.user import User
from tests.cli.instance import environment
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix

Serve = Callable[[Callable[[Any], None]], str]
PASSWORD = "tr0ub4dor-and-追踪"
CLIENT_TRACE = "0af7651916cd43dd8448eb211c80319c"
CLIENT_SPAN = "b7ad6b7169203331"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, collector: Collector, database_url: str) -> Iterator[Stack]:
    """Yield a stack that sends its traces to the collector."""
    stack = ForkedStack(tmp_path_factory.mktemp("stack"), database_url, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    yield stack
    stack.close()


def the(spans: list[Span], name: str) -> Span:
    (found,) = [span for span in spans if span.name == name]
    return found


def under(spans: list[Span], parent: Span) -> list[Span]:
    """All spans inside another one, directly or not."""
    children = [span for span in spans if span.parent_id == parent.id]
    return [*children, *(below for child in children for below in under(spans, child))]


def test_one_trace_from_the_request_to_the_last_statement(
    stack: Stack, user: User, worker: Program, collector: Collector, serve: Serve
) -> None:
    zabbix = FakeZabbix("6.0.14")
    for number in range(60):
        zabbix.add_host(str(10_000 + number), items=1)
    url = f"{serve(zabbix.respond)}/zabbix"
    monitor = user.add_monitor(url, "zabbix", username="Admin", password="zabbix")
    headers = {"traceparent": f"00-{CLIENT_TRACE}-{CLIENT_SPAN}-01"}
    answer = user.http.post(f"/monitors/{monitor}/items/pull-async", headers=headers)
    task_id = answer.json()["task_id"]
    assert user.end(task_id)["state"] == "succeeded"
    spans = [*collector.trace_of(task_id)]

    assert {span.trace_id for span in spans} == {CLIENT_TRACE}
    request = the(spans, "POST /api/v1/monitors/<id:monitor_id>/items/pull-async")
    assert (request.parent_id, request.service) == (CLIENT_SPAN, "nagare-web")
    assert request.attributes["http.response.status_code"] == "202"
    record = the(spans, "record pull_items")
    assert record.parent_id == request.id
    recorded = [span.name for span in spans if span.parent_id == record.id and span.service == "nagare-web"]
    assert recorded == ["INSERT", "publish"]

    wait, run = the(spans, "wait pull_items"), the(spans, "run pull_items")
    assert (wait.parent_id, run.parent_id, run.service) == (record.id, record.id, "nagare-worker")
    assert record.begun_ns < wait.begun_ns + 1_000_000 <= wait.ended_ns + 1_000_000
    in_run = under(spans, run)
    assert "UPDATE task_runs SET state" in " ".join(span.attributes.get("db.query.text", "") for span in in_run)
    pages = [span for span in under(spans, the(in_run, "work pull_items")) if span.name == "monitor items"]
    assert len(pages) == 4, "three pages of 25, 25 and 10 hosts, and the end"
    assert {span.attributes["nagare.monitor_id"] for span in pages} == {str(monitor)}
    calls = [span for span in in_run if span.name == "HTTP POST"]
    assert len(calls) >= 5 and {span.attributes["url.path"] for span in calls} == {"/zabbix/api_jsonrpc.php"}
    by_id = {span.id: span for span in spans}
    assert {by_id[call.parent_id].name for call in calls} <= {"monitor items", "monitor hosts", "work pull_items"}
    assert [span.name for span in spans if span.parent_id not in by_id and span is not request] == []


def test_retries_are_in_the_same_trace(stack: Stack, user: User, worker: Program, collector: Collector) -> None:
    monitor = user.add_monitor("http://127.0.0.1:9", "prometheus", username="我", password=PASSWORD)
    task_id = user.pull(monitor)
    assert user.end(task_id)["state"] == "dead"
    spans = collector.trace_of(task_id, runs=4)
    runs = sorted((span for span in spans if span.name == "run pull_hosts"), key=lambda span: span.begun_ns)
    assert [run.attributes["nagare.attempt"] for run in runs] == [1, 2, 3, 4]
    assert {run.parent_id for run in runs} == {the(spans, "record pull_hosts").id}
    assert all(earlier.ended_ns < later.begun_ns for earlier, later in pairwise(runs))
    works = [span for span in spans if span.name == "work pull_hosts"]
    assert [(span.is_error, span.attributes["error.type"]) for span in works] == [(True, "source_unreachable")] * 4
    logged = worker.events("task.retrying", task_id)
    assert {entry["trace_id"] for entry in logged} == {runs[0].trace_id}
    assert {entry["monitor_id"] for entry in logged} == {monitor}
    assert not [body for body in collector.bodies if PASSWORD.encode() in body]


def test_what_nobody_asked_for_makes_no_trace(stack: Stack, user: User, worker: Program, collector: Collector) -> None:
    task_id = user.pull(user.add_monitor("simulator://demo?hosts=1"))
    user.end(task_id)
    collector.trace_of(task_id)
    roots = {span.name.split(" ")[0] for span in collector.spans() if not span.parent_id}
    assert roots <= {"GET", "POST", "DELETE", "PATCH"}, "a worker's own statements are nobody's children"


def test_a_collector_that_never_answers_keeps_nobody_waiting(stack: Stack, user: User) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        worker = stack.start_worker(OTEL_EXPORTER_OTLP_ENDPOINT=endpoint)
        assert user.end(user.pull(user.add_monitor("simulator://demo?hosts=1")))["state"] == "succeeded"
        asked_at = time.monotonic()
        assert worker.stop() == 0
        assert time.monotonic() - asked_at < 8


# redis-py looks for OpenTelemetry's metrics by itself where the extra is installed.
OURS = ("app.otel", "opentelemetry.sdk.trace", "opentelemetry.exporter", "google.protobuf")
LOADED = f"print([name for name in sys.modules if name.startswith({OURS})])"


def test_nothing_is_even_imported_when_it_is_off(stack: Stack) -> None:
    settings = {**stack.settings, "OTEL_EXPORTER_OTLP_ENDPOINT": ""}
    code = f"import sys, wsgi, tasks.bodies.pull, tasks.worker_process; tasks.worker_process._prepare_child(); {LOADED}"
    assert run_python(stack, code, settings).stdout.strip() == "[]"


def test_without_the_extra_one_line_says_what_is_missing(stack: Stack) -> None:
    code = "import sys; sys.modules['opentelemetry.sdk'] = None; import wsgi"
    lines = run_python(stack, code, stack.settings).stdout.splitlines()
    assert [line for line in lines if "tracing.off" in line and "nagare[tracing]" in line] == lines
    assert len(lines) == 1


def run_python(stack: Stack, code: str, settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    variables = environment(stack.folder, **settings)
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=True, timeout=60)
