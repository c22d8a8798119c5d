"""Probes, metrics and the page with the API's description."""

import re

import pytest
from sqlalchemy import text

from app.composition import Services
from tests.web.caller import PASSWORD, WORKER, Answer, Caller


def root(caller: Caller, path: str) -> Answer:
    return caller.call_root("GET", path)


@pytest.fixture
def worker(services: Services) -> None:
    """Announce a worker."""
    services.queue.workers.announce("celery@test", WORKER)


@pytest.fixture
def without_redis(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services.broker._circuit_breaker, "_opened_until", float("inf"))


def figures(text: str) -> dict[str, float]:
    return {
        name: float(value) for name, value in re.findall(r"^(nagare_[a-z_]+(?:\{[^}]*\})?) (\S+)$", text, re.MULTILINE)
    }


def test_the_process_answers_whatever_is_away(nobody: Caller, without_redis: None) -> None:
    assert (root(nobody, "/healthz").status, root(nobody, "/healthz").json) == (200, {"status": "ok"})


def test_ready_means_database_broker_and_worker(nobody: Caller, worker: None) -> None:
    assert (root(nobody, "/readyz").status, root(nobody, "/readyz").json) == (200, {"status": "ready"})


def test_without_a_user_it_is_not_ready_and_says_so(nobody: Caller, worker: None, services: Services) -> None:
    with services.database.transaction() as connection:
        connection.execute(text("DELETE FROM users"))
    answer = root(nobody, "/readyz")
    assert (answer.status, list(answer.json["errors"])) == (503, ["setup"])
    assert "there is no user yet" in answer.json["detail"]
    assert root(nobody, "/readyz?needs=database").status == 200, "a 202 needs no more"
    assert root(nobody, "/readyz?needs=setup").status == 503
    services.access.users.ensure_admin("admin", PASSWORD)
    assert root(nobody, "/readyz").status == 200


def test_without_a_worker_it_is_not_ready_and_says_so(nobody: Caller) -> None:
    answer = root(nobody, "/readyz")
    assert (answer.status, answer.json["code"], list(answer.json["errors"])) == (503, "not_ready", ["worker"])
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "Retry-After" in answer.headers


def test_with_a_worker_that_takes_nothing_it_is_not_ready_and_says_so(nobody: Caller, services: Services) -> None:
    services.queue.workers.announce("celery@test", {**WORKER, "stalls": 2, "is_stalled": True})
    answer = root(nobody, "/readyz")
    assert (answer.status, "celery@test" in answer.json["errors"]["worker"][0]) == (503, True)
    assert figures(root(nobody, "/metrics").text)['nagare_worker_stalls_total{worker="celery@test"}'] == 2


def test_without_redis_it_is_not_ready_and_says_so(nobody: Caller, without_redis: None) -> None:
    assert list(root(nobody, "/readyz").json["errors"]) == ["broker", "worker"]


def test_a_load_balancer_asks_for_the_database_only_since_a_202_needs_no_more(
    nobody: Caller, without_redis: None
) -> None:
    assert root(nobody, "/readyz?needs=database").json == {"status": "ready"}
    assert list(root(nobody, "/readyz?needs=broker").json["errors"]) == ["broker"]
    assert list(root(nobody, "/readyz?needs=worker").json["errors"]) == ["worker"]
    refused = root(nobody, "/readyz?needs=luck")
    assert (refused.status, list(refused.json["errors"])) == (422, ["needs"])


@pytest.mark.parametrize(("revision", "is_ready"), [("0001", False), ("9999", True)])
def test_a_database_that_a_later_release_migrated_is_ready_and_an_older_one_is_not(
    nobody: Caller, services: Services, revision: str, is_ready: bool
) -> None:
    with services.database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    answer = root(nobody, "/readyz?needs=database")
    assert answer.status == (200 if is_ready else 503)
    assert is_ready or "nagare migrate" in answer.json["errors"]["database"][0]


def test_metrics_tell_queues_workers_and_score(nobody: Caller, operator: Caller, worker: None) -> None:
    operator.post("/alerts/generate-test")
    answer = root(nobody, "/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    found = figures(answer.text)
    assert found['nagare_queue_length{type="generate_alerts"}'] == 1
    assert found['nagare_queue_length{type="pull_hosts"}'] == 0
    assert found["nagare_dead_letters"] == 0
    assert found["nagare_workers"] == 1
    assert found["nagare_health_score"] == 100
    assert (found["nagare_broker_up"], found["nagare_database_up"]) == (1, 1)


def test_metrics_without_redis_leave_out_what_is_not_known(nobody: Caller, without_redis: None) -> None:
    found = figures(root(nobody, "/metrics").text)
    assert (found["nagare_broker_up"], found["nagare_database_up"], found["nagare_health_score"]) == (0, 1, 100)
    assert "nagare_workers" not in found and "nagare_broker_round_trip_seconds" not in found
    assert not [name for name in found if name.startswith(("nagare_queue", "nagare_http", "nagare_tasks"))]


def test_the_page_loads_only_our_own_files(nobody: Caller) -> None:
    page = root(nobody, "/docs")
    assert page.status == 200
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(links) == 4
    for link in links:
        assert link.startswith("/docs/")
        assert root(nobody, link).status == 200, link
    assert not re.search(r"<script(?![^>]*src=)", page.text), "an inline script would be blocked by the policy"
    assert "/api/v1/openapi.json" in root(nobody, "/docs/static/docs.js").text


@pytest.mark.parametrize("name", ["../setup.py", "..%2f..%2fapplication.py", "nothing.js", "%2e%2e/docs.py"])
def test_no_other_file_is_served(nobody: Caller, name: str) -> None:
    assert root(nobody, f"/docs/static/{name}").status == 404
    assert root(nobody, f"/docs/swagger-ui/{name}").status == 404
