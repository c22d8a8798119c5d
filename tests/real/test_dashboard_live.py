"""An open page in a real browser: live by push, paused and why, a server that stands still, a session that ends."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.cli.instance import Instance
from tests.cli.processes import command_line, wait_for
from tests.real.test_dashboard import PASSWORD, Visit, browser, instance, visit

__all__ = ["browser", "instance", "visit"]

pytestmark = pytest.mark.real

NOTED = """() => {
  window.told = [];
  window.Notification = class { constructor(title, options) { window.told.push(title); } };
  window.Notification.permission = 'granted';
  window.Notification.requestPermission = async () => 'granted';
}"""


def line(page: Page) -> Locator:
    return page.locator("#live")


def wait_for_state(page: Page, state: str, timeout_s: float = 20) -> None:
    expect(line(page)).to_have_attribute("data-state", state, timeout=timeout_s * 1000)


def drawn(page: Page) -> str:
    """Return what is on the chart, once it is drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return str(page.locator(".chart canvas").first.evaluate("canvas => canvas.toDataURL()"))


def fire(instance: Instance) -> None:
    """Let critical alerts fire; some may be the same as open ones."""
    with instance.client(PASSWORD) as api:
        fired = api.post("/alerts/generate-test", params={"count": 5, "severity": 2})
        assert fired.status_code == 202


def open_critical(page: Page) -> int:
    found = re.match(r"\((\d+)\) ", page.title())
    return int(found[1]) if found else 0


@contextmanager
def stopped(instance: Instance) -> Iterator[None]:
    """Freeze all processes of the web server."""
    servers = [one for one in instance.family() if "wsgi:application" in command_line(one)]
    assert servers
    for one in servers:
        os.kill(one, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in servers:
            os.kill(one, signal.SIGCONT)


def end_session(one: Visit) -> None:
    """Sign out with the same cookie, as another window would."""
    cookies = {cookie["name"]: cookie["value"] for cookie in one.context.cookies()}
    with httpx.Client(base_url=one.url, cookies=cookies) as other:
        token = re.search(r'csrf_token" value="(\w+)"', other.get("/monitors").text)
        assert token is not None
        assert other.post("/sign-out", data={"csrf_token": token[1]}).status_code == 303


def test_what_changes_is_on_the_page_and_in_its_title_without_being_asked_for(
    visit: Callable[..., Visit], instance: Instance
) -> None:
    one = visit()
    page = one.sign_in(back="/alerts")
    wait_for_state(page, "on")
    before = open_critical(page)
    fire(instance)
    wait_for(lambda: open_critical(page) > before, "the alerts in the title")
    expect(page.locator("#favicon")).to_have_attribute("href", re.compile("^data:image/svg"))
    assert one.complaints == []


def test_while_somebody_selects_the_page_waits_and_says_so(visit: Callable[..., Visit], instance: Instance) -> None:
    one = visit()
    page = one.sign_in(back="/alerts")
    wait_for_state(page, "on")
    page.locator("input[name=ids]").first.check()
    expect(line(page)).to_contain_text("Paused: you are selecting")
    fire(instance)
    expect(line(page)).to_contain_text("something has changed")
    page.locator("input[name=ids]").first.uncheck()
    page.locator("h1").click()
    wait_for_state(page, "on")
    expect(line(page)).to_contain_text("Live")
    page.get_by_role("button", name="Pause").click()
    expect(line(page)).to_contain_text("Paused")
    page.get_by_role("button", name="Resume").click()
    wait_for_state(page, "on")


def test_a_server_that_stands_still_is_noticed_and_so_is_its_return(
    visit: Callable[..., Visit], instance: Instance
) -> None:
    one = visit()
    page = one.sign_in()
    wait_for_state(page, "on")
    with stopped(instance):
        expect(line(page)).to_contain_text("No answer from the server since")
        expect(page.locator("body.is-stale")).to_have_count(1)
    wait_for_state(page, "on", 40)
    expect(page.locator("body.is-stale")).to_have_count(0)


def test_where_no_stream_comes_through_the_page_asks_for_itself(
    visit: Callable[..., Visit], instance: Instance
) -> None:
    one = visit()
    page = one.sign_in()

    def cut(route: Route) -> None:
        route.fulfill(status=502, body="")

    page.route("**/live?*", cut)
    one.go("/alerts")
    expect(line(page)).to_contain_text("No live connection: updates are slower")
    before = open_critical(page)
    fire(instance)
    wait_for(lambda: open_critical(page) > before, "the alerts in the title")


def test_who_asked_for_it_is_notified_of_a_new_critical_alert(visit: Callable[..., Visit], instance: Instance) -> None:
    one = visit()
    page = one.sign_in()
    wait_for_state(page, "on")
    page.evaluate(NOTED)
    before = open_critical(page)
    fire(instance)
    wait_for(lambda: open_critical(page) > before, "the alerts in the title")
    assert page.evaluate("window.told") == [], "nobody has asked yet"
    page.get_by_role("button", name="Alarms").click()
    page.get_by_label("Show a notification for each new critical alert").check()
    page.get_by_role("button", name="Close").click()
    fire(instance)
    wait_for(lambda: page.evaluate("window.told.length") > 0, "the notification")


def test_when_the_session_ends_a_form_is_kept_and_sent_after_signing_in_over_it(visit: Callable[..., Visit]) -> None:
    one = visit()
    page = one.sign_in(back="/teams")
    page.get_by_role("button", name="Add a team").first.click()
    dialog = page.locator("#add-team")
    dialog.get_by_label("Name", exact=True).fill("night shift")
    end_session(one)
    dialog.get_by_role("button", name="Add a team").click()
    again = page.get_by_role("dialog", name="Your session has ended")
    expect(again).to_be_visible()
    expect(dialog.get_by_label("Name", exact=True)).to_have_value("night shift")
    again.get_by_label("Password").fill("wrong password")
    again.get_by_role("button", name="Sign in").click()
    expect(again.get_by_role("alert")).to_contain_text("Wrong user name or password")
    again.get_by_label("Password").fill(PASSWORD)
    again.get_by_role("button", name="Sign in").click()
    expect(again).to_be_hidden()
    expect(page.locator("#main").get_by_text("night shift").first).to_be_visible()


def test_what_a_toast_says_does_not_run_together(visit: Callable[..., Visit]) -> None:
    one = visit()
    page = one.sign_in(back="/monitors")
    problem = '<div class="problem"><p>Refused.</p><p class="detail">It is busy</p><ul><li>name: taken</li></ul></div>'
    page.route(
        "**/monitors/1/pull/hosts", lambda route: route.fulfill(status=409, body=problem, content_type="text/html")
    )
    page.locator("form[action='/monitors/1/pull/hosts'] button").first.click()
    expect(page.locator("#toasts .toast span")).to_have_text("Refused.\nIt is busy\nname: taken", use_inner_text=True)


def test_the_zoom_of_a_chart_survives_what_is_fetched_again(visit: Callable[..., Visit]) -> None:
    one = visit()
    page = one.sign_in(back="/items/1")
    page.mouse.move(5, 5)
    chart = page.locator(".chart .u-over").first
    whole = drawn(page)
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    top = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.4, top)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, top, steps=5)
    page.mouse.up()
    page.mouse.move(5, 5)
    zoomed = drawn(page)
    assert zoomed != whole
    with page.expect_response(lambda response: response.request.headers.get("x-live") == "values") as fetched:
        page.evaluate("htmx.trigger('#values', 'refresh')")
    assert fetched.value.status == 200
    expect(page.locator("#values.htmx-request, #values.htmx-settling")).to_have_count(0)
    assert drawn(page) == zoomed
    chart.dblclick()
    page.mouse.move(5, 5)
    assert drawn(page) != zoomed
