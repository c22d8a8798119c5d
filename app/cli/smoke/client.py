"""The HTTP side of the scenarios: calls with an expected status, monitors that go away again, waiting for tasks."""

import time
from collections.abc import Callable
from typing import Any

import httpx

from app.cli.smoke.report import Unexpected
from app.clock import monotonic
from app.enums import TERMINAL_STATES

API = "/api/v1"
POLL_S = 0.2
PAGE_SIZE = 500


class Client:
    """A signed-in client of one instance. Raises Unexpected and httpx.HTTPError."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._monitor_ids: list[int] = []

    def sign_in(self, username: str, password: str) -> str:
        """Return an access token."""
        return str(self.post("/auth/login", 200, json={"username": username, "password": password})["access_token"])

    def use(self, token: str) -> None:
        """Send this token from now on."""
        self._http.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, status: int | None = None, **options: Any) -> httpx.Response:
        """Return the answer, which must have this status when one is given."""
        answer = self._http.request(method, API + path, **options)
        if status not in (None, answer.status_code):
            raise Unexpected(f"{method} {path} returned {answer.status_code}: {answer.text[:300]}")
        return answer

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON of an answer that must be 200."""
        return self.call("GET", path, 200, params=query).json()

    def post(self, path: str, status: int, **options: Any) -> Any:
        """Return the JSON of an answer that must have this status."""
        return self.call("POST", path, status, **options).json()

    def every(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Return the rows of all pages of a list."""
        rows: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.get(path, limit=PAGE_SIZE, **query, **cursor)
            rows += page["items"]
            if page["next_cursor"] is None:
                return rows
            cursor = {"cursor": page["next_cursor"]}

    def make_monitor(self, **fields: Any) -> int:
        """Create a monitor that `remove_monitors` takes away again."""
        monitor_id = int(self.post("/monitors", 201, json=fields)["id"])
        self._monitor_ids.append(monitor_id)
        return monitor_id

    def remove_monitors(self) -> int:
        """Remove what was created; return how many could not be."""
        answers = [self.call("DELETE", f"/monitors/{monitor_id}") for monitor_id in self._monitor_ids]
        return sum(not answer.is_success for answer in answers)

    def wait_for_end(
        self, task_id: str, timeout_s: float, on_change: Callable[[dict[str, Any]], None] = lambda _task: None
    ) -> dict[str, Any]:
        """Follow a task to its end and return it; `on_change` sees each state on the way."""
        deadline = monotonic() + timeout_s
        seen = None
        while True:
            task: dict[str, Any] = self.get(f"/tasks/{task_id}")
            if seen != (seen := (task["state"], task["attempts"])):
                on_change(task)
            if task["state"] in TERMINAL_STATES:
                return task
            if monotonic() > deadline:
                raise Unexpected(f"{task_id} is still {task['state']} after {timeout_s:.0f} s")
            time.sleep(POLL_S)
