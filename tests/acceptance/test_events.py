"""Those who watch see what happens, in order, whatever happens to them, to workers and to Redis."""

import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress

import pytest

from tests.acceptance.stack import Stack
from tests.acceptance.user import Json, User
from tests.acceptance.watchers import Ended, EventStreamWatcher, Watcher, WebSocketWatcher
from tests.cli.instance import free_port
from tests.cli.processes import wait_for

QUICK = "simulator://demo?hosts=3&items=2"
SLOW = f"{QUICK}&latency_ms=60000"
STORY = ["task.queued", "task.started", "task.succeeded"]
Connect = Callable[..., Watcher]


def names(messages: list[Json], task_id: str) -> list[str]:
    """What was told of a task, without its progress."""
    told = [message["event"] for message in messages if message.get("task", {}).get("task_id") == task_id]
    return [name for name in told if name != "task.progress"]


def is_end_of(task_id: str) -> Callable[[Json], bool]:
    ends = ("task.succeeded", "task.dead", "task.cancelled")
    return lambda message: message["event"] in ends and message["task"]["task_id"] == task_id


def by_websocket(stack: Stack, last_id: str | None = None, **wanted: object) -> Watcher:
    return WebSocketWatcher(stack.port, stack.token, wanted={**wanted, **({"last_id": last_id} if last_id else {})})


def by_event_stream(stack: Stack, last_id: str | None = None, **wanted: object) -> Watcher:
    query = "?" + "&".join(f"{name}={value}" for name, value in wanted.items()) if wanted else ""
    resumed = {"Last_Event_ID": last_id} if last_id else {}
    return EventStreamWatcher(stack.port, query, Authorization=f"Bearer {stack.token}", **resumed)


@pytest.fixture(params=[by_websocket, by_event_stream])
def connect(request: pytest.FixtureRequest) -> Connect:
    found: Connect = request.param
    return found


def ticket(user: User) -> str:
    made = user.post("/events/ticket", 201)
    assert made["expires_in"] == 30
    return str(made["ticket"])


def test_the_events_of_a_pull_come_in_order(stack: Stack, user: User, connect: Connect) -> None:
    monitor = user.add_monitor(f"{QUICK}&latency_ms=1200")
    stack.start_worker()
    with connect(stack, monitor_id=monitor) as watcher:
        assert watcher.next()["event"] == "ready"
        task_id = user.pull(monitor, "items")
        told = watcher.until(is_end_of(task_id))
    assert names(told, task_id) == STORY
    ids = [tuple(map(int, message["id"].split("-"))) for message in told]
    assert ids == sorted({*ids})
    progress = [message["task"]["progress"] for message in told if message["event"] == "task.progress"]
    assert progress and progress[-1]["message"]
    ended = told[-1]["task"]
    assert (ended["state"], ended["type"], ended["monitor_id"], ended["attempts"]) == (
        "succeeded",
        "pull_items",
        monitor,
        1,
    )
    assert ended["result"]["seen"] == 6


def test_who_comes_again_misses_nothing_and_sees_nothing_twice(stack: Stack, user: User, connect: Connect) -> None:
    monitor = user.add_monitor(QUICK)
    stack.start_worker()
    with connect(stack, monitor_id=monitor) as watcher:
        assert watcher.next()["event"] == "ready"
        first = user.pull(monitor)
        before = watcher.until(is_end_of(first))
    missed = [user.pull(monitor) for _ in range(600)]
    for task_id in missed:
        user.end(task_id)
    with connect(stack, last_id=before[-1]["id"], monitor_id=monitor) as watcher:
        assert watcher.next()["event"] == "ready"
        last = user.pull(monitor)
        after = watcher.until(is_end_of(last))
    assert "reset" not in {message["event"] for message in after}
    assert len({message["id"] for message in [*before, *after]}) == len(before) + len(after)
    for task_id in (*missed, last):
        assert names(after, task_id) == STORY


def test_who_was_away_too_long_is_told_so(stack: Stack, user: User, connect: Connect) -> None:
    monitor = user.add_monitor(QUICK)
    user.pull(monitor)
    with connect(stack, last_id="1-0", monitor_id=monitor) as watcher:
        assert [message["event"] for message in watcher.until_event("task.queued")] == ["ready", "reset", "task.queued"]


def test_filters(stack: Stack, user: User, connect: Connect) -> None:
    monitor, other = user.add_monitor(QUICK), user.add_monitor(QUICK)
    stack.start_worker()
    with ExitStack() as open_:
        every, of_type = open_.enter_context(connect(stack)), open_.enter_context(connect(stack, type="pull_items"))
        assert every.next()["event"] == of_type.next()["event"] == "ready"
        hosts = user.pull(other)
        user.end(hosts)
        of_task = open_.enter_context(connect(stack, last_id="1-0", task_id=hosts))
        items = user.pull(monitor, "items")
        every.until(is_end_of(items))
        of_type.until(is_end_of(items))
        of_task.until(is_end_of(hosts))
    assert names(every.seen, hosts) == names(every.seen, items) == STORY
    assert {message["task"]["type"] for message in of_type.seen if "task" in message} == {"pull_items"}
    assert {message["task"]["task_id"] for message in of_task.seen if "task" in message} == {hosts}


def test_alerts_are_told_of(stack: Stack, user: User) -> None:
    monitor = user.add_monitor(QUICK)
    stack.start_worker()
    user.end(user.pull(monitor, "items"))
    with by_websocket(stack) as watcher:
        assert watcher.next()["event"] == "ready"
        user.end(user.submit("/alerts/generate-test", count=2, severity=2))
        fired = [watcher.until_event("alert.fired")[-1]["alert"] for _ in range(2)]
        alert = user.all("/alerts")[0]
        user.post(f"/alerts/{alert['id']}/resolve", body={})
        [*_, resolved] = watcher.until_event("alert.resolved")
    assert {each["id"] for each in fired} == {each["id"] for each in user.all("/alerts")}
    assert resolved["alert"] == {
        **{name: alert[name] for name in ("id", "monitor_id", "host_id", "severity")},
        "status": 2,
    }


def test_a_worker_that_is_killed_while_somebody_watches(stack: Stack, user: User) -> None:
    monitor = user.add_monitor(SLOW)
    worker = stack.start_worker()
    with by_websocket(stack, monitor_id=monitor) as watcher:
        assert watcher.next()["event"] == "ready"
        task_id = user.pull(monitor)
        watcher.until_event("task.started")
        user.change_monitor(monitor, url=QUICK)
        worker.kill()
        stack.start_worker()
        watcher.until(is_end_of(task_id))
    assert names(watcher.seen, task_id) == ["task.queued", "task.started", "task.retrying", *STORY]
    retrying = next(message["task"] for message in watcher.seen if message["event"] == "task.retrying")
    assert (retrying["reason"], retrying["attempts"]) == ("worker_lost", 1)
    assert retrying["next_run_at"]


def test_a_ticket_is_good_once(stack: Stack, user: User) -> None:
    one = ticket(user)
    with WebSocketWatcher(stack.port, query=f"?ticket={one}") as watcher:
        assert watcher.next()["event"] == "ready"
    with pytest.raises(Ended, match="401"):
        WebSocketWatcher(stack.port, query=f"?ticket={one}")
    with EventStreamWatcher(stack.port, f"?ticket={ticket(user)}") as stream:
        assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.next()["event"] == "ready"
    with pytest.raises(Ended, match="401"):
        EventStreamWatcher(stack.port, "?ticket=made-up")


@pytest.mark.parametrize(
    "message",
    ['{"token": "made up"}', "{}", "[]", "not JSON", '{"token": "x", "monitor_id": "1"}', '{"token": "x", "color": 1}'],
)
def test_a_first_message_that_does_not_hold_ends_the_stream(stack: Stack, message: str) -> None:
    with WebSocketWatcher(stack.port) as watcher:
        watcher.say(message)
        assert watcher.end() == 1008


def test_who_says_nothing_is_sent_away(stack: Stack) -> None:
    with WebSocketWatcher(stack.port) as watcher:
        assert watcher.end() == 1008


def test_a_session_that_ends_ends_its_streams(stack: Stack, user: User) -> None:
    tokens = user.post("/auth/login", body={"username": "admin", "password": "correct horse battery"})
    token = tokens["access_token"]
    with WebSocketWatcher(stack.port, token) as watcher:
        assert watcher.next()["event"] == "ready"
        user.http.post("/auth/logout", headers={"Authorization": f"Bearer {token}"})
        assert watcher.end() == 1008


def test_a_client_that_does_not_read_is_dropped(stack: Stack, user: User) -> None:
    monitor = user.add_monitor(QUICK)
    with ExitStack() as open_:
        deaf = open_.enter_context(WebSocketWatcher(stack.port, stack.token, receive_buffer=4096))
        reader = open_.enter_context(by_websocket(stack))
        assert deaf.next()["event"] == reader.next()["event"] == "ready"
        message = "流" * 400
        events = [f'{{"event":"task.progress","task":{{"task_id":"{n}","message":"{message}"}}}}' for n in range(2000)]
        pipeline = stack.redis.pipeline(transaction=False)
        for event in events:
            pipeline.xadd("nagare:events", {"e": event})
        pipeline.execute()
        told = reader.until(lambda each: each["event"] == "task.progress" and each["task"]["task_id"] == "1999")
        assert [each["task"]["task_id"] for each in told] == [str(n) for n in range(2000)]
        wait_for(lambda: stack.api.events("stream.dropped"), "the client that does not read to be dropped")
        last = user.pull(monitor)
        reader.until(lambda each: each["event"] == "task.queued" and each["task"]["task_id"] == last)
        assert deaf.end() in (1013, None)
        assert len(deaf.seen) < 2000


def test_five_hundred_clients_and_the_api_still_answers(stack: Stack, user: User) -> None:
    monitor = user.add_monitor(QUICK)
    stack.start_worker()
    with ExitStack() as open_:
        made = (WebSocketWatcher(stack.port, stack.token, wanted={"monitor_id": monitor}) for _ in range(500))
        watchers = [open_.enter_context(watcher) for watcher in made]
        assert {watcher.next()["event"] for watcher in watchers} == {"ready"}
        task_id = user.pull(monitor)
        assert user.end(task_id)["state"] == "succeeded"
        assert user.get("/hosts", monitor_id=monitor)["items"]
        for watcher in watchers:
            assert names(watcher.until(is_end_of(task_id)), task_id) == STORY


def test_a_redis_that_comes_back_empty_under_watchers(stack: Stack, user: User, connect: Connect) -> None:
    monitor = user.add_monitor(QUICK)
    stack.start_worker()
    with connect(stack, monitor_id=monitor) as watcher:
        assert watcher.next()["event"] == "ready"
        user.end(user.pull(monitor))
        stack.kill_valkey()
        stack.start_valkey()
        assert watcher.until_event("reset")
        wait_for(lambda: user.http.get("/queue/stats").status_code == 200, "the API to see Redis again")
        task_id = user.pull(monitor)
        assert watcher.until(is_end_of(task_id))


def test_waiting_for_a_task(stack: Stack, user: User) -> None:
    monitor = user.add_monitor(SLOW)
    task_id = user.pull(monitor)
    worker = stack.launch_worker()
    assert user.get(f"/tasks/{task_id}", wait=60)["state"] == "running"
    user.change_monitor(monitor, url=QUICK)
    os.kill(worker.pid, signal.SIGTERM)
    assert user.get(f"/tasks/{task_id}", wait=60)["state"] == "queued"
    stack.start_worker()
    assert user.wait(task_id, "succeeded")["state"] == "succeeded"
    assert user.get(f"/tasks/{task_id}", wait=60)["state"] == "succeeded"


def test_an_api_that_stops_sends_its_watchers_away(stack: Stack) -> None:
    port = free_port()
    api = stack.start("api2", sys.executable, "-m", "gunicorn", "wsgi:application", NAGARE_PORT=str(port))
    wait_for(lambda: can_connect(port), "the second API to answer")
    with (
        WebSocketWatcher(port, stack.token) as watcher,
        EventStreamWatcher(port, Authorization=f"Bearer {stack.token}") as stream,
    ):
        assert watcher.next()["event"] == stream.next()["event"] == "ready"
        assert api.stop() == 0
        assert watcher.end() == 1001
        assert stream.end() is None
    assert "Traceback" not in api.printed


def can_connect(port: int) -> bool:
    with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port))):
        return True
    return False
