"""Tasks and dead letters as an operator works with them: named, grouped, searched, and retried by their number."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from app.composition import Services
from app.errors import SourceUnreachable
from app.store.ledger import task_runs
from tests.web.browser import Browser
from tests.web.caller import WORKER, Caller

UNREACHABLE = "connection to zbx failed: Connection refused"


@pytest.fixture
def sync(services: Services, operator: Caller, fleet: int) -> str:
    """Return the id of a sync whose three parts died because the monitor is unreachable."""
    task_id = str(operator.post(f"/monitors/{fleet}/sync-async").json["task_id"])
    begin_sync(services, task_id)
    return task_id


def begin_sync(services: Services, task_id: str) -> None:
    claim = services.ledger.lifecycle.begin(task_id, "celery@test/1")
    assert claim is not None
    services.ledger.syncs.begin(claim.task_id, claim.attempt, **claim.params)
    for _ in range(3):
        [part] = [each for each in services.ledger.tasks.get(task_id)["children"] if each["state"] == "queued"]
        die(services, part["task_id"])
        services.ledger.syncs.tick()
    services.ledger.syncs.tick()


def die(services: Services, task_id: str) -> None:
    for _ in range(4):
        claim = services.ledger.lifecycle.begin(task_id, "celery@test/1")
        if claim is None:
            break
        services.ledger.lifecycle.fail(claim, PermanentlyUnreachable(UNREACHABLE))


class PermanentlyUnreachable(SourceUnreachable):
    """An unreachable monitor without the waits between attempts."""

    retryable = False


def test_a_failed_sync_is_one_dead_letter_with_the_cause_of_its_parts(
    services: Services, operator: Caller, sync: str, fleet: int
) -> None:
    [letter] = operator.get("/queue/dead").json["items"]
    assert (letter["task_id"], letter["reason"], letter["cause"]) == (sync, "children_failed", "source_unreachable")
    assert (letter["attempts"], letter["monitor_id"]) == (1, fleet)
    assert [each["number"] for each in operator.get(f"/queue/dead/{sync}").json["history"]] == [1]
    assert services.ledger.queues.stats()["dead"] == 1
    [group] = operator.get("/queue/dead/groups").json["items"]
    assert (group["monitor_id"], group["cause"], group["count"]) == (fleet, "source_unreachable", 1)
    assert group["types"] == {"sync": 1}
    assert operator.get("/queue/dead?cause=source_unreachable").json["items"] == [letter]
    assert operator.get("/queue/dead/groups?cause=timeout").json["items"] == []


def test_a_sync_that_is_retried_leaves_no_letters_of_its_first_round(
    services: Services, operator: Caller, sync: str
) -> None:
    assert operator.post("/queue/dead/retry", {"cause": "source_unreachable"}).json == {"retried": 1}
    assert operator.get("/queue/dead").json["items"] == []
    begin_sync(services, sync)
    assert [letter["task_id"] for letter in operator.get("/queue/dead").json["items"]] == [sync]
    history = operator.get(f"/tasks/{sync}").json["history"]
    assert [each["number"] for each in history] == [None, 1]


def test_letters_are_retried_only_as_many_as_were_seen(operator: Caller, services: Services, fleet: int) -> None:
    for path in ("hosts", "alerts"):
        die(services, operator.post(f"/monitors/{fleet}/{path}/pull-async").json["task_id"])
    refused = operator.post("/queue/dead/retry", {"expected_total": 1})
    assert (refused.status, "more than the expected 1" in refused.json["detail"]) == (409, True)
    assert operator.post("/queue/dead/retry", {"expected_total": 2}).json == {"retried": 2}


def test_the_page_groups_letters_and_each_button_says_its_number_and_filter(
    browse: Callable[[str], Browser], operator: Caller, services: Services, fleet: int, sync: str
) -> None:
    die(services, operator.post(f"/monitors/{fleet}/hosts/pull-async").json["task_id"])
    claim = services.ledger.lifecycle.begin(operator.post("/alerts/generate-test").json["task_id"], "celery@test/1")
    assert claim is not None
    services.ledger.lifecycle.fail(claim, ValueError("broken"))
    page = browse("operator").get("/dead-letters").text
    assert "Retry 3" in page and "Retry 2" in page
    name = services.inventory.monitors.get(fleet)["name"]
    assert f"2: monitor {name}, cause “Monitor unreachable”" in page
    assert page.count(f'<a href="/monitors/{fleet}">{name}</a>') == 3, "each row names its monitor"
    browser = browse("operator")
    answer = browser.post(
        "/dead-letters/retry",
        {"monitor_id": str(fleet), "cause": "source_unreachable", "expected_total": "2", "back": "/dead-letters?q=x"},
    )
    assert (answer.status, answer.headers["Location"]) == (303, "/dead-letters?q=x")
    assert len(operator.get("/queue/dead").json["items"]) == 1
    refused = browser.post("/dead-letters/retry", {"expected_total": "0"})
    assert refused.status == 409


def test_ticked_letters_are_retried_and_many_are_asked_about_without_a_script_too(
    browse: Callable[[str], Browser], operator: Caller, services: Services, fleet: int
) -> None:
    with services.database.transaction() as connection:
        task_runs.add(connection, [dead_row(number, fleet) for number in range(30)])
    browser = browse("operator")
    ticked = {"ids": ["pull_host:3", "pull_host:4"], "everything": "false", "expected_total": "30"}
    assert browser.post("/dead-letters/retry", ticked).status == 303
    assert operator.post("/queue/dead/retry", {"ids": ["pull_host:5"], "dry_run": True}).json == {"retried": 1}
    asked = browser.post("/dead-letters/retry", {"everything": "true", "monitor_id": str(fleet)})
    assert asked.status == 200 and "Run these tasks again? 28: monitor" in asked.text
    assert len(operator.get("/queue/dead?limit=100").json["items"]) == 28, "nothing happens before the answer"
    form = {"everything": "true", "monitor_id": str(fleet), "expected_total": "28", "confirmed": "28"}
    assert browser.post("/dead-letters/retry", form).status == 303
    assert operator.get("/queue/dead").json["items"] == []


def dead_row(number: int, monitor_id: int) -> dict[str, object]:
    now = datetime.now(UTC)
    return {
        **{"id": f"pull_host:{number}", "type": "pull_host", "state": "dead", "params": {"monitor_id": monitor_id}},
        **{"monitor_id": monitor_id, "max_retries": 3, "attempt": 1, "created_at": now, "finished_at": now},
        **{"reason": "timeout", "error": "x"},
    }


def test_a_letter_shows_its_parts_and_what_to_do_in_chinese(browse: Callable[[str], Browser], sync: str) -> None:
    browser = browse("viewer")
    browser.client.set_cookie("nagare_language", "zh")
    page = browser.get(f"/dead-letters/{sync}").text
    assert "各部分都没有成功" in page and "3 个子任务中 3 个失败，0 个被取消" in page
    assert page.count("无法连接到 zbx：连接被拒绝") >= 3
    assert "children_failed" not in page and "第 1 次尝试" in page and "第 2 次尝试" not in page


def test_the_list_names_monitor_and_subject_and_hides_the_parts_of_a_sync(
    browse: Callable[[str], Browser], operator: Caller, services: Services, fleet: int, sync: str
) -> None:
    host = operator.get("/hosts").json["items"][0]
    operator.post(f"/monitors/{fleet}/hosts/{host['id']}/pull-async")
    browser = browse("viewer")
    page = browser.get("/tasks").text
    assert f'<a href="/hosts/{host["id"]}">{host["display_name"]}</a>' in page
    assert rows(page) == ["Pull host", "Sync"]
    assert len(rows(browser.get("/tasks?parts=shown").text)) == 5
    assert len(rows(browser.get("/tasks?parts=only").text)) == 3
    assert rows(browser.get("/tasks?type=pull_items").text) == ["Pull items"]


def rows(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/tasks/[^"]+">([^<]+)</a>', page)


def test_tasks_are_found_by_id_and_by_argument(operator: Caller, fleet: int) -> None:
    first, second = (host["id"] for host in operator.get("/hosts?limit=2").json["items"])
    one, other = (operator.post(f"/monitors/{fleet}/hosts/{id}/pull-async").json["task_id"] for id in (first, second))

    def found(q: str) -> list[str]:
        return [task["task_id"] for task in operator.get("/tasks", query_string={"q": q}).json["items"]]

    assert found(one) == found(one.partition(":")[2]) == [one]
    assert found(f"host_id={second}") == [other]
    assert found("host_id=999") == found("host_id=") == []
    assert set(found("pull_host:")) == {one, other}
    assert found("nothing like it") == []


def test_a_search_goes_on_behind_what_it_has_read(
    operator: Caller, fleet: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.store.ledger.task_search.READ_BATCH_SIZE", 2)
    ids = [host["id"] for host in operator.get("/hosts?limit=5").json["items"]]
    tasks = [operator.post(f"/monitors/{fleet}/hosts/{id}/pull-async").json["task_id"] for id in ids]
    found, query = [], {"q": f"host_id={ids[0]}"}
    for _ in range(4):
        page = operator.get("/tasks", query_string=query).json
        found += [task["task_id"] for task in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert found == tasks[:1]


def test_a_task_tells_how_long_it_waited_and_ran(operator: Caller, services: Services, fleet: int) -> None:
    task_id = operator.post(f"/monitors/{fleet}/hosts/pull-async").json["task_id"]
    assert [operator.get(f"/tasks/{task_id}").json[name] for name in ("wait_s", "duration_s")] == [None, None]
    claim = services.ledger.lifecycle.begin(task_id, "celery@test/1")
    assert claim is not None
    running = operator.get(f"/tasks/{task_id}").json
    assert running["wait_s"] >= 0 and running["duration_s"] >= 0
    services.ledger.lifecycle.succeed(claim, {})
    over = operator.get(f"/tasks/{task_id}").json
    assert over["duration_s"] == operator.get(f"/tasks/{task_id}").json["duration_s"] < 60


@pytest.fixture
def worker(services: Services) -> str:
    services.queue.workers.announce("celery@test/a1", {**WORKER, "id": "celery@test/a1"})
    return "celery@test/a1"


def test_a_workers_page_says_what_it_runs_and_what_failed_on_it(
    browse: Callable[[str], Browser], operator: Caller, services: Services, fleet: int, worker: str
) -> None:
    die(services, operator.post(f"/monitors/{fleet}/hosts/pull-async").json["task_id"])
    running = operator.post(f"/monitors/{fleet}/items/pull-async").json["task_id"]
    services.ledger.lifecycle.begin(running, "celery@test/1")
    found = operator.get(f"/workers/{worker}").json
    assert [task["task_id"] for task in found["tasks"]] == [running]
    assert [letter["type"] for letter in found["failures"]] == ["pull_hosts"]
    page = browse("operator").get(f"/workers/{worker}").text
    assert f'href="/tasks/{running}"' in page and "Monitor unreachable" in page
    assert "/pause" in page and "/shutdown" not in page
    assert 'href="/workers/celery%40test/a1"' in browse("viewer").get("/workers").text
    assert operator.get("/workers/celery@other").status == 404


@pytest.mark.parametrize(("language", "word"), [("en", "Takes tasks"), ("zh", "正常接收任务")])
def test_a_workers_page_is_whole_in_both_languages(
    browse: Callable[[str], Browser], worker: str, language: str, word: str
) -> None:
    browser = browse("admin")
    browser.client.set_cookie("nagare_language", language)
    page = browser.get(f"/workers/{worker}")
    assert (page.status, word in page.text, page.text.count("<h1")) == (200, True, 1)


def test_a_worker_is_paused_resumed_and_shut_down(
    operator: Caller, admin: Caller, browse: Callable[[str], Browser], services: Services, worker: str
) -> None:
    assert operator.post(f"/workers/{worker}/pause").json == {"id": worker, "order": "pause"}
    assert services.queue.workers.take_order(worker) == "pause"
    assert services.queue.workers.take_order(worker) is None, "an order is taken once"
    assert operator.post(f"/workers/{worker}/shutdown").status == 403
    assert admin.post(f"/workers/{worker}/shutdown").json["order"] == "shutdown"
    answer = browse("operator").post(f"/workers/{worker}/resume")
    assert (answer.status, answer.headers["Location"]) == (303, f"/workers/{worker}")
    assert services.queue.workers.take_order(worker) == "resume", "the last order counts"
    assert operator.post("/workers/celery@other/pause").status == 404


def test_durations_are_percentiles_of_what_tasks_really_took(
    operator: Caller, services: Services, browse: Callable[[str], Browser], fleet: int
) -> None:
    ended = datetime.now(UTC) - timedelta(minutes=5)
    took = [*range(1, 101)]
    with services.database.transaction() as connection:
        task_runs.add(connection, [ended_row(number, fleet, ended) for number in took])
    [row] = operator.get("/tasks/durations?type=pull_host").json["items"]
    assert row["count"] == 100
    assert [row[f"duration_{percentile}_s"] for percentile in (50, 90, 99)] == [50, 90, 99]
    assert [row[f"wait_{percentile}_s"] for percentile in (50, 90, 99)] == [2, 2, 2]
    spans = operator.get("/tasks/durations?type=pull_host&span_s=60").json["items"]
    assert [span["count"] for span in spans] == [100]
    assert 0 <= ended.timestamp() - spans[0]["at"] < 60
    assert operator.get(f"/tasks/durations?monitor_id={fleet + 1}").json["items"] == []
    page = browse("viewer").get("/tasks/durations?type=pull_host").text
    assert "Pull host: over time" not in page and "Pull host over time" in page
    assert "1 min 30 s" in page, "the ninetieth percentile"


def ended_row(seconds: int, monitor_id: int, ended: datetime) -> dict[str, object]:
    started = ended - timedelta(seconds=seconds)
    return {
        **{"id": f"pull_host:{seconds}", "type": "pull_host", "state": "succeeded", "params": {"monitor_id": 1}},
        **{"monitor_id": monitor_id, "max_retries": 3, "attempt": 1, "created_at": started - timedelta(seconds=3)},
        **{"published_at": started - timedelta(seconds=2), "started_at": started, "finished_at": ended},
    }
