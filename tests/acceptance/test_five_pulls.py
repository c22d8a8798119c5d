"""The first scenario: what is asked for waits until a worker comes, and is done then."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from app.enums import TaskType
from tests.acceptance.programs import ROOT
from tests.acceptance.stack import Stack
from tests.acceptance.user import EMPTY, QUEUES, User
from tests.cli.instance import environment
from tests.cli.processes import wait_for
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix

Serve = Callable[[Callable[[Any], None]], str]


def test_five_pulls_wait_while_no_worker_runs_and_are_done_once_one_does(stack: Stack, user: User) -> None:
    monitors = [user.add_monitor(f"simulator://demo?hosts=3&items=2&seed={seed}") for seed in range(1, 6)]
    task_ids = []
    for n in monitors:
        answer = user.call("POST", f"/monitors/{n}/hosts/pull-async", 202)
        task_ids.append(answer.json()["task_id"])
        assert answer.json() == {"message": "Host pull task queued", "task_id": task_ids[-1], "monitor_id": n}
        assert answer.headers["Location"] == f"/api/v1/tasks/{task_ids[-1]}"
        assert int(answer.headers["Retry-After"]) >= 1
        assert task_ids[-1].startswith("pull_hosts:")
    assert len({*task_ids}) == 5
    assert user.stats() == {
        "pull_hosts": 5,
        "pull_items": 0,
        "generate_alerts": 0,
        "pull_host": 0,
        "pull_item": 0,
        "push_host": 0,
        "push_item": 0,
        "dead": 0,
    }
    assert stack.redis.llen("nagare:queue:pull_hosts") == 5
    assert {user.task(task_id)["state"] for task_id in task_ids} == {"queued"}
    assert user.all("/hosts") == []

    stack.start_worker()
    for n, task_id in zip(monitors, task_ids, strict=True):
        task = user.end(task_id)
        assert (task["state"], task["attempts"], task["history"]) == ("succeeded", 1, [])
        assert task["result"] == {"seen": 3, "created": 3, "updated": 0, "unchanged": 0, "vanished": 0}
        assert [host["status"] for host in user.all("/hosts", monitor_id=n)] == [1, 1, 1]
    assert user.stats() == EMPTY
    assert user.get(f"/monitors/{monitors[0]}")["host_count"] == 3


def test_redis_cli_and_the_statistics_agree_on_all_seven_queues(stack: Stack, user: User, serve: Serve) -> None:
    zabbix = FakeZabbix("6.0.14")
    zabbix.add_host("10084", items=1)
    address = f"{serve(zabbix.respond)}/zabbix"
    monitor = user.add_monitor(address, "zabbix", username="Admin", password="zabbix")
    user.post(f"/monitors/{monitor}/items/pull")
    [item] = user.all("/items", monitor_id=monitor)
    host = f"/monitors/{monitor}/hosts/{item['host_id']}"
    asked = {
        "pull_hosts": f"/monitors/{monitor}/hosts/pull-async",
        "pull_items": f"{host}/items/pull-async",
        "pull_host": f"{host}/pull-async",
        "pull_item": f"{host}/items/{item['id']}/pull-async",
        "push_host": f"{host}/push-async",
        "push_item": f"{host}/items/{item['id']}/push-async",
        "generate_alerts": "/alerts/generate-test",
    }
    task_ids = [user.submit(asked[queue]) for count, queue in enumerate(QUEUES, 1) for _ in range(count)]
    assert user.stats() == {queue: count for count, queue in enumerate(QUEUES, 1)} | {"dead": 0}
    assert stack.lengths() == {queue: count for count, queue in enumerate(QUEUES, 1)}

    stack.start_worker()
    assert {user.end(task_id)["state"] for task_id in task_ids} == {"succeeded"}
    wait_for(lambda: user.stats() == EMPTY, "all queues to be empty")
    assert {*stack.lengths().values()} == {0}


def test_celery_names_exactly_our_tasks(stack: Stack) -> None:
    worker = stack.start_worker()
    command = [sys.executable, "-m", "celery", "-A", "tasks", "inspect", "--json", "registered"]
    answer = subprocess.run(
        command, cwd=ROOT, env=environment(stack.folder, **stack.settings), capture_output=True, check=True, timeout=60
    )
    assert json.loads(answer.stdout) == {f"{worker.name}@test": sorted(f"tasks.{type_}" for type_ in TaskType)}
