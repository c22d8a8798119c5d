"""What lies in a queue without being a task harms nobody, and people can see it."""

import json

import pytest

from app.queue.publisher import message
from tests.acceptance.programs import Program
from tests.acceptance.stack import Stack
from tests.acceptance.user import EMPTY, User
from tests.cli.processes import wait_for

KEY = "nagare:queue:pull_hosts"


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        (b"not JSON", "malformed_message"),
        (b"\xff\xfe\x00", "malformed_message"),
        (b'{"body": "W10=", "headers": {"id": "5", "task": "tasks.pull_hosts"}}', "malformed_message"),
        (b'{"headers": {"task": "os.system"}, "body": ' + b"[" * 2000, "malformed_message"),
        (b"x" * 5_000_000, "malformed_message"),
        (message("pull_hosts", "pull_hosts:01929f0c-0000-7000-8000-000000000000").encode(), "unknown_task"),
    ],
    ids=["text", "bytes", "foreign id", "nested", "5 MB", "unknown id"],
)
def test_a_poisonous_element(stack: Stack, user: User, worker: Program, element: bytes, reason: str) -> None:
    stack.redis.lpush(KEY, element)
    task_id = user.pull(user.add_monitor("simulator://demo?hosts=3&items=2"))
    assert user.end(task_id)["state"] == "succeeded"
    wait_for(lambda: user.stats() == {**EMPTY, "dead": 1}, "the element to be a dead letter")
    [letter] = user.all("/queue/dead")
    assert (letter["type"], letter["reason"]) == ("pull_hosts", reason)
    assert 0 < len(letter["params"]["element"]) <= 2000
    assert worker.process.poll() is None


@pytest.mark.parametrize("key", [KEY, "nagare:queue:dead"])
def test_a_key_that_is_no_list(stack: Stack, user: User, worker: Program, key: str) -> None:
    monitor = user.add_monitor("simulator://demo?hosts=3&items=2")
    stack.redis.delete(key)
    stack.redis.set(key, "not a list")
    task_ids = [user.pull(monitor), user.pull(monitor, "items")]
    assert {user.end(task_id)["state"] for task_id in task_ids} == {"succeeded"}
    wait_for(lambda: user.http.get("/queue/stats").json() == EMPTY, "the lists to be lists again")
    assert worker.process.poll() is None


@pytest.mark.parametrize("name", ["workers", "measures", "recovery:leader", "events", "events:alerts"])
def test_a_key_of_another_type(stack: Stack, user: User, worker: Program, name: str) -> None:
    key = f"nagare:{name}"
    stack.redis.delete(key)
    stack.redis.zadd(key, {"neither a string nor a list": 1})
    wait_for(lambda: stack.redis.exists(f"nagare:aside:{key}"), "the key to be set aside")
    assert user.end(user.pull(user.add_monitor("simulator://demo?hosts=3&items=2")))["state"] == "succeeded"
    wait_for(lambda: user.readiness().status_code == 200, "readiness")
    assert worker.process.poll() is None


def test_what_nagare_did_not_write_stops_neither_the_recovery_nor_the_probes(
    stack: Stack, user: User, worker: Program
) -> None:
    redis = stack.redis
    for number, text in enumerate(("text", "[]", "5", "{}", "[" * 5000)):
        redis.sadd("nagare:workers", f"evil{number}")
        redis.set(f"nagare:worker:evil{number}", text)
        redis.lpush("nagare:malformed", text, json.dumps({"type": text, "length": "x", "text": 5}))
        redis.hset("nagare:measures", text, "1")
    redis.set("nagare:recovery:leader", "evil")
    redis.set("nagare:events:alerts", "evil")
    for path in ("/api/v1/workers", "/readyz", "/metrics"):
        assert user.http.get(user.http.base_url.join(path)).status_code == 200
    wait_for(lambda: redis.get("nagare:recovery:leader") != "evil", "the worker to lead again")
    wait_for(lambda: redis.llen("nagare:malformed") == 0, "the notes to be dropped")
    redis.delete("nagare:queue:pull_hosts")
    assert user.end(user.pull(user.add_monitor("simulator://demo?hosts=3&items=2")))["state"] == "succeeded"
    assert worker.events("recovery.failed") == []
