"""The figures for Prometheus, as one process of the API tells what all of them did."""

import re
import time
from collections.abc import Iterator

import pytest

from app import clock, metrics_registry
from app.composition import Services, build
from app.metrics import HTTP_REQUESTS, TASK_DURATION, TASKS
from tests.web.caller import WORKER, Caller


@pytest.fixture(autouse=True)
def _uncounted() -> Iterator[None]:
    """Forget what other tests counted."""
    metrics_registry.drain()
    yield
    metrics_registry.drain()


def scrape(caller: Caller) -> dict[str, float]:
    text = caller.call_root("GET", "/metrics").text
    lines = re.findall(r"^(nagare_[a-z_]+(?:\{.*\})?) (\S+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in lines}


def test_a_request_is_counted_by_its_route_and_not_by_what_stood_in_it(viewer: Caller, nobody: Caller) -> None:
    assert viewer.get("/hosts/1").status == viewer.get("/hosts/2").status == 404
    nobody.call_root("GET", "/no/such/place")
    found = scrape(nobody)
    hosts = 'method="GET",route="/api/v1/hosts/<id:host_id>"'
    assert found[f'nagare_http_requests_total{{{hosts},status="404"}}'] == 2
    assert found[f"nagare_http_request_duration_seconds_count{{{hosts}}}"] == 2
    assert found['nagare_http_requests_total{method="GET",route="unmatched",status="404"}'] == 1


def test_what_other_processes_counted_is_added(services: Services, nobody: Caller) -> None:
    other = build(services.settings)
    for seconds in (0.02, 0.02, 7, 1000):
        TASK_DURATION.observe(seconds, "pull_hosts")
    other.operation.metrics.flush()
    TASKS.add("pull_hosts", "succeeded", amount=3)
    other.close()
    TASKS.add("pull_hosts", "succeeded")
    found = scrape(nobody)
    assert found['nagare_tasks_total{state="succeeded",type="pull_hosts"}'] == 4
    counts = [
        found[f'nagare_task_duration_seconds_bucket{{le="{le}",type="pull_hosts"}}']
        for le in ("0.01", "0.05", "5", "10", "300", "+Inf")
    ]
    assert counts == [0, 2, 2, 3, 3, 4]
    assert found['nagare_task_duration_seconds_sum{type="pull_hosts"}'] == pytest.approx(1007.04)


def test_what_is_counted_while_redis_is_away_is_told_once_it_is_back(
    services: Services, nobody: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away:
        away.setattr(services.broker._circuit_breaker, "_opened_until", float("inf"))
        TASKS.add("sync", "dead")
        services.operation.metrics.flush()
    assert scrape(nobody)['nagare_tasks_total{state="dead",type="sync"}'] == 1
    assert scrape(nobody)['nagare_tasks_total{state="dead",type="sync"}'] == 1


def test_what_never_happened_is_zero_so_that_the_first_time_is_a_rise(nobody: Caller) -> None:
    found = scrape(nobody)
    assert found['nagare_tasks_total{state="dead",type="push_item"}'] == 0
    assert found['nagare_task_retries_total{type="push_item"}'] == 0


def test_what_nobody_asks_for_does_not_fill_the_memory() -> None:
    for _ in range(metrics_registry.MAX_KEPT + 5):
        HTTP_REQUESTS.add("GET", "/", "200")
    assert metrics_registry.drain() == {("nagare_http_requests", "GET", "/", "200"): metrics_registry.MAX_KEPT}


def test_a_task_is_counted_when_it_ends_retries_and_dies(
    services: Services, nobody: Caller, operator: Caller, admin: Caller, fleet: int
) -> None:
    ids = [operator.post(f"/monitors/{fleet}/hosts/pull-async").json["task_id"] for _ in range(3)]
    claims = [services.ledger.lifecycle.begin(task_id, "a worker") for task_id in ids[:2]]
    assert claims[0] is not None and claims[1] is not None
    services.ledger.lifecycle.succeed(claims[0], {})
    services.ledger.lifecycle.fail(claims[1], TimeoutError("no answer"))
    operator.post(f"/tasks/{ids[2]}/cancel")
    operator.post(f"/tasks/{ids[2]}/cancel")
    found = scrape(nobody)
    ended = {
        state: found[f'nagare_tasks_total{{state="{state}",type="pull_hosts"}}'] for state in ("succeeded", "dead")
    }
    assert ended == {"succeeded": 1, "dead": 1}
    assert found['nagare_tasks_total{state="cancelled",type="pull_hosts"}'] == 1
    assert found['nagare_task_wait_seconds_count{type="pull_hosts"}'] == 2


def test_the_oldest_waiting_task_counts_from_its_publishing(
    services: Services, nobody: Caller, operator: Caller, fleet: int
) -> None:
    assert scrape(nobody)['nagare_queue_oldest_waiting_seconds{type="pull_hosts"}'] == 0
    task_id = operator.post(f"/monitors/{fleet}/hosts/pull-async").json["task_id"]
    operator.post(f"/monitors/{fleet}/hosts/pull-async")
    with services.database.transaction() as connection:
        moved = "UPDATE task_runs SET published_at = datetime('now', '-90 seconds') WHERE id = ?"
        connection.exec_driver_sql(moved, (task_id,))
    assert 89 < scrape(nobody)['nagare_queue_oldest_waiting_seconds{type="pull_hosts"}'] < 120


def test_a_held_task_waits_too(services: Services, nobody: Caller, operator: Caller, fleet: int) -> None:
    task_id = operator.post(f"/monitors/{fleet}/hosts/pull-async").json["task_id"]
    with services.broker.use() as redis:
        redis.flushall()
    with services.database.transaction() as connection:
        held = "UPDATE task_runs SET published_at = NULL, held_at = datetime('now', '-50 seconds') WHERE id = ?"
        connection.exec_driver_sql(held, (task_id,))
    assert 49 < scrape(nobody)['nagare_queue_oldest_waiting_seconds{type="pull_hosts"}'] < 80


def test_slots_alerts_monitors_and_probes_are_told(
    services: Services, nobody: Caller, operator: Caller, fleet: int
) -> None:
    services.queue.workers.announce("celery@test", {**WORKER, "concurrency": 4})
    task_id = operator.post(f"/monitors/{fleet}/hosts/pull-async").json["task_id"]
    assert services.ledger.lifecycle.begin(task_id, "celery@test/17") is not None
    services.alerts.alerts.generate("generate_alerts:1", 5, 2, 1)
    found = scrape(nobody)
    assert found['nagare_worker_slots{worker="celery@test"}'] == 4
    assert found['nagare_worker_slots_in_use{worker="celery@test"}'] == 1
    assert found['nagare_alerts{severity="critical",status="active"}'] == 5
    assert found['nagare_alerts{severity="info",status="resolved"}'] == 0
    assert found["nagare_alerts_stale"] == 0
    assert found[f'nagare_monitor_info{{monitor_id="{fleet}",name="demo",type="simulator"}}'] == 1
    assert 0 < found["nagare_broker_round_trip_seconds"] < 1 and 0 < found["nagare_database_round_trip_seconds"] < 1


def test_a_monitor_is_timed_page_by_page_and_its_errors_are_counted(
    services: Services, nobody: Caller, admin: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "simulator://demo?hosts=120&items=1"
    monitor = admin.post("/monitors", {"name": "big", "type": "simulator", "url": url}).json["id"]
    admin.post(f"/monitors/{monitor}/items/pull")
    assert admin.patch(f"/monitors/{monitor}", {"url": f"{url}&fail=1"}).status == 200
    admin.post(f"/monitors/{monitor}/check")
    admin.post(f"/monitors/{monitor}/hosts/pull")
    found = scrape(nobody)
    counts = {
        operation: found[f'nagare_connector_duration_seconds_count{{monitor_id="{monitor}",operation="{operation}"}}']
        for operation in ("hosts", "items", "check")
    }
    assert counts == {"hosts": 2, "items": 3, "check": 1}
    assert found[f'nagare_connector_errors_total{{monitor_id="{monitor}",reason="source_failing"}}'] == 2

    services.operation.metrics.forget_gone()
    admin.delete(f"/monitors/{monitor}")
    assert f'nagare_connector_errors_total{{monitor_id="{monitor}",reason="source_failing"}}' in scrape(nobody)
    in_an_hour = time.monotonic() + 3600
    monkeypatch.setattr(clock, "monotonic", lambda: in_an_hour)
    services.operation.metrics.forget_gone()
    assert not [name for name in scrape(nobody) if f'monitor_id="{monitor}"' in name]


def test_a_scrape_asks_a_fixed_number_of_questions(
    services: Services, nobody: Caller, operator: Caller, fleet: int
) -> None:
    from sqlalchemy import event

    statements: list[str] = []
    event.listen(services.database.engine, "before_cursor_execute", lambda _c, _u, text, *_: statements.append(text))
    scrape(nobody)
    few = len(statements)
    for _ in range(20):
        operator.post(f"/monitors/{fleet}/hosts/pull-async")
    statements.clear()
    scrape(nobody)
    assert len(statements) == few < 13


def test_a_request_is_known_by_its_id(nobody: Caller) -> None:
    given = nobody.call_root("GET", "/healthz", headers={"X-Request-ID": "from-a-proxy_1"})
    assert given.headers["X-Request-ID"] == "from-a-proxy_1"
    made = nobody.call_root("GET", "/healthz", headers={"X-Request-ID": "not one\u00a0word"})
    assert re.fullmatch(r"[0-9a-f-]{36}", made.headers["X-Request-ID"])
