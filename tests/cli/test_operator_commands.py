"""What an operator does from a shell, on an instance with some work in it."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis

from app.composition import Services, build
from app.enums import Role
from app.errors import TaskFailed
from app.rules.task_params.alerts import GenerateAlerts
from app.rules.task_params.pull import PullHosts
from app.services.ledger.requester import Requester
from app.settings import load_settings
from app.store.database.pages import PageRequest
from app.store.ledger.task_steps import TaskStep
from app.store.operation.migrate import upgrade
from tests.cli.processes import wait_for
from tests.cli.test_commands import Nagare, nagare

__all__ = ["nagare"]

UNREACHABLE = "connection to 127.0.0.1:9 failed: 拒绝连接"


@pytest.fixture
def services(nagare: Nagare, valkey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    """Return the services of the instance that the commands find."""
    monkeypatch.setenv("REDIS_URL", valkey)
    redis: Redis = Redis.from_url(valkey)
    redis.flushall()
    redis.close()
    environment = {"NAGARE_HOME": str(tmp_path / "home"), "NAGARE_SECRET_KEY": "s" * 32, "REDIS_URL": valkey}
    services = build(load_settings(environment))
    services.settings.home.mkdir()
    upgrade(services.settings.sql_url)
    return services


@pytest.fixture
def dead(services: Services) -> list[str]:
    """Return three dead tasks of two monitors, the newest first."""
    by = Requester(services.access.users.create("ada", "correct horse", Role.OPERATOR)["id"])
    task_ids: list[str] = []
    for name, errors in {"a": [TaskFailed("坏了"), TaskFailed(UNREACHABLE)], "b": [TaskFailed("no")]}.items():
        monitor = services.inventory.monitors.create({"name": name, "type": "simulator", "url": "simulator://demo"})
        for error in errors:
            task_id = services.ledger.submit.accept(by, PullHosts(monitor_id=monitor["id"]))
            claim = services.ledger.lifecycle.begin(task_id, "worker@here/1")
            assert claim is not None
            services.ledger.lifecycle.fail(claim, error)
            task_ids.insert(0, task_id)
    with services.broker.use() as redis:
        redis.delete("nagare:queue:pull_hosts")
    return task_ids


def test_task_ids_are_never_cut(nagare: Nagare, dead: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    for command in (("tasks", "list"), ("dead", "list")):
        heading, *lines = nagare(*command).splitlines()
        assert heading.startswith("task ")
        assert [line.split()[0] for line in lines] == dead


def test_json_is_for_scripts(nagare: Nagare, dead: list[str]) -> None:
    assert [task["task_id"] for task in json.loads(nagare("tasks", "list", "--json"))] == dead
    assert [letter["task_id"] for letter in json.loads(nagare("dead", "list", "--json"))] == dead
    assert json.loads(nagare("dead", "show", dead[1]))["error"] == UNREACHABLE
    assert json.loads(nagare("tasks", "show", dead[1]))["history"][0]["error"] == UNREACHABLE
    assert [user["username"] for user in json.loads(nagare("user", "list", "--json"))] == ["ada"]
    assert "argon2" not in nagare("user", "list", "--json")
    assert json.loads(nagare("workers", "--json")) == []


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], [0, 1, 2]),
        (["--monitor", "1"], [1, 2]),
        (["--text", "拒绝"], [1]),
        (["--reason", "failed"], [0, 1, 2]),
        (["--reason", "timeout"], []),
        (["--type", "pull_items"], []),
        (["--limit", "1"], [0]),
    ],
)
def test_dead_letters_are_filtered(nagare: Nagare, dead: list[str], options: list[str], found: list[int]) -> None:
    letters = json.loads(nagare("dead", "list", "--json", *options))
    assert [letter["task_id"] for letter in letters] == [dead[index] for index in found]


def test_a_dry_run_counts_and_changes_nothing(nagare: Nagare, dead: list[str], services: Services) -> None:
    assert nagare("dead", "retry", "--all", "--monitor", "1", "--dry-run") == "Would be retried: 2.\n"
    assert nagare("dead", "discard", "--all", "--dry-run") == "Would be discarded: 3.\n"
    assert nagare("dead", "discard", dead[0], "--dry-run") == "Would be discarded: 1.\n"
    assert nagare("dead", "retry", "pull_hosts:1", "--dry-run", code=1).startswith("nagare: ")
    assert services.ledger.queues.stats()["dead"] == 3


def test_dead_letters_are_run_again_and_thrown_away(nagare: Nagare, dead: list[str], services: Services) -> None:
    assert nagare("dead", "retry", "--all", "--text", "坏") == "Retried: 1.\n"
    assert services.ledger.tasks.get(dead[2])["state"] == "queued"
    assert nagare("dead", "discard", dead[0]) == "Discarded: 1.\n"
    stats = json.loads(nagare("queue", "stats", "--json"))
    assert (stats["pull_hosts"], stats["dead"]) == (1, 1)


def test_a_task_is_cancelled_once(nagare: Nagare, dead: list[str], services: Services) -> None:
    services.ledger.dead_letters.retry(dead[0])
    assert nagare("tasks", "cancel", dead[0]) == f"Cancelled {dead[0]}.\n"
    assert "the task has already finished" in nagare("tasks", "cancel", dead[0], code=1)
    assert nagare("tasks", "list", "--state", "cancelled").count("pull_hosts:") == 1
    assert nagare("tasks", "list", "--state", "running") == "There are no tasks.\n"


def test_a_scheduled_task_is_listed_with_its_time(nagare: Nagare, services: Services) -> None:
    run_at = datetime.now(UTC) + timedelta(hours=1)
    task_id = services.ledger.submit.accept(Requester(1), GenerateAlerts(), run_at)
    head, line = nagare("tasks", "list").splitlines()
    assert "next run" in head and f"{run_at:%Y-%m-%d %H:%M}" in line
    assert nagare("tasks", "cancel", task_id) == f"Cancelled {task_id}.\n"


def test_queues_are_paused_and_resumed(nagare: Nagare, services: Services) -> None:
    assert nagare("queue", "pause", "pull_items") == "Paused pull_items.\n"
    [line] = [line for line in nagare("stats").splitlines() if line.startswith("pull_items")]
    assert line.split() == ["pull_items", "0", "paused"]
    assert nagare("queue", "resume", "pull_items") == "Resumed pull_items.\n"
    assert "paused" not in nagare("queue", "stats")
    assert "pull_everything" in nagare("queue", "pause", "pull_everything", code=2)


def test_a_queue_is_cleared_once_that_is_confirmed(nagare: Nagare, dead: list[str], services: Services) -> None:
    services.ledger.dead_letters.retry(dead[0])
    assert nagare("queue", "clear", "pull_hosts", "--yes") == "Cancelled: 1.\n"
    assert services.ledger.tasks.get(dead[0])["state"] == "cancelled"
    assert nagare("queue", "clear", "pull_hosts", "--yes") == "Cancelled: 0.\n"


def test_workers_tell_what_they_run(nagare: Nagare, dead: list[str], services: Services) -> None:
    assert nagare("workers") == "There are no live workers.\n"
    services.ledger.dead_letters.retry(dead[0])
    services.ledger.lifecycle.begin(dead[0], "worker@here/7")
    seen_at = "2026-01-31T12:00:00+00:00"
    description = {"hostname": "here", "pid": 5, "concurrency": 4, "started_at": seen_at, "seen_at": seen_at}
    services.queue.workers.announce("worker@here", {"name": "worker@here", **description})
    assert dead[0] in nagare("workers")
    [worker] = json.loads(nagare("workers", "--json"))
    assert [task["task_id"] for task in worker["tasks"]] == [dead[0]]


def work(services: Services, error: Exception | None) -> None:
    """Do the first task that comes, as a worker would."""
    wait_for(lambda: services.ledger.tasks.list(PageRequest(limit=1)).items, "a task to be asked for")
    task_id = services.ledger.tasks.list(PageRequest(limit=1)).items[0]["task_id"]
    claim = services.ledger.lifecycle.begin(task_id, "worker@here/1")
    assert claim is not None
    if error is None:
        services.ledger.lifecycle.succeed(
            claim, services.inventory.pulls.hosts(**claim.params), TaskStep(3, 3, "3 hosts")
        )
    else:
        services.ledger.lifecycle.fail(claim, error)


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [(None, 0, "seen 3, created 3"), (TaskFailed("坏了"), 1, "dead: 坏了")],
)
def test_a_pull_is_followed_to_its_end(
    nagare: Nagare, services: Services, error: Exception | None, code: int, told: str
) -> None:
    services.access.users.create("viewer", "correct horse", Role.VIEWER)
    services.access.users.create("ada", "correct horse", Role.OPERATOR)
    url = "simulator://demo?hosts=3&items=2"
    monitor_id = services.inventory.monitors.create({"name": "demo", "type": "simulator", "url": url})["id"]
    with ThreadPoolExecutor(1) as pool:
        worked = pool.submit(work, services, error)
        printed = nagare("pull", str(monitor_id), "--follow", code=code)
        worked.result()
    assert told in printed
    assert nagare("pull", str(monitor_id), "items").startswith("pull_items:")


def test_a_pull_needs_somebody_who_may_ask_for_it(nagare: Nagare, services: Services) -> None:
    services.access.users.create("viewer", "correct horse", Role.VIEWER)
    assert "no enabled operator or admin" in nagare("pull", "1", code=1)
