"""Lets a request wait for a change of a task's state."""

import threading
from typing import Any

from app import clock
from app.enums import TERMINAL_STATES
from app.services.ledger.event_feed import Batch, EventFeed
from app.services.ledger.tasks import TaskService

MAX_WAITING = 8
"""Each waiting request occupies a thread of the API; further requests return immediately."""
LOOK_EVERY_S = 3.0
"""How often to read the ledger, in case an event was lost."""


class TaskWatch:
    """Wakes waiting requests on events, and polls the ledger at intervals, since events may be lost."""

    def __init__(self, tasks: TaskService, feed: EventFeed) -> None:
        self._tasks = tasks
        self._feed = feed
        self._slots = threading.BoundedSemaphore(MAX_WAITING)
        self._lock = threading.Lock()
        self._waiting: dict[str, set[threading.Event]] = {}
        self._is_listening = False

    def get(self, task_id: str, wait_s: float) -> dict[str, Any]:
        """Return a task once its state changes, at the latest after `wait_s`; immediately if it has ended.

        Raises NotFound, DatabaseUnavailable.
        """
        task = self._tasks.get(task_id)
        if wait_s <= 0 or task["state"] in TERMINAL_STATES or not self._slots.acquire(blocking=False):
            return task
        try:
            return self._wait(task, clock.monotonic() + wait_s)
        finally:
            self._slots.release()

    def close(self) -> None:
        """Wake all waiting requests: the process is about to end. The feed must be closing."""
        with self._lock:
            for changes in self._waiting.values():
                for change in changes:
                    change.set()

    def _wait(self, task: dict[str, Any], deadline: float) -> dict[str, Any]:
        change, task_id, before = threading.Event(), task["task_id"], task["state"]
        self._begin(task_id, change)
        try:
            while True:
                # The first read comes after the registration, so that a change in between is not missed.
                task = self._tasks.get(task_id)
                left_s = deadline - clock.monotonic()
                if task["state"] != before or left_s <= 0 or self._feed.is_closing:
                    return task
                change.wait(min(left_s, LOOK_EVERY_S))
                change.clear()
        finally:
            with self._lock:
                waiting = self._waiting[task_id]
                waiting.discard(change)
                if not waiting:
                    del self._waiting[task_id]

    def _begin(self, task_id: str, change: threading.Event) -> None:
        with self._lock:
            self._waiting.setdefault(task_id, set()).add(change)
            is_first, self._is_listening = not self._is_listening, True
        if is_first:
            self._feed.listen(self._wake)

    def _wake(self, batch: Batch) -> None:
        with self._lock:
            for entry in batch.entries:
                task_id = entry.event.get("task", {}).get("task_id")
                for change in self._waiting.get(task_id, ()):
                    change.set()
