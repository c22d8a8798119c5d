"""Requests that wait until a task changes its state."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.composition import Services
from app.services.ledger import task_watch
from tests.cli.processes import wait_for
from tests.web.caller import FLEET, Caller


@pytest.fixture
def task_id(admin: Caller) -> str:
    monitor = admin.post("/monitors", {"name": "demo", "type": "simulator", "url": FLEET}).json
    return str(admin.post(f"/monitors/{monitor['id']}/hosts/pull-async").json["task_id"])


@pytest.fixture
def no_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody look at the ledger unless an event woke them."""
    monkeypatch.setattr(task_watch, "LOOK_EVERY_S", 60.0)


def count_waiting(services: Services) -> int:
    return sum(map(len, services.ledger.task_watch._waiting.values()))


def test_an_event_wakes_who_waits(services: Services, viewer: Caller, task_id: str, no_looks: None) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(viewer.get, f"/tasks/{task_id}?wait=60")
        wait_for(lambda: count_waiting(services) == 1 and services.ledger.feed._position, "the request to wait")
        assert services.ledger.lifecycle.begin(task_id, "worker/1")
        assert answer.result(timeout=30).json["state"] == "running"
    assert count_waiting(services) == 0


def test_who_waits_looks_at_the_ledger_when_an_event_is_lost(
    services: Services, viewer: Caller, task_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_watch, "LOOK_EVERY_S", 0.1)
    monkeypatch.setattr(services.queue.events, "add", lambda _events: None)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(viewer.get, f"/tasks/{task_id}?wait=60")
        wait_for(lambda: count_waiting(services) == 1, "the request to wait")
        assert services.ledger.lifecycle.begin(task_id, "worker/1")
        assert answer.result(timeout=30).json["state"] == "running"


def test_what_has_ended_or_stays_as_it_is_is_answered_in_time(services: Services, viewer: Caller, task_id: str) -> None:
    assert viewer.get(f"/tasks/{task_id}?wait=1").json["state"] == "queued"
    services.ledger.tasks.cancel(task_id)
    assert viewer.get(f"/tasks/{task_id}?wait=60").json["state"] == "cancelled"


def test_who_comes_when_many_wait_is_answered_at_once(
    services: Services, viewer: Caller, task_id: str, no_looks: None
) -> None:
    slots = task_watch.MAX_WAITING
    with ThreadPoolExecutor(slots) as pool:
        answers = [pool.submit(viewer.get, f"/tasks/{task_id}?wait=60") for _ in range(slots)]
        wait_for(lambda: count_waiting(services) == slots, "all slots to be taken")
        assert viewer.get(f"/tasks/{task_id}?wait=60").json["state"] == "queued"
        services.ledger.tasks.cancel(task_id)
        assert {answer.result(timeout=30).json["state"] for answer in answers} == {"cancelled"}


def test_nobody_waits_when_the_process_is_about_to_end(
    services: Services, viewer: Caller, task_id: str, no_looks: None
) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(viewer.get, f"/tasks/{task_id}?wait=60")
        wait_for(lambda: count_waiting(services) == 1, "the request to wait")
        services.ledger.feed.close()
        services.ledger.task_watch.close()
        assert answer.result(timeout=30).json["state"] == "queued"
    assert viewer.get(f"/tasks/{task_id}?wait=60").json["state"] == "queued"


@pytest.mark.parametrize("wait", ["-1", "61", "1.5", "soon", ""])
def test_how_long_is_checked(viewer: Caller, task_id: str, wait: str) -> None:
    answer = viewer.get(f"/tasks/{task_id}?wait={wait}")
    assert (answer.status, [*answer.json["errors"]]) == (422, ["wait"])


def test_there_is_no_waiting_for_nothing(viewer: Caller) -> None:
    assert viewer.get("/tasks/pull_hosts:0192f0c1-0000-7000-8000-000000000000?wait=60").status == 404
