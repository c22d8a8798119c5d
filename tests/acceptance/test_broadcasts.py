"""Who can write to Redis has no power over tasks: not by a broadcast, nor by a list of their own."""

import base64
import json
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery

from tasks.control import REFUSED
from tests.acceptance.stack import Stack
from tests.acceptance.test_accidents import QUICK, SLOW, running
from tests.acceptance.user import User
from tests.cli.processes import wait_for

CHANNEL = "/0.celery.pidbox"

ARGUMENTS: dict[str, dict[str, Any]] = {
    "add_consumer": {"queue": "evil"},
    "autoscale": {"max": 9, "min": 9},
    "cancel_consumer": {"queue": "nagare:queue:pull_hosts"},
    "election": {"id": "1", "topic": "x"},
    "hello": {"from_node": "evil@host", "revoked": {}},
    "pool_grow": {"n": 3},
    "pool_shrink": {"n": 4},
    "rate_limit": {"task_name": "tasks.pull_hosts", "rate_limit": "1/h"},
    "revoke_by_stamped_headers": {"headers": {"stamp": "x"}},
    "terminate": {"signal": "KILL", "task_id": "x"},
    "time_limit": {"task_name": "tasks.pull_hosts", "soft": 0.01, "hard": 0.02},
}
Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(stack: Stack) -> Iterator[Ask]:
    """Broadcast a command as anybody can who writes to Redis, and return a worker's answer."""
    stranger = Celery("stranger", broker=stack.settings["REDIS_URL"], set_as_current=False)

    def send(command: str, **arguments: Any) -> dict[str, Any]:
        # A worker is alive a moment before it listens.
        wait_for(lambda: stranger.control.broadcast("ping", reply=True, timeout=0.5, limit=1), "a worker to listen")
        replies = stranger.control.broadcast(command, arguments=arguments, reply=True, timeout=20, limit=1)
        [[answer]] = [reply.values() for reply in replies]
        found: dict[str, Any] = answer
        return found

    yield send
    stranger.close()


def test_every_refused_command_is_answered_with_the_reason_and_changes_nothing(
    stack: Stack, user: User, ask: Ask
) -> None:
    worker = stack.start_worker()
    before = user.worker(worker.name)
    for command, reason in REFUSED.items():
        answer = ask(command, **ARGUMENTS.get(command, {}))
        assert reason in answer["error"]
    assert "docs/celery.md" in ask("dump_active")["error"]
    assert [entry["command"] for entry in worker.events("control.refused")] == [*REFUSED, "dump_active"]
    task_ids = [user.pull(user.add_monitor(QUICK)) for _ in range(8)]
    assert {user.end(task_id)["state"] for task_id in task_ids} == {"succeeded"}
    after = user.worker(worker.name)
    same = ("id", "pid", "concurrency", "queues", "started_at")
    assert [after[field] for field in same] == [before[field] for field in same]


@pytest.mark.parametrize("terminate", [False, True])
def test_a_revoked_task_goes_on_and_can_be_cancelled(stack: Stack, user: User, ask: Ask, terminate: bool) -> None:
    stack.start_worker()
    slow = user.add_monitor(SLOW, max_parallel_tasks=8)
    busy = [user.wait(user.pull(slow), "running")["task_id"] for _ in range(4)]
    waiting = user.pull(user.add_monitor(QUICK))
    answer = ask("revoke", task_id=[*busy, waiting], terminate=terminate, signal="KILL")
    assert "nagare tasks cancel ID" in answer["error"]
    user.cancel(busy[0])
    assert user.end(waiting)["state"] == "succeeded"
    assert [user.task(task_id)["state"] for task_id in busy] == ["cancelled", *["running"] * 3]
    assert [user.task(task_id)["attempts"] for task_id in busy] == [1] * 4


def test_nothing_is_taken_from_a_list_of_others(stack: Stack, user: User, ask: Ask) -> None:
    pulled = user.pull(user.add_monitor(QUICK))
    stack.start_worker("-X", "pull_hosts")
    assert "error" in ask("add_consumer", queue="evil", exchange="", routing_key="evil")
    headers = {"lang": "py", "id": pulled, "task": "tasks.generate_alerts", "argsrepr": "", "kwargsrepr": ""}
    body = base64.b64encode(json.dumps([[pulled], {}, {}]).encode()).decode()
    delivery = {"exchange": "", "routing_key": "evil"}
    properties = {"delivery_tag": "1", "delivery_info": delivery, "body_encoding": "base64", "correlation_id": pulled}
    message = {"body": body, "headers": headers, "properties": properties}
    message |= {"content-type": "application/json", "content-encoding": "utf-8"}
    stack.redis.lpush("evil", json.dumps(message))
    other = user.pull(user.add_monitor(QUICK), "items")
    assert user.end(other)["state"] == "succeeded"
    assert (stack.redis.llen("evil"), user.task(pulled)["state"]) == (1, "queued")
    stack.redis.delete("evil")
    stack.start_worker()
    assert user.end(pulled)["result"]["seen"] == 3


def test_a_shutdown_by_broadcast_hands_back(stack: Stack, user: User, ask: Ask) -> None:
    worker = stack.start_worker()
    task = running(user, user.add_monitor(SLOW))
    assert ask("shutdown") == {"ok": "shutting down"}
    assert worker.process.wait(timeout=30) == 0
    handed_back = user.task(task["task_id"])
    assert (handed_back["state"], handed_back["attempts"], handed_back["history"]) == ("queued", 0, [])
    assert user.get("/workers")["items"] == []


def test_a_worker_that_restarts_itself_hands_back(stack: Stack, user: User) -> None:
    celery = str(Path(sys.executable).parent / "celery")
    worker = stack.start("restarting", celery, "-A", "tasks", "worker", "-c", "4", "-n", "restarting@test")
    task = running(user, user.add_monitor(SLOW))
    worker.process.send_signal(signal.SIGHUP)
    wait_for(lambda: worker.events("task.handed_back", task["task_id"]), "the task to be handed back")
    ended = user.end(task["task_id"])
    assert (ended["state"], ended["attempts"], ended["history"]) == ("succeeded", 1, [])


def published(
    body: Any, headers: Any = None, content_type: str = "application/json", **properties: Any
) -> dict[str, Any]:
    """Return what kombu publishes, with what a stranger changes in it."""
    given = {"delivery_tag": "1", "delivery_info": {}, "body_encoding": "base64", **properties}
    text = base64.b64encode(json.dumps(body).encode()).decode()
    envelope = {"body": text, "headers": {} if headers is None else headers, "properties": given}
    return {**envelope, "content-type": content_type, "content-encoding": "utf-8"}


PING: dict[str, Any] = {"method": "ping", "arguments": {}}
ENVELOPES: list[Any] = [
    *("null", "[]", "5", '"text"', "[" * 100_000, b"\xff\xfe", "{"),
    {"body": "e30=", "headers": {}},
    {**published(PING), "properties": {"body_encoding": "base64"}},
    {**published(PING), "properties": None},
    {**published(PING), "body": 5},
    {**published(PING), "body": "!"},
    published(PING, headers="text"),
    published(PING, headers=[1]),
    published(PING, delivery_tag={}),
]
BODIES: list[Any] = [None, [], 5, "text", {}, {"arguments": {}}, {**PING, "more": 1}]
BROADCASTS: list[Any] = [
    *(published(body) for body in BODIES),
    *(published({**PING, "method": method}) for method in (5, ["ping"], {"ping": 1})),
    *(published({**PING, "arguments": arguments}) for arguments in ([1], "text")),
    published({**PING, "destination": 5}),
    published({**PING, "pattern": "(((", "matcher": "pcre"}),
    published(PING, headers={"clock": "text"}),
    *(
        published({**PING, "reply_to": reply_to})
        for reply_to in (5, {}, *({"exchange": "", "routing_key": key} for key in ("nagare:queue:dead", "evil")))
    ),
]


def test_no_broadcast_ends_a_worker_or_has_it_write_where_its_sender_likes(stack: Stack, user: User, ask: Ask) -> None:
    worker = stack.start_worker()
    assert ask("ping") == {"ok": "pong"}
    for one in (*ENVELOPES, *BROADCASTS):
        stack.redis.publish(CHANNEL, json.dumps(one) if isinstance(one, dict) else one)
    assert ask("ping") == {"ok": "pong"}
    assert worker.process.poll() is None
    assert len(worker.events("broadcast.malformed")) == len(ENVELOPES)
    assert len(worker.events("control.malformed")) == len(BROADCASTS)
    # What kombu takes on trust is not taken over.
    kinds: dict[str, Any] = {"content_type": "application/x-python-serialize", "body_encoding": {}}
    stack.redis.publish(CHANNEL, json.dumps(published({"method": "revoke"}, **kinds)))
    wait_for(lambda: worker.events("control.refused"), "the broadcast to be read as what it is")
    assert [entry["event"] for entry in map(json.loads, worker.printed.splitlines()) if "exception" in entry] == []
    assert [key for key in stack.redis.scan_iter() if key in ("evil", "nagare:queue:dead")] == []
    assert user.end(user.pull(user.add_monitor(QUICK)))["state"] == "succeeded"
