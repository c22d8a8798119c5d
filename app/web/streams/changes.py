"""What has changed, by subject: the signal by which an open page fetches what it shows, and nothing else."""

from collections import deque
from collections.abc import Iterable, Iterator

from app import clock
from app.enums import AlertEventKind, AlertStatus, Severity, TaskType
from app.rules.live_events import Event

ALL = "*"
"""The subject that stands for all others: nobody knows any more what has changed."""
TASK, ALERT, INVENTORY = "task", "alert", "inventory"
MAX_SUBJECTS = 2_000
MAX_TIMES = 600
MAX_TOLD = 50
"""Subjects of one message; a page fetches what it shows once, no matter how many name it."""
PULLS = {TaskType.PULL_HOSTS, TaskType.PULL_HOST, TaskType.PULL_ITEMS, TaskType.PULL_ITEM}
ALARMS = {f"alert.{kind}" for kind in (AlertEventKind.FIRED, AlertEventKind.REOPENED, AlertEventKind.ESCALATED)}


def subjects_of(event: Event) -> Iterator[str]:
    """Yield what an event is about: its kind, its monitor, host and alert, and `critical:<id>` for a new alarm."""
    if task := event.get("task"):
        yield TASK
        if event["event"] == "task.succeeded" and task["type"] in PULLS:
            yield INVENTORY
    alert = event.get("alert")
    if alert:
        yield ALERT
        yield f"alert:{alert['id']}"
        if alert.get("host_id"):
            yield f"host:{alert['host_id']}"
        if event["event"] in ALARMS and (alert["severity"], alert["status"]) == (Severity.CRITICAL, AlertStatus.ACTIVE):
            yield f"critical:{alert['id']}"
    if monitor_id := (task or alert or {}).get("monitor_id"):
        yield f"monitor:{monitor_id}"


class Changes:
    """The subjects of a process's events, each with the number of its latest change."""

    def __init__(self) -> None:
        self.latest = 0
        self._times: deque[tuple[float, int]] = deque([(clock.monotonic(), 0)], MAX_TIMES)
        """When which change was the latest."""
        self._changed: dict[str, int] = {}
        self._forgotten = 0
        """The latest change that is no longer known by subject."""

    def note(self, events: Iterable[Event]) -> None:
        """Note what events are about; of too many subjects, those that changed longest ago are forgotten."""
        for event in events:
            self.latest += 1
            for subject in subjects_of(event):
                self._changed.pop(subject, None)
                self._changed[subject] = self.latest
        self._times.append((clock.monotonic(), self.latest))
        while len(self._changed) > MAX_SUBJECTS:
            self._forgotten = self._changed.pop(next(iter(self._changed)))

    def forget(self) -> None:
        """Note that events are lost."""
        self.latest += 1
        self._forgotten = self.latest
        self._changed.clear()

    def latest_before(self, age_s: float) -> int:
        """Return the number of the change that was the latest so long ago; -1 if that is not known."""
        then = clock.monotonic() - age_s
        return next((number for at, number in reversed(self._times) if at <= then), -1)

    def since(self, number: int) -> list[str]:
        """Return what has changed after the change with this number, at most `MAX_TOLD` subjects."""
        if number < max(self._forgotten, 0):
            return [ALL]
        found: list[str] = []
        for subject, latest in reversed(self._changed.items()):
            if latest <= number:
                break
            found.append(subject)
        return found if len(found) <= MAX_TOLD else [ALL]
