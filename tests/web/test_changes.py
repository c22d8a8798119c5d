"""What a process's events say has changed, and to whom."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from app import clock
from app.rules.live_events import Event, EventFilter
from app.web.streams import signal_stream
from app.web.streams.changes import ALL, MAX_SUBJECTS, MAX_TOLD, Changes, subjects_of
from app.web.streams.handover import Wish
from app.web.streams.hub import Hub
from app.web.streams.signal_stream import Signals, SignalStream


def task(event: str = "progress", type: str = "pull_items", monitor_id: int | None = 1) -> Event:
    return {"event": f"task.{event}", "task": {"task_id": "x", "type": type, "monitor_id": monitor_id}}


def alert(id: int = 7, event: str = "fired", severity: int = 2, status: int = 0, host_id: int | None = 3) -> Event:
    about = {"id": id, "monitor_id": 1, "host_id": host_id, "severity": severity, "status": status}
    return {"event": f"alert.{event}", "alert": about}


@pytest.mark.parametrize(
    ("event", "subjects"),
    [
        (task(), {"task", "monitor:1"}),
        (task(monitor_id=None), {"task"}),
        (task("succeeded"), {"task", "inventory", "monitor:1"}),
        (task("succeeded", "generate_alerts"), {"task", "monitor:1"}),
        (alert(), {"alert", "alert:7", "host:3", "monitor:1", "critical:7"}),
        (alert(host_id=None, event="escalated"), {"alert", "alert:7", "monitor:1", "critical:7"}),
        (alert(severity=1), {"alert", "alert:7", "host:3", "monitor:1"}),
        (alert(event="acknowledged"), {"alert", "alert:7", "host:3", "monitor:1"}),
        (alert(event="reopened", status=1), {"alert", "alert:7", "host:3", "monitor:1"}),
        ({"event": "reset"}, set()),
    ],
)
def test_the_subjects_of_an_event(event: Event, subjects: set[str]) -> None:
    assert set(subjects_of(event)) == subjects


def test_each_subject_is_told_once_and_to_those_who_have_not_heard_it() -> None:
    changed = Changes()
    changed.note([task(), task()])
    told = changed.latest
    changed.note([task("retrying", monitor_id=2)])
    assert set(changed.since(0)) == {"task", "monitor:1", "monitor:2"}
    assert set(changed.since(told)) == {"task", "monitor:2"}
    assert changed.since(changed.latest) == []


def test_more_than_can_be_told_or_kept_is_everything() -> None:
    changed = Changes()
    changed.note(alert(id) for id in range(MAX_TOLD))
    assert changed.since(0) == [ALL]
    changed = Changes()
    changed.note([alert(1)])
    first = changed.latest
    changed.note(alert(id) for id in range(2, MAX_SUBJECTS))
    assert changed.since(first - 1) == [ALL]
    assert len(changed._changed) <= MAX_SUBJECTS


def test_after_a_gap_everything_may_have_changed() -> None:
    changed = Changes()
    told = changed.latest
    changed.forget()
    assert changed.since(told) == [ALL]
    assert changed.since(changed.latest) == []


def test_a_page_is_told_what_changed_since_it_was_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(clock, "monotonic", lambda: now)
    changed = Changes()
    now = 110.0
    changed.note([task()])
    now = 120.0
    changed.note([alert(severity=0)])
    now = 121.0
    assert changed.since(changed.latest_before(0.5)) == []
    assert "alert" in changed.since(changed.latest_before(5)) and "task" not in changed.since(changed.latest_before(5))
    assert {"alert", "task"} <= set(changed.since(changed.latest_before(15)))
    assert changed.since(changed.latest_before(30)) == [ALL], "nobody knows what was before this process heard anything"


class Page(Signals):
    """A page that keeps what it is told, up to a number of messages."""

    def __init__(self, most: int) -> None:
        self.told: list[str] = []
        self._most = most

    async def _write(self, text: str, is_last: bool = False) -> None:
        self.told.append(text)
        if len(self.told) == self._most:
            raise ConnectionResetError


class StillHub:
    """A hub without a feed."""

    def __init__(self) -> None:
        self.changes = Changes()
        self._came = asyncio.Event()

    async def wait(self) -> None:
        await self._came.wait()

    def tell(self, events: Sequence[Event]) -> None:
        self.changes.note(events)
        came, self._came = self._came, asyncio.Event()
        came.set()


def test_a_page_hears_of_a_burst_once_and_otherwise_a_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal_stream, "BEAT_S", 0.05)
    monkeypatch.setattr(signal_stream, "GAP_S", 0.2)

    async def watch() -> list[str]:
        hub, page = StillHub(), Page(5)
        following = asyncio.ensure_future(
            SignalStream(page, None)._follow(cast(Hub, hub), cast(Any, Wish("a session", EventFilter())))
        )
        while len(page.told) < 2:
            await asyncio.sleep(0)
        hub.tell([task()])
        while len(page.told) < 3:
            await asyncio.sleep(0)
        for _ in range(100):
            hub.tell([task(monitor_id=None)])
        await asyncio.wait([following])
        return page.told

    ready, beat, first, burst, still = asyncio.run(watch())
    assert (ready, beat, still) == ('data: {"event":"ready"}\n\n', "data: {}\n\n", "data: {}\n\n")
    assert first == 'data: {"changed":["monitor:1","task"]}\n\n'
    assert burst == 'data: {"changed":["task"]}\n\n'
