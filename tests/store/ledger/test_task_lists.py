"""What the pages of tasks and dead letters ask: searches, groups, causes, percentiles."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from app.store.database.pages import PageRequest
from app.store.ledger import dead_letter_groups, dead_letters, task_runs, task_search
from app.store.ledger.dead_letters import LetterFilter
from app.store.operation import task_durations
from tests.store.rows import NOW, add_monitor

ALL = PageRequest(limit=100)
HALF_PAST = NOW + timedelta(minutes=30)


def add_task(connection: Connection, task_id: str, **values: Any) -> str:
    row = {"id": task_id, "type": task_id.partition(":")[0], "state": "queued", "params": {}, "max_retries": 3}
    task_runs.add(connection, [{**row, "created_at": NOW, **values}])
    return task_id


def add_dead(connection: Connection, task_id: str, reason: str, **values: Any) -> str:
    return add_task(
        connection, task_id, **{"state": "dead", "reason": reason, "error": "x", "finished_at": NOW, **values}
    )


def found(connection: Connection, q: str, page: PageRequest = ALL, **filters: Any) -> list[str]:
    return [row["task_id"] for row in task_search.search(connection, page, q, **filters).items]


def test_tasks_are_found_by_each_kind_of_argument(connection: Connection) -> None:
    uuid = "01a22800-c74a-7130-a1b8-ea3e60c7533a"
    host = add_task(connection, f"pull_host:{uuid}", params={"monitor_id": 1, "host_id": 71})
    told = add_task(connection, "acknowledge_alert:2", params={"monitor_id": 2, "comment": "磁盘 100%"})
    assert found(connection, uuid) == found(connection, host) == [host]
    assert found(connection, "host_id=71") == found(connection, "host_id: 71") == [host]
    assert found(connection, "host_id=7") == found(connection, "item_id=71") == []
    assert found(connection, "磁盘") == found(connection, "100%") == found(connection, "ACKNOWLEDGE") == [told]
    assert found(connection, "host_id=71", monitor_id=2) == []
    assert found(connection, uuid, type="sync") == []


def test_groups_count_a_sync_with_the_cause_of_its_parts(connection: Connection) -> None:
    monitor_id = add_monitor(connection)
    later = NOW + timedelta(minutes=5)
    add_dead(connection, "sync:1", "children_failed", monitor_id=monitor_id)
    for number, reason in ((1, "timeout"), (2, "source_unreachable")):
        part = {"monitor_id": monitor_id, "parent_id": "sync:1", "created_at": NOW + timedelta(seconds=number)}
        add_dead(connection, f"pull_hosts:{number}", reason, **part)
    folded = dead_letters.fold(connection, "sync:1", NOW)
    assert {row["task_id"] for row in folded} == {"pull_hosts:1", "pull_hosts:2"}
    add_dead(connection, "pull_items:3", "source_unreachable", monitor_id=monitor_id, finished_at=later)
    add_dead(connection, "generate_alerts:4", "failed")
    groups = dead_letter_groups.by_cause(connection, LetterFilter())
    counts = {(row["monitor_id"], row["cause"], row["type"]): row["count"] for row in groups}
    assert counts == {
        (monitor_id, "source_unreachable", "sync"): 1,
        (monitor_id, "source_unreachable", "pull_items"): 1,
        (None, "failed", "generate_alerts"): 1,
    }
    wanted = LetterFilter(cause="source_unreachable", monitor_id=monitor_id)
    letters = dead_letters.fetch(connection, ALL, wanted).items
    assert [letter["task_id"] for letter in letters] == ["pull_items:3", "sync:1"]
    assert dead_letters.count(connection, wanted) == 2


def test_a_workers_letters_are_those_of_its_name_only(connection: Connection) -> None:
    for number, worker in enumerate(("celery@a/1", "celery@a/2", "celery@ab/1", None)):
        add_dead(connection, f"sync:{number}", "failed", worker=worker)
    letters = dead_letters.of_worker(connection, "celery@a/", 10)
    assert {letter["worker"] for letter in letters} == {"celery@a/1", "celery@a/2"}


def test_percentiles_are_nearest_ranks_of_each_type(connection: Connection) -> None:
    for seconds in range(1, 11):
        add_ended(connection, f"pull_hosts:{seconds}", HALF_PAST, seconds)
    add_ended(connection, "sync:1", HALF_PAST, 4)
    add_ended(connection, "pull_hosts:old", HALF_PAST - timedelta(hours=2), 500)
    hosts, sync = task_durations.percentiles(connection, NOW)
    assert (hosts["type"], hosts["count"], sync["type"], sync["count"]) == ("pull_hosts", 10, "sync", 1)
    assert [round(hosts[f"duration_{each}_s"], 2) for each in (50, 90, 99)] == [5, 9, 10]
    assert [round(sync[f"{name}_99_s"], 2) for name in ("duration", "wait")] == [4, 0.25]
    spans = task_durations.percentiles(connection, NOW - timedelta(hours=3), type="pull_hosts", span_s=3600)
    assert [(row["at"], row["count"]) for row in spans] == [(NOW.timestamp() - 7200, 1), (NOW.timestamp(), 10)]


def add_ended(connection: Connection, task_id: str, ended: datetime, seconds: int) -> None:
    started = ended - timedelta(seconds=seconds)
    times = {"published_at": started - timedelta(seconds=0.25), "started_at": started, "finished_at": ended}
    add_task(connection, task_id, state="succeeded", **times)
