"""The page of a schedule: its next runs, a preview, edits, and a run now."""

from collections.abc import Callable

import pytest

from app.composition import Services
from tests.web.browser import Browser
from tests.web.caller import Caller


@pytest.fixture
def schedule(admin: Caller, fleet: int) -> int:
    made = {"name": "nightly", "cron": "30 3 * * *", "timezone": "Asia/Shanghai", "task_type": "pull_hosts"}
    return int(admin.post("/schedules", {**made, "params": {"monitor_id": fleet}}).json["id"])


def test_the_next_runs_are_in_the_schedules_time_zone(viewer: Caller, admin: Caller, schedule: int) -> None:
    runs = [run["at"] for run in viewer.get(f"/schedules/{schedule}/occurrences").json["items"]]
    assert len(runs) == 5 and runs == sorted(set(runs))
    assert all(at.endswith("T19:30:00Z") for at in runs), "half past three in Shanghai"
    admin.patch(f"/schedules/{schedule}", {"enabled": False})
    assert viewer.get(f"/schedules/{schedule}/occurrences").json["items"] == []
    assert viewer.get("/schedules/999/occurrences").status == 404


def test_a_preview_saves_nothing_and_names_what_is_wrong(viewer: Caller, admin: Caller) -> None:
    found = viewer.post("/schedules/preview?limit=2", {"cron": "0 0 29 2 *"}).json["items"]
    assert [run["at"][5:] for run in found] == ["02-29T00:00:00Z"] * 2
    assert "cron" in viewer.post("/schedules/preview", {"cron": "0 0 30 2 *"}).json["errors"]
    assert admin.get("/schedules").json["items"] == []


def test_a_schedule_runs_now_and_keeps_its_next_run(operator: Caller, viewer: Caller, schedule: int) -> None:
    before = operator.get(f"/schedules/{schedule}").json["next_run_at"]
    answer = operator.post(f"/schedules/{schedule}/run")
    assert answer.status == 202
    assert answer.headers["Location"] == f"/api/v1/tasks/{answer.json['task_id']}"
    assert operator.get(f"/tasks/{answer.json['task_id']}").json["type"] == "pull_hosts"
    assert operator.get(f"/schedules/{schedule}").json["next_run_at"] == before
    assert viewer.post(f"/schedules/{schedule}/run").status == 403


def test_a_schedule_is_edited_on_its_page(
    browse: Callable[[str], Browser], services: Services, admin: Caller, schedule: int
) -> None:
    browser = browse("admin")
    page = browser.get(f"/schedules/{schedule}").text
    assert "Next runs" in page and page.count("<li>") >= 5
    other = admin.post("/monitors", {"name": "b", "type": "simulator", "url": "simulator://b"}).json["id"]
    form = {"name": "hourly", "cron": "0 * * * *", "timezone": "UTC", "monitor_id": str(other)}
    answer = browser.post(f"/schedules/{schedule}", {**form, "back": f"/schedules/{schedule}"})
    assert (answer.status, answer.headers["Location"]) == (303, f"/schedules/{schedule}")
    found = services.ledger.schedules.get(schedule)
    assert (found["name"], found["params"], found["monitor_id"]) == ("hourly", {"monitor_id": other}, other)
    assert found["next_run_at"].minute == 0


def test_the_form_shows_the_next_runs_and_what_is_wrong_in_chinese(browse: Callable[[str], Browser]) -> None:
    browser = browse("admin")
    browser.client.set_cookie("nagare_language", "zh")
    shown = browser.post("/schedules/preview", {"cron": "*/5 * * * *", "timezone": "UTC"})
    assert shown.text.count("<li>") == 5
    wrong = browser.post("/schedules/preview", {"cron": "*/5 * *", "timezone": "UTC"})
    assert (wrong.status, "必须有五个字段" in wrong.text) == (200, True)
    zone = browser.post("/schedules/preview", {"cron": "*/5 * * * *", "timezone": "Mars"})
    assert "必须是 IANA 时区" in zone.text


def test_run_now_leads_to_the_task(browse: Callable[[str], Browser], schedule: int) -> None:
    answer = browse("operator").post(f"/schedules/{schedule}/run")
    assert answer.status == 303
    assert answer.headers["Location"].startswith("/tasks/pull_hosts:")
