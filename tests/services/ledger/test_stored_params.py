"""What waits in a database or lies among the dead letters runs, whichever release stored it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
from redis import Redis

from app import clock
from app.composition import Services
from app.enums import TaskState, TaskType
from app.rules.task_params.base import params_class
from app.rules.task_params.sync import Sync
from app.services.ledger.outbox import new_task_id
from app.services.ledger.requester import Requester
from app.store.database.pages import PageRequest
from app.store.ledger import schedules, task_runs
from tasks import base, bodies
from tests.services.conftest import Time

STORED = Path(__file__).parents[2] / "unit" / "rules" / "task_params" / "stored"
EXAMPLES = [
    pytest.param(TaskType(path.stem), example["params"], id=f"{path.stem}-{number}")
    for path in sorted(STORED.glob("*.json"))
    for number, example in enumerate(json.loads(path.read_text()))
]
IS_NO_REPORT = {"reports": ["colour", 7, None]}

Run = Callable[[TaskType, Any], Mapping[str, Any]]

for module in iter_modules(bodies.__path__):
    import_module(f"{bodies.__name__}.{module.name}")


def work(services: Services, task_id: str) -> Mapping[str, Any]:
    """Run a task as a worker does, and return what became of it."""
    type_ = TaskType(task_id.partition(":")[0])
    base.run_task(task_id, params_class(type_), base.BODIES[type_], "worker@test/1")
    return services.ledger.tasks.get(task_id)


@pytest.fixture
def run(services: Services, monitor_id: int, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs a task whose parameters are stored so, on a fleet that is pulled."""
    services.inventory.pulls.items(monitor_id)
    # A machine that is slow for the three seconds of these tests' lease would have the test killed.
    patient = replace(services, settings=services.settings.model_copy(update={"lease_s": 60.0}))
    monkeypatch.setattr(base, "services", lambda: patient)

    def run(type_: TaskType, stored: Any) -> Mapping[str, Any]:
        task_id = new_task_id(type_)
        row = {"id": task_id, "type": type_, "state": TaskState.QUEUED, "params": stored, "max_retries": 3}
        with services.database.transaction() as connection:
            task_runs.add(connection, [{**row, "created_at": clock.now()}])
        return work(services, task_id)

    return run


@pytest.mark.parametrize(("type_", "stored"), EXAMPLES)
def test_what_any_release_stored_is_understood(run: Run, type_: TaskType, stored: Mapping[str, Any]) -> None:
    task = run(type_, stored)
    is_report = not IS_NO_REPORT.items() <= stored.items()
    assert task["state"] in (TaskState.SUCCEEDED, TaskState.RUNNING, TaskState.DEAD)
    assert task["reason"] != "internal_error", task["error"]
    assert (task["reason"] != "invalid_params") == is_report, task["error"]
    assert task["params"] == stored


def test_what_a_newer_release_stored_runs(run: Run, monitor_id: int) -> None:
    task = run(TaskType.PULL_HOSTS, {"monitor_id": monitor_id, "only_groups": ["linux"]})
    assert (task["state"], task["result"]["seen"]) == (TaskState.SUCCEEDED, 3)


@pytest.mark.parametrize(
    ("type_", "stored", "error"),
    [
        (TaskType.PULL_HOSTS, {"monitor_id": "1"}, "params.monitor_id: Input should be a valid integer"),
        (TaskType.PULL_HOSTS, {"monitor": 1}, "params.monitor_id: Field required"),
        (TaskType.SYNC, {}, "params.monitor_id: Field required"),
        (TaskType.NOTIFY, None, "params: Input should be a valid dictionary or instance of Notify"),
        (
            TaskType.RECEIVE_ALERTS,
            {"monitor_id": 1, "reports": [{"source": "webhook", "colour": "red"}]},
            "params.reports.0: KeyError: 'severity'",
        ),
    ],
)
def test_what_cannot_be_read_is_a_dead_letter_that_names_the_field(
    services: Services, redis: Redis, run: Run, type_: TaskType, stored: Any, error: str
) -> None:
    task = run(type_, stored)
    outcome = (TaskState.DEAD, 1, "invalid_params", error)
    assert (task["state"], task["attempts"], task["reason"], task["error"]) == outcome
    letter = json.loads(str(redis.lindex("nagare:queue:dead", 0)))
    assert (letter["reason"], letter["error"], letter["params"]) == ("invalid_params", error, stored)
    assert services.ledger.dead_letters.get(task["task_id"])["traceback"].startswith("Traceback")


def test_a_dead_letter_of_an_older_release_runs_when_it_is_retried(services: Services, run: Run) -> None:
    dead = run(TaskType.GENERATE_ALERTS, {"count": "3"})
    with services.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE task_runs SET params = '{\"count\": 3}' WHERE id = ?", (dead["task_id"],))
    services.ledger.dead_letters.retry(dead["task_id"])
    task = work(services, dead["task_id"])
    assert (task["state"], task["result"]["count"]) == (TaskState.SUCCEEDED, 3)


def test_a_parent_that_cannot_be_read_ends_and_holds_up_no_other(
    services: Services, by: Requester, monitor_id: int, run: Run
) -> None:
    broken, sound = (run(TaskType.SYNC, {"monitor_id": monitor_id})["task_id"] for _ in range(2))
    with services.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE task_runs SET params = '{}' WHERE id = ?", (broken,))
    for _ in range(4):
        for task in services.ledger.tasks.list(PageRequest(limit=500), state=TaskState.QUEUED).items:
            work(services, task["task_id"])
        services.ledger.syncs.tick()
    assert services.ledger.tasks.get(broken)["reason"] == "invalid_params"
    assert services.ledger.tasks.get(sound)["state"] == TaskState.SUCCEEDED


def test_a_schedule_that_cannot_be_read_says_so(services: Services, monitor_id: int, time: Time) -> None:
    fields = {"cron": "* * * * *", "timezone": "UTC", "task_type": Sync.type, "enabled": True}
    made = services.ledger.schedules.create({"name": "all", "params": {"monitor_id": monitor_id}, **fields})
    with services.database.transaction() as connection:
        schedules.change(connection, made["id"], {"params": {"monitor": monitor_id}})
    time.pass_by(60)
    services.ledger.schedules.tick()
    assert services.ledger.schedules.get(made["id"])["last_error"] == "params.monitor_id: Field required"
