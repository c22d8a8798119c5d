"""Tasks in a real browser: retry all of one monitor, select dead letters, pause a worker, see when a schedule runs."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.cli.instance import Instance
from tests.cli.processes import wait_for
from tests.real.test_dashboard import PASSWORD, Visit, browser, visit

__all__ = ["browser", "visit"]

pytestmark = pytest.mark.real

LETTERS = 24


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    instance = Instance(tmp_path_factory.mktemp("tasks"), NAGARE_ADMIN_PASSWORD=PASSWORD, NAGARE_RETRY_BASE_S="0.1")
    try:
        instance.wait_until_ready()
        yield instance
    finally:
        instance.kill()


@pytest.fixture(scope="module")
def gone(instance: Instance) -> int:
    """Return a monitor at which nothing listens, with a dead sync and more dead pulls than are done unasked."""
    with instance.client(PASSWORD) as api:
        monitor = {"name": "zbx-eu", "type": "prometheus", "url": "http://127.0.0.1:9/", "max_parallel_tasks": 4}
        monitor_id = int(api.post("/monitors", json=monitor).json()["id"])
        api.post(f"/monitors/{monitor_id}/sync-async")
        for _ in range(LETTERS - 1):
            api.post(f"/monitors/{monitor_id}/hosts/pull-async")
        assert api.post("/alerts/generate-test", params={"count": 5}).status_code == 202
        wait_for(lambda: api.get("/queue/stats").json()["dead"] == LETTERS, "the dead letters", 120)
    return monitor_id


def test_all_of_one_monitor_run_again_after_a_question_with_their_number(
    visit: Callable[..., Visit], instance: Instance, gone: int
) -> None:
    one = visit()
    page = one.sign_in(back="/dead-letters")
    ticks = page.locator("[data-bulk-row]")
    ticks.nth(1).click()
    ticks.nth(3).click(modifiers=["Shift"])
    expect(page.locator("[data-bulk-bar]")).to_contain_text("3 selected")
    expect(page.locator("[data-bulk-bar]").get_by_role("button", name="Retry 3")).to_be_visible()
    page.locator("[data-bulk-clear]").click()
    page.get_by_role("button", name=f"Retry {LETTERS}").first.click()
    question = page.locator("#bulk-question")
    expect(question).to_contain_text(f"Run these tasks again? {LETTERS}:")
    page.locator("#bulk-confirm button[value=yes]").click()
    expect(page.get_by_text(f"Retried: {LETTERS}")).to_be_visible()
    assert one.complaints == []


def test_a_worker_is_paused_and_resumed_on_its_page(visit: Callable[..., Visit], instance: Instance) -> None:
    one = visit()
    page = one.sign_in(back="/workers")
    page.locator("tbody th a").first.click()
    page.get_by_role("button", name="Pause", exact=True).last.click()
    page.locator("#confirm").get_by_role("button", name="Continue").click()
    expect(page.locator("h1 .badge")).to_have_text("Paused")
    with instance.client(PASSWORD) as api:
        task_id = api.post("/monitors/1/hosts/pull-async").json()["task_id"]
        page.get_by_role("button", name="Resume", exact=True).last.click()
        expect(page.locator("h1 .badge")).to_have_text("Takes tasks")
        wait_for(lambda: api.get(f"/tasks/{task_id}").json()["state"] == "succeeded", "the task after the pause")
    assert one.complaints == []


def test_a_schedule_says_when_it_runs_before_it_is_saved(visit: Callable[..., Visit], instance: Instance) -> None:
    with instance.client(PASSWORD) as api:
        made = {"name": "nightly", "cron": "0 3 * * *", "task_type": "sync", "params": {"monitor_id": 1}}
        schedule_id = api.post("/schedules", json=made).json()["id"]
    one = visit()
    page = one.sign_in(back=f"/schedules/{schedule_id}")
    page.get_by_role("button", name="Edit").click()
    dialog = page.locator("#edit-schedule")
    expect(dialog.locator(".occurrences li")).to_have_count(5)
    dialog.locator("[name=cron]").fill("0 3 * *")
    expect(dialog.locator(".preview")).to_contain_text("Must be five fields")
    dialog.locator("[name=cron]").fill("30 4 * * *")
    expect(dialog.locator(".preview")).to_contain_text("12:30")  # in the browser's time zone
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("main code").first).to_have_text("30 4 * * *")
    assert one.complaints == []
