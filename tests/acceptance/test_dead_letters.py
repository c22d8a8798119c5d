"""The fourth scenario: what becomes of a task that cannot be done, and what people can do about it."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis

from tests.acceptance.programs import Program
from tests.acceptance.stack import Stack
from tests.acceptance.user import EMPTY, Json, User
from tests.cli.processes import wait_for
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix

Serve = Callable[[Callable[[Any], None]], str]

UNREACHABLE = "http://127.0.0.1:9"
LETTER = ["task_id", "type", "params", "reason", "error", "attempts", "worker", "created_at", "dead_at"]
PASSWORD = "tr0ub4dor-密码-and-3"


@pytest.fixture
def dead(stack: Stack, user: User, worker: Program) -> Json:
    """Return a task that gave up on a monitor that cannot be reached."""
    monitor = user.add_monitor(UNREACHABLE, "prometheus")
    task = user.end(user.pull(monitor))
    assert task["state"] == "dead"
    listed(stack, task["task_id"])
    return task


def letters(stack: Stack) -> list[Json]:
    """What `redis-cli LRANGE` shows."""
    return [json.loads(element) for element in stack.redis.lrange("nagare:queue:dead", 0, 10)]


def listed(stack: Stack, *task_ids: str) -> list[Json]:
    """What `redis-cli LRANGE` shows once it shows these tasks: a worker writes the ledger first, then the list."""
    wait_for(lambda: {letter["task_id"] for letter in letters(stack)} == {*task_ids}, "the list of dead letters")
    return letters(stack)


def test_a_monitor_that_cannot_be_reached_is_tried_four_times_and_then_dead(
    stack: Stack, user: User, worker: Program, dead: Json
) -> None:
    task_id, monitor = dead["task_id"], dead["monitor_id"]
    assert (dead["attempts"], dead["max_retries"], dead["reason"]) == (4, 3, "source_unreachable")
    assert [attempt["attempt"] for attempt in dead["history"]] == [1, 2, 3, 4]
    assert {attempt["reason"] for attempt in dead["history"]} == {"source_unreachable"}
    assert {attempt["error"] for attempt in dead["history"]} == {dead["error"]}
    starts = [attempt["started_at"] for attempt in dead["history"]]
    assert starts == sorted(starts)
    delays = [event["delay_s"] for event in worker.events("task.retrying", task_id)]
    assert len(delays) == 3
    assert all(earlier < later for earlier, later in itertools.pairwise(delays))

    assert stack.redis.llen("nagare:queue:dead") == 1
    [letter] = letters(stack)
    assert list(letter) == LETTER
    expected = {"task_id": task_id, "type": "pull_hosts", "params": {"monitor_id": monitor}, "attempts": 4}
    assert letter == {**letter, **expected, "reason": "source_unreachable", "error": dead["error"]}
    assert letter["worker"].startswith(f"{worker.name}@test")
    assert (letter["created_at"], letter["dead_at"]) == (dead["created_at"], dead["finished_at"])
    assert user.stats() == {**EMPTY, "dead": 1}
    [shown] = user.all("/queue/dead")
    assert shown == {**letter, "monitor_id": monitor, "cause": "source_unreachable"}
    story = user.get(f"/queue/dead/{task_id}")
    assert "SourceUnreachable" in story["traceback"]
    assert story["history"] == dead["history"]
    assert user.get(f"/monitors/{monitor}")["status"] == "error"


def test_a_dead_letter_that_is_retried_keeps_its_id_and_history_and_counts_afresh(
    stack: Stack, user: User, dead: Json
) -> None:
    user.change_monitor(dead["monitor_id"], url="http://127.0.0.1:10")
    answer = user.call("POST", f"/queue/dead/{dead['task_id']}/retry", 202)
    assert answer.json()["task_id"] == dead["task_id"]
    assert answer.headers["Location"] == f"/api/v1/tasks/{dead['task_id']}"
    again = user.end(dead["task_id"])
    assert (again["state"], again["attempts"]) == ("dead", 4)
    assert len(again["history"]) == 8
    # They count no more.
    assert again["history"][:4] == [{**attempt, "number": None} for attempt in dead["history"]]
    assert [attempt["number"] for attempt in again["history"][4:]] == [1, 2, 3, 4]
    [letter] = listed(stack, dead["task_id"])
    assert (letter["task_id"], letter["attempts"]) == (dead["task_id"], 4)
    assert letter["dead_at"] > dead["finished_at"]


def test_a_dead_letter_that_is_retried_can_succeed(stack: Stack, user: User, worker: Program, serve: Serve) -> None:
    zabbix = FakeZabbix("6.0.14")
    zabbix.add_host("10084")
    address = f"{serve(zabbix.respond)}/zabbix"
    monitor = user.add_monitor(UNREACHABLE, "zabbix", username="Admin", password="zabbix")
    task_id = user.pull(monitor)
    assert user.end(task_id)["state"] == "dead"
    listed(stack, task_id)
    user.change_monitor(monitor, url=address, username="Admin", password="zabbix")
    assert user.post("/queue/dead/retry", body={"monitor_id": monitor}) == {"retried": 1}
    task = user.end(task_id)
    assert (task["state"], task["attempts"], len(task["history"])) == ("succeeded", 1, 4)
    assert (task["reason"], task["error"]) == (None, None)
    assert letters(stack) == []
    assert user.stats() == EMPTY


def test_a_dead_letter_that_is_discarded_is_gone_and_its_story_stays(stack: Stack, user: User, dead: Json) -> None:
    user.call("DELETE", f"/queue/dead/{dead['task_id']}", 204)
    assert letters(stack) == user.all("/queue/dead") == []
    assert user.stats() == EMPTY
    user.call("DELETE", f"/queue/dead/{dead['task_id']}", 404)
    user.call("POST", f"/queue/dead/{dead['task_id']}/retry", 404)
    assert user.task(dead["task_id"]) == dead


def test_a_monitor_that_refuses_the_password_is_dead_at_once_and_nobody_sees_the_password(
    stack: Stack, user: User, worker: Program, serve: Serve
) -> None:
    zabbix = FakeZabbix("6.0.14")
    address = f"{serve(zabbix.respond)}/zabbix"
    monitor = user.add_monitor(address, "zabbix", username="Admin", password=PASSWORD)
    task = user.end(user.pull(monitor))
    assert (task["state"], task["attempts"], task["reason"]) == ("dead", 1, "source_refused_login")
    assert "Incorrect user name or password" in task["error"]
    assert [attempt["reason"] for attempt in task["history"]] == ["source_refused_login"]
    assert [call["password"] for call in zabbix.sent("user.login")] == [PASSWORD]
    [letter] = listed(stack, task["task_id"])
    assert letter["reason"] == "source_refused_login"

    story = user.get(f"/queue/dead/{task['task_id']}")
    shown = [task, story, letter, user.get(f"/monitors/{monitor}"), user.all("/tasks"), user.get("/workers")]
    texts = {
        "answers": json.dumps(shown, ensure_ascii=False),
        "Redis": dump(stack.redis),
        "the API's log": stack.api.printed,
        "the worker's log": worker.printed,
        "the data folder": "".join(path.read_text(errors="replace") for path in stack.folder.glob("nagare.db*")),
    }
    for where, text in texts.items():
        assert "tr0ub4dor" not in text, where


def test_dead_letters_are_discarded_by_filter(stack: Stack, user: User, worker: Program) -> None:
    unreachable = [user.add_monitor(UNREACHABLE, "prometheus") for _ in range(2)]
    task_ids = [user.pull(monitor, what) for monitor in unreachable for what in ("hosts", "items")]
    for task_id in task_ids:
        user.end(task_id)
    listed(stack, *task_ids)
    assert user.post("/queue/dead/discard", body={"monitor_id": unreachable[0], "type": "pull_hosts"}) == {
        "discarded": 1
    }
    assert {letter["task_id"] for letter in letters(stack)} == {*task_ids[1:]}
    assert user.post("/queue/dead/discard", body={"monitor_id": unreachable[1]}) == {"discarded": 2}
    wait_for(lambda: user.stats() == {**EMPTY, "dead": 1}, "one dead letter to be left")


def dump(redis: Redis) -> str:
    """All that Redis holds, as text."""
    read: dict[str, Callable[[Any], object]] = {
        "string": redis.get,
        "list": lambda key: redis.lrange(key, 0, -1),
        "set": redis.smembers,
        "zset": lambda key: redis.zrange(key, 0, -1),
        "hash": redis.hgetall,
        "stream": redis.xrange,
    }
    return "\n".join(f"{key!r} {read[str(redis.type(key))](key)}" for key in redis.scan_iter())
