"""An operator triages in a real browser: selects over pages, is asked, undoes, narrows down, groups."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.cli.instance import Instance
from tests.real.test_dashboard import AXE, PASSWORD, PHONE, RULES, Visit, browser, instance, visit

__all__ = ["browser", "instance", "visit"]

pytestmark = pytest.mark.real

OPEN = "/alerts?status=0,1&limit=30"
PARTS = "{include: [['#tabs'], ['.filters'], ['#around'], ['#list table'], ['.bulk-bar'], ['#bulk-confirm']]}"
ROWS = "[data-bulk-row]"


def open_alerts(instance: Instance, status: str = "0") -> int:
    with instance.client(PASSWORD) as api:
        return int(api.get("/alerts", params={"status": status}).json()["total"])


def select_range(page: Page, first: int, last: int) -> None:
    page.locator(ROWS).nth(first).click()
    page.locator(ROWS).nth(last).click(modifiers=["Shift"])


def violations(page: Page) -> list[str]:
    """Return what axe finds in the parts of the page that are about triage."""
    page.evaluate(AXE)
    found = page.evaluate(RULES.replace("document", PARTS))["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found]


def test_a_selection_over_two_pages_is_acknowledged_and_undone(visit: Callable[..., Visit], instance: Instance) -> None:
    one = visit()
    page = one.sign_in(back=OPEN)
    before = open_alerts(instance)
    bar = page.locator("[data-bulk-bar]")
    expect(bar).to_be_hidden()
    select_range(page, 2, 23)
    expect(bar).to_be_in_viewport()
    expect(page.locator("[data-bulk-number]")).to_have_text("22 selected")
    page.locator("a[rel=next]").click()
    page.wait_for_url("**cursor=**")
    expect(page.locator("[data-bulk-number]")).to_have_text("22 selected")
    page.locator(ROWS).first.click()
    page.get_by_role("button", name="Acknowledge 23").click()
    dialog = page.get_by_role("dialog", name="Acknowledge 23 selected alerts?")
    dialog.get_by_role("button", name="Cancel").click()
    assert open_alerts(instance) == before, "nothing is done before the answer"
    page.get_by_role("button", name="Acknowledge 23").click()
    dialog.get_by_role("button", name="Acknowledge 23").click()
    expect(page.get_by_text("Acknowledged: 23")).to_be_visible()
    expect(bar).to_be_hidden()
    assert open_alerts(instance) == before - 23
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone: 23")).to_be_visible()
    assert open_alerts(instance) == before
    assert one.complaints == []


def test_all_that_match_are_named_and_a_selection_ends_with_its_filter(
    visit: Callable[..., Visit], instance: Instance
) -> None:
    one = visit()
    page = one.sign_in(back="/alerts")
    total = open_alerts(instance, "0,1")
    page.locator(ROWS).first.click()
    page.get_by_label("All of them").check()
    page.get_by_role("button", name=f"Resolve {total}").click()
    dialog = page.get_by_role("dialog", name=f"Resolve {total} open alerts?")
    expect(dialog).to_be_visible()
    assert violations(page) == []
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_label("All of them").uncheck()
    page.locator("#f-severity").select_option("2")
    page.wait_for_url("**severity=2**")
    expect(page.locator("[data-bulk-bar]")).to_be_hidden()
    expect(page.locator(".total")).to_have_text(re.compile(r"\d+ open critical alerts"))
    assert open_alerts(instance, "0,1") == total
    assert one.complaints == []


def test_alerts_are_narrowed_down_and_grouped_in_chinese_on_a_phone(
    visit: Callable[..., Visit], instance: Instance
) -> None:
    one = visit(width=PHONE, language="zh")
    page = one.sign_in(back="/alerts")
    page.get_by_text("缩小范围").click()
    page.locator(".facets").get_by_role("link", name=re.compile("严重")).click()
    page.wait_for_url("**severity=2**")
    expect(page.locator(".facets[open]")).to_be_visible()
    page.locator("#f-by").select_option("message")
    page.wait_for_url("**by=message**")
    row = page.locator(".groups tbody tr").first
    count = int(row.locator("td").first.inner_text())
    before = open_alerts(instance)
    assert violations(page) == []
    row.get_by_role("button", name="全部确认").click()
    expect(page.get_by_text(f"已确认：{count}")).to_be_visible()
    assert open_alerts(instance) == before - count
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_text(f"已撤销：{count}")).to_be_visible()
    assert page.evaluate("document.querySelector('main').scrollWidth <= document.documentElement.clientWidth")
    assert one.complaints == []


def test_columns_are_sorted_by_and_matchers_complete_themselves(visit: Callable[..., Visit]) -> None:
    one = visit()
    page = one.sign_in(back="/alerts")
    head = page.get_by_role("columnheader", name="Duration")
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    page.locator("#f-match").press_sequentially("alert.sev")
    expect(page.locator("#matchers option[value='alert.severity=']")).to_be_attached()
    page.locator("#f-match").fill("alert.severity=cr")
    expect(page.locator("#matchers option").first).to_have_attribute("value", 'alert.severity="critical"')
    assert one.complaints == []
