"""Flower under `nagare up --flower`: closed, and it tells of tasks nothing but their ids."""

import fcntl
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.instance import Instance
from tests.cli.processes import wait_for

MONITOR_PASSWORD = "m0nitor-pa55-密码"


@pytest.fixture(scope="module")
def _port() -> Iterator[None]:
    """Have Flower's port, of which there is one a machine, to this process of the tests alone."""
    with (Path(tempfile.gettempdir()) / "nagare-tests-flower.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory, _port: None) -> Iterator[Instance]:
    running = Instance(tmp_path_factory.mktemp("flower"), "--flower", NAGARE_WORKER_CONCURRENCY="1", NAGARE_DEMO="0")
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.kill()


@pytest.fixture(scope="module")
def flower(instance: Instance) -> Iterator[httpx.Client]:
    """Yield Flower, signed in with what was printed."""
    found = re.search(r"flower +(http://\S+) +\(user (\w+), password (\S+), shown only now\)", instance.printed)
    assert found is not None, instance.printed
    url, username, password = found.groups()
    with httpx.Client(base_url=url, auth=(username, password), timeout=10, trust_env=False) as client:

        def answers() -> bool:
            try:
                return client.get("/api/workers", params={"refresh": "1"}).is_success
            except httpx.TransportError:
                return False

        wait_for(answers, "Flower to answer", timeout_s=60)
        yield client


def workers(flower: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = flower.get("/api/workers", params={"refresh": "1"}).json()
    return found


@pytest.mark.parametrize("path", ["/", "/workers", "/tasks", "/broker", "/api/workers", "/api/tasks", "/metrics"])
def test_it_is_closed_without_the_password(flower: httpx.Client, path: str) -> None:
    with httpx.Client(base_url=flower.base_url, trust_env=False) as anybody:
        assert anybody.get(path).status_code == 401
        assert anybody.get(path, auth=("admin", "admin")).status_code == 401


def test_it_shows_the_worker(flower: httpx.Client) -> None:
    wait_for(lambda: workers(flower), "a worker")
    [worker] = workers(flower).values()
    assert worker["stats"]["pool"]["max-concurrency"] == 1
    assert "tasks.pull_hosts" in worker["registered"]


def test_it_shows_how_much_waits(flower: httpx.Client) -> None:
    wait_for(lambda: workers(flower), "a worker")
    page = flower.get("/broker")
    assert page.status_code == 200
    assert "nagare:queue:pull_hosts" in page.text


def test_it_shows_tasks_by_their_ids_only(instance: Instance, flower: httpx.Client) -> None:
    assert instance.password is not None
    wait_for(lambda: workers(flower), "a worker")
    with instance.client(instance.password) as client:
        fields = {"type": "prometheus", "url": "http://127.0.0.1:9", "username": "我", "password": MONITOR_PASSWORD}
        monitor_id = client.post("/monitors", json={"name": "away", **fields}).json()["id"]
        seen: dict[str, Any] = {}

        def is_shown() -> bool:
            client.post(f"/monitors/{monitor_id}/hosts/pull-async").raise_for_status()
            # Flower only hears of tasks from when it has asked the worker to tell: of one that was received before
            # and ended afterwards it knows no name.
            seen.update({id: task for id, task in flower.get("/api/tasks").json().items() if task["name"] is not None})
            return any(task["state"] == "SUCCESS" for task in seen.values())

        wait_for(is_shown, "a task", timeout_s=60)
    for task_id, task in seen.items():
        assert task["name"] == "tasks.pull_hosts"
        assert (task["args"], task["kwargs"]) == (f"('{task_id}',)", "{}")
    texts = [flower.get(path).text for path in ("/api/tasks", "/tasks", f"/task/{next(iter(seen))}", "/workers")]
    assert not [text for text in texts if MONITOR_PASSWORD in text]


def test_its_buttons_have_no_power_over_tasks(flower: httpx.Client) -> None:
    wait_for(lambda: workers(flower), "a worker")
    [name] = workers(flower)
    assert flower.post("/api/task/revoke/pull_hosts:x", params={"terminate": "true"}).status_code == 500
    for action, about in (("pool/grow", {"n": "3"}), ("queue/add-consumer", {"queue": "evil"})):
        answer = flower.post(f"/api/worker/{action}/{name}", params=about)
        assert (answer.status_code, "do not support" in answer.text) == (403, True)
    [worker] = workers(flower).values()
    assert worker["stats"]["pool"]["max-concurrency"] == 1
    assert "evil" not in {queue["name"] for queue in worker["active_queues"]}


def test_its_figures_need_the_password_and_its_health_does_not(flower: httpx.Client) -> None:
    assert "flower_" in flower.get("/metrics").text
    with httpx.Client(base_url=flower.base_url, trust_env=False) as anybody:
        assert anybody.get("/healthcheck").text == "OK"
