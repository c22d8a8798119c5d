"""A user of Redis who may do only what docs/brokers.md says is enough, and what is told when they may do less."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.stack import ForkedStack, Stack
from tests.acceptance.test_events import by_websocket, is_end_of
from tests.cli.instance import free_port
from tests.cli.processes import wait_for

PAGE = Path(__file__).parents[2] / "docs" / "brokers.md"
PASSWORD = "pa55-of-a-restricted-user"
FLOWER = ("admin", "fl0wer-pa55")


def rules() -> list[str]:
    """Return the rules of the page's user."""
    found = re.search(r"^ACL SETUSER nagare on >password (.*)$", PAGE.read_text().replace("\\\n", ""), re.MULTILINE)
    assert found is not None
    return found[1].split()


class RestrictedStack(ForkedStack):
    """One whose programs know Redis only as that user."""

    def start_api(self) -> None:
        self.redis.execute_command("ACL", "SETUSER", "nagare", "reset", "on", f">{PASSWORD}", *rules())
        self.settings["REDIS_URL"] = f"redis://nagare:{PASSWORD}@127.0.0.1:{self.valkey.port}/0"
        super().start_api()

    def refusals(self) -> list[object]:
        """What Redis has refused so far."""
        return [(each["reason"], each["object"], each["context"]) for each in self.redis.acl_log()]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = RestrictedStack(tmp_path_factory.mktemp("stack"))
    yield stack
    stack.close()


def test_it_is_enough_for_everything(stack: RestrictedStack) -> None:
    user = stack.user
    worker = stack.start_worker()
    monitor = user.add_monitor("simulator://demo?hosts=3&items=2")
    with by_websocket(stack, monitor_id=monitor) as watcher:
        task_id = user.pull(monitor)
        watcher.until(is_end_of(task_id))
    user.post("/events/ticket", 201)
    dead = user.pull(user.add_monitor("http://127.0.0.1:9", "prometheus"))
    assert user.end(dead)["state"] == "dead"
    user.post(f"/queue/dead/{dead}/retry", 202)
    assert user.end(dead)["state"] == "dead"
    user.post("/queue/pull_hosts/pause")
    user.submit(f"/monitors/{monitor}/hosts/pull-async")
    user.post("/queue/pull_hosts/clear")
    user.post("/queue/pull_hosts/resume")
    stack.redis.lpush("nagare:queue:pull_hosts", "no message at all")
    stack.redis.set("nagare:queue:pull_items", "no list at all")
    wait_for(lambda: stack.redis.type("nagare:queue:pull_items") != "string", "the list's place to be free")
    wait_for(lambda: user.readiness().status_code == 200, "readiness")
    beat = stack.start("beat", sys.executable, "-m", "celery", "-A", "tasks", "beat")
    for command in (("celery", "-A", "tasks", "inspect", "ping"), ("app.cli", "stats"), ("app.cli", "workers")):
        answers = stack.start("-".join(command), sys.executable, "-m", *command)
        assert answers.process.wait(60) == 0, answers.printed
    wait_for((stack.folder / "celerybeat-schedule").exists, "beat to look at the schedules")
    assert beat.process.poll() is None
    assert user.http.get(user.http.base_url.join("/metrics")).status_code == 200
    flower(stack)
    assert worker.stop() == 0
    assert stack.refusals() == []


def flower(stack: Stack) -> None:
    port = free_port()
    command = (sys.executable, "-m", "celery", "-A", "tasks", "flower", "--address=127.0.0.1", f"--port={port}")
    running = stack.start("flower", *command, FLOWER_BASIC_AUTH=":".join(FLOWER))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", auth=FLOWER, trust_env=False, timeout=10) as client:

        def is_shown() -> bool:
            try:
                return "nagare:queue:pull_hosts" in client.get("/broker").text and bool(
                    client.get("/api/workers", params={"refresh": "1"}).json()
                )
            except httpx.TransportError:
                return False

        wait_for(is_shown, "Flower to show the worker", timeout_s=60)
    running.kill()
    stack.programs.remove(running)


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        (["resetkeys", "~nagare:queue:*"], "SMEMBERS nagare:workers"),
        (["-smembers"], "SMEMBERS nagare:workers"),
        (["resetpass"], "rejected the user name or password"),
    ],
)
def test_readiness_names_what_is_refused(stack: RestrictedStack, rules: list[str], named: str) -> None:
    whole = stack.redis.acl_list()
    try:
        stack.redis.execute_command("ACL", "SETUSER", "nagare", *rules)
        stack.redis.client_kill_filter(_type="normal", user="nagare") if "resetpass" in rules else None
        wait_for(lambda: named in stack.user.readiness().text, "the refusal to be named")
    finally:
        restore(stack, whole)


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        (["resetkeys", "~nagare:*"], "_kombu.binding"),
        (["resetchannels"], "/0.celery.pidbox"),
        (["-brpop"], "BRPOP nagare:queue:"),
        (["nopass", "off"], "rejected the user name or password"),
    ],
)
def test_a_worker_names_what_is_refused(stack: RestrictedStack, rules: list[str], named: str) -> None:
    whole = stack.redis.acl_list()
    try:
        stack.redis.execute_command("ACL", "SETUSER", "nagare", *rules)
        worker = stack.launch_worker()
        wait_for(lambda: named in worker.printed, "the refusal to be logged")
        assert PASSWORD not in worker.printed
    finally:
        restore(stack, whole)


def restore(stack: Stack, whole: list[Any]) -> None:
    for line in whole:
        _, name, *rest = line.split()
        if name == "nagare":
            stack.redis.execute_command("ACL", "SETUSER", name, "reset", *rest)
    stack.redis.acl_log_reset()
