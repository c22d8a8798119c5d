"""Messages to people, sent by real workers to a real receiver: killed in the middle, refused, and kept secret."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.composition import Services, build
from app.settings import load_settings
from tests.acceptance.stack import Stack
from tests.acceptance.test_accidents import child_of
from tests.acceptance.test_dead_letters import dump, listed
from tests.acceptance.user import User
from tests.cli.processes import wait_for
from tests.services.alert_rows import add_alert, add_event
from tests.services.response.receiver import SECRET, Receiver, Serve


@pytest.fixture
def receiver(serve: Serve) -> Receiver:
    return Receiver(serve)


@pytest.fixture
def services(stack: Stack) -> Iterator[Services]:
    """Return services on the stack's database, as long as nothing else takes alerts in."""
    services = build(load_settings(stack.settings))
    yield services
    services.close()


@pytest.fixture
def notify(user: User, receiver: Receiver) -> Iterator[Callable[..., int]]:
    """Return a maker of notifications that go to the receiver; they are deleted in the end."""
    made: list[int] = []

    def make(**fields: Any) -> int:
        name = f"notification {len(made)}"
        body = {"name": name, "url": receiver.url, "min_severity": 0, "batch_s": 0, **fields}
        made.append(int(user.post("/notifications", 201, body)["id"]))
        return made[-1]

    yield make
    for notification in made:
        user.call("DELETE", f"/notifications/{notification}", 204)


def fire(services: Services, monitor: int, count: int = 1) -> None:
    with services.database.transaction() as connection:
        for number in range(count):
            add_event(connection, add_alert(connection, monitor, number))


def last_task(user: User) -> str:
    """Wait for the task of a message and return its id."""
    wait_for(lambda: user.all("/tasks", type="notify"), "a message")
    return str(user.all("/tasks", type="notify")[0]["task_id"])


def test_two_hundred_alerts_arrive_in_one_message(
    stack: Stack, user: User, services: Services, receiver: Receiver, notify: Callable[..., int]
) -> None:
    stack.start_worker()
    notify(batch_s=2, language="zh")
    fire(services, user.add_monitor("simulator://demo?hosts=1&items=1"), 200)
    wait_for(lambda: receiver.seen, "the message")
    [seen] = receiver.seen
    assert seen["title"] == "[nagare] 触发 200 条严重"
    assert user.end(last_task(user))["result"] == {"sent": 1, "changes": 200}


def test_a_worker_that_is_killed_while_the_receiver_holds_the_request_does_not_send_twice(
    stack: Stack, user: User, services: Services, receiver: Receiver, notify: Callable[..., int]
) -> None:
    is_let_go = threading.Event()

    def hold(request: Any) -> None:
        is_let_go.wait(20)
        request.answer()

    receiver.respond = hold
    stack.start_worker()
    notify(delivery="at_most_once")
    fire(services, user.add_monitor("simulator://demo?hosts=1&items=1"))
    wait_for(lambda: receiver.seen, "the message to be on its way")
    task_id = last_task(user)
    os.kill(child_of(user.wait(task_id, "running")), signal.SIGKILL)
    ended = user.end(task_id)
    assert (ended["state"], ended["reason"]) == ("dead", "notification_uncertain")
    assert [attempt["reason"] for attempt in ended["history"]] == ["worker_lost", "notification_uncertain"]
    assert len(receiver.seen) == 1
    is_let_go.set()
    listed(stack, task_id)

    user.call("POST", f"/queue/dead/{task_id}/retry", 202)
    assert user.end(task_id)["state"] == "succeeded"
    assert len(receiver.seen) == 2


def test_a_receiver_that_refuses_is_tried_four_times_and_nobody_sees_its_address(
    stack: Stack, user: User, services: Services, receiver: Receiver, notify: Callable[..., int]
) -> None:
    worker = stack.start_worker()
    receiver.respond = lambda request: request.answer({"error": request.path}, 500)
    notification = notify()
    task_id = user.submit(f"/notifications/{notification}/test")
    task = user.end(task_id)
    assert (task["state"], task["attempts"], task["reason"]) == ("dead", 4, "notification_failed")
    assert len(receiver.seen) == 4
    [letter] = listed(stack, task_id)
    wrong = user.call("POST", "/notifications", 422, {"name": "wrong", "url": f"nothing://{SECRET}"}).json()
    shown = [task, letter, wrong, user.get(f"/queue/dead/{task_id}"), user.all("/notifications"), user.all("/tasks")]
    texts = {
        "answers": json.dumps(shown, ensure_ascii=False),
        "Redis": dump(stack.redis),
        "the API's log": stack.api.printed,
        "the worker's log": worker.printed,
        "the data folder": "".join(path.read_text(errors="replace") for path in stack.folder.glob("nagare.db*")),
    }
    for where, text in texts.items():
        assert SECRET not in text, where
    assert task_id in texts["the worker's log"]


def test_a_template_writes_the_message_and_one_that_fails_at_a_real_alert_loses_none(
    stack: Stack, user: User, services: Services, receiver: Receiver, notify: Callable[..., int]
) -> None:
    stack.start_worker()
    body = "{{ alerts[0].message }} {{ alerts[0].first_seen_at|time('%Z') }} {{ alerts[0].labels.team }}"
    notify(title_template="{{ notification }}: {{ summary }}", body_template=body, timezone="Asia/Shanghai")
    broken = notify(body_template="{% if alerts[0].source == 'test' %}{{ 'x' * 10 ** 10 }}{% endif %}", language="zh")
    fire(services, user.add_monitor("simulator://demo?hosts=1&items=1"))
    wait_for(lambda: len(receiver.seen) == 2, "both messages")
    built_in, written = sorted(receiver.seen, key=lambda seen: str(seen["title"]))
    assert written["title"] == "notification 0: 1 critical fired"
    assert written["message"].strip() == "Disk space running low CST"
    assert built_in["title"] == "[nagare] 严重：磁盘空间不足"
    assert "（通知模板出错，以上为内置文本：body_template, line 1: it needs too much memory）" in built_in["message"]
    wait_for(lambda: user.get(f"/notifications/{broken}")["last_error"], "the error to be recorded")
    assert "too much memory" in user.get(f"/notifications/{broken}")["last_error"]
    preview = user.post("/notifications/preview", 200, {"body_template": body})
    assert preview["body"].startswith("Disk space running low UTC")
