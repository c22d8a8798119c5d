"""A page by real workers to a real receiver: it is sent again when its worker is killed, and answered over HTTP."""

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from app.composition import Services, build
from app.settings import load_settings
from tests.acceptance.stack import Stack
from tests.acceptance.test_accidents import child_of
from tests.acceptance.test_notifications import fire
from tests.acceptance.user import User
from tests.cli.processes import wait_for
from tests.services.response.receiver import Serve


class Phone:
    """Takes messages and keeps their keys; the first one is not answered until it is let go."""

    def __init__(self, serve: Serve) -> None:
        self.seen: list[tuple[str, str]] = []
        self.is_let_go = threading.Event()
        self.url = f"json://{serve(self._take).removeprefix('http://')}/phone"

    def _take(self, request: Any) -> None:
        self.seen.append((request.headers["Idempotency-Key"], request.json["title"]))
        if len(self.seen) == 1:
            self.is_let_go.wait(20)
        request.answer()


@pytest.fixture
def services(stack: Stack) -> Iterator[Services]:
    """Return services on the stack's database, as long as nothing else takes alerts in."""
    services = build(load_settings(stack.settings))
    yield services
    services.close()


def test_a_page_whose_worker_is_killed_while_the_receiver_holds_it_is_sent_again_and_says_so(
    stack: Stack, user: User, services: Services, serve: Serve
) -> None:
    phone = Phone(serve)
    stack.start_worker()
    channel = user.post("/channels", 201, {"name": "phone", "url": phone.url})["id"]
    steps = [{"after_s": 0, "targets": [{"type": "channel", "id": channel}]}]
    escalation = user.post("/escalations", 201, {"name": "db", "steps": steps})["id"]
    route = user.post("/routes", 201, {"name": "night", "target": "escalation", "escalation_id": escalation})["id"]
    fire(services, user.add_monitor("simulator://demo?hosts=1&items=1"))
    wait_for(lambda: phone.seen, "the page to be on its way")
    [task] = user.all("/tasks", type="send_page")
    os.kill(child_of(user.wait(task["task_id"], "running")), signal.SIGKILL)
    assert user.end(task["task_id"])["state"] == "succeeded"
    phone.is_let_go.set()
    (first_key, first_title), (second_key, second_title) = phone.seen
    assert first_key == second_key
    assert second_title == first_title.replace("[nagare] ", "[nagare] (possible repeat) ")

    [page] = user.all("/pages", state="open")
    shown = user.get(f"/pages/{page['id']}")
    assert [(one["state"], one["repeats"]) for one in shown["deliveries"]] == [("sent", 1)]
    [line] = user.get(f"/alerts/{shown['alerts'][0]['id']}/why")["items"]
    assert (line["outcome"], line["decisions"][0]["page_id"]) == ("told", page["id"])
    assert user.post(f"/pages/{page['id']}/acknowledge")["state"] == "acknowledged"
    user.call("DELETE", f"/routes/{route}", 204)
