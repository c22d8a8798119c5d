"""Somebody who works with nagare over HTTP."""

import itertools
from typing import Any

import httpx

from tests.cli.processes import wait_for

TERMINAL_STATES = ("succeeded", "dead", "cancelled")
QUEUES = ("pull_hosts", "pull_items", "pull_host", "pull_item", "push_host", "push_item", "generate_alerts")
EMPTY = dict.fromkeys((*QUEUES, "dead"), 0)

_numbers = itertools.count(1)

Json = dict[str, Any]


class User:
    """Calls are made by path under `/api/v1`; every answer that is not the expected one fails the test."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def call(self, method: str, path: str, status: int, /, body: Json | None = None, **query: Any) -> httpx.Response:
        answer = self.http.request(method, path, json=body, params=query)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path, 200, **query).json()

    def all(self, path: str, **query: Any) -> list[Json]:
        """All rows of a list, page by page."""
        page = self.get(path, **query, limit=500)
        rows: list[Json] = page["items"]
        while page["next_cursor"]:
            page = self.get(path, **query, limit=500, cursor=page["next_cursor"])
            rows += page["items"]
        return rows

    def post(self, path: str, status: int = 200, body: Json | None = None, **query: Any) -> Any:
        return self.call("POST", path, status, body, **query).json()

    def submit(self, path: str, **query: Any) -> str:
        """Ask for a task and return its id."""
        return str(self.post(path, 202, **query)["task_id"])

    def add_monitor(self, url: str, type: str = "simulator", **fields: Any) -> int:
        monitor = {"name": f"monitor {next(_numbers)}", "type": type, "url": url, **fields}
        return int(self.post("/monitors", 201, monitor)["id"])

    def change_monitor(self, monitor_id: int, **changes: Any) -> None:
        self.call("PATCH", f"/monitors/{monitor_id}", 200, changes)

    def pull(self, monitor_id: int, what: str = "hosts") -> str:
        return self.submit(f"/monitors/{monitor_id}/{what}/pull-async")

    def cancel(self, task_id: str) -> None:
        assert self.post(f"/tasks/{task_id}/cancel", 202)["state"] == "cancelled"

    def task(self, task_id: str) -> Json:
        found: Json = self.get(f"/tasks/{task_id}")
        return found

    def wait(self, task_id: str, *states: str, timeout_s: float = 40) -> Json:
        """Wait until the task is in one of these states, and return it."""
        seen: Json = {}

        def is_there() -> bool:
            seen.update(self.task(task_id))
            ended = seen["state"] in TERMINAL_STATES and not {*states} & {*TERMINAL_STATES}
            assert seen["state"] in states or not ended, f"waits for {states} in vain: {seen}"
            return seen["state"] in states

        wait_for(is_there, f"{task_id} to be {' or '.join(states)}", timeout_s)
        return seen

    def wait_all(self, count: int, state: str, timeout_s: float = 40) -> None:
        """Wait until that many tasks are in that state."""

        def is_there() -> bool:
            return len(self.all("/tasks", state=state)) == count

        wait_for(is_there, f"{count} tasks to be {state}", timeout_s)

    def end(self, task_id: str, timeout_s: float = 40) -> Json:
        """Wait until the task has already finished, and return it."""
        return self.wait(task_id, *TERMINAL_STATES, timeout_s=timeout_s)

    def stats(self) -> dict[str, int]:
        found: dict[str, int] = self.get("/queue/stats")
        return found

    def worker(self, name: str) -> Json:
        """What the worker of that name says of itself."""
        [found] = [worker for worker in self.get("/workers")["items"] if worker["name"] == f"{name}@test"]
        worker: Json = found
        return worker

    def readiness(self) -> httpx.Response:
        return self.http.get(self.http.base_url.join("/readyz"))
