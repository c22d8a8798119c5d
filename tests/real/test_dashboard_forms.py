"""Forms in a real browser: from nothing to the first message, fields that offer, buttons that copy, and no script."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cli.instance import Instance
from tests.cli.processes import wait_for
from tests.real.test_dashboard import PASSWORD, PHONE, Visit, _look, browser, visit
from tests.services.response.receiver import Receiver, Serve
from tests.unit.connectors.conftest import serve

__all__ = ["browser", "serve", "visit"]

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Run a new instance with nothing but the demo of its first start."""
    instance = Instance(tmp_path_factory.mktemp("forms"), NAGARE_ADMIN_PASSWORD=PASSWORD)
    try:
        instance.wait_until_ready()
        yield instance
    finally:
        instance.kill()


def step(page: Page, name: str) -> str:
    """Return how far a step is: done, next or later."""
    found = page.locator("#welcome li", has=page.get_by_role("heading", name=name, exact=True))
    return found.get_attribute("class") or ""


def pick(page: Page, label: str, text: str) -> None:
    """Type a part of something's name and choose the first thing that is offered, by keys alone."""
    field = page.get_by_role("combobox", name=label, exact=True)
    field.fill("")
    field.press_sequentially(text)
    expect(page.locator("ul.picks:not([hidden]) [data-value]").first).to_be_visible()
    field.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", re.compile("option-0$"))
    field.press("Enter")
    expect(field).to_have_attribute("aria-expanded", "false")


def test_fields_offer_hosts_and_time_zones_by_keys(visit: Callable[..., Visit], tmp_path: Path) -> None:
    one = visit()
    page = one.sign_in(back="/maintenance?open=add-window")
    dialog = page.get_by_role("dialog", name="Add maintenance window")
    dialog.get_by_label("Name", exact=True).fill("patch day")
    pick(page, "Host", "web")
    host = dialog.get_by_role("combobox", name="Host", exact=True)
    chosen = host.input_value()
    assert re.search(r" #\d+$", chosen)
    zone = dialog.get_by_role("combobox", name="Time zone", exact=True)
    zone.fill("")
    zone.press_sequentially("shang")
    expect(page.get_by_role("option", name="Asia/Shanghai")).to_be_visible()
    _look(page, tmp_path / "picks.png", "the list of a field")
    zone.press("Escape")
    expect(page.locator("ul.picks:not([hidden])")).to_have_count(0)
    expect(dialog).to_be_visible()
    pick(page, "Time zone", "shang")
    expect(zone).to_have_value("Asia/Shanghai")
    dialog.get_by_role("button", name="Add maintenance window").click()
    page.get_by_role("link", name="patch day").click()
    expect(page.get_by_role("combobox", name="Host", exact=True)).to_have_value(chosen)
    assert one.complaints == []


@pytest.mark.parametrize("has_clipboard", [True, False])
def test_an_address_is_copied(visit: Callable[..., Visit], has_clipboard: bool) -> None:
    one = visit()
    if not has_clipboard:  # as on a page over plain HTTP
        one.context.add_init_script("Object.defineProperty(Navigator.prototype, 'clipboard', {get: () => undefined})")
    page = one.sign_in(back="/heartbeats?open=add-heartbeat")
    dialog = page.get_by_role("dialog", name="Add heartbeat")
    dialog.get_by_label("Name", exact=True).fill(f"backup {has_clipboard}")
    expect(dialog.get_by_label("If a ping came now").locator("li")).to_have_count(5)
    dialog.get_by_role("button", name="Add heartbeat").click()
    address = page.locator("#address").inner_text()
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copy").first.get_by_role("status")).to_have_text("Copied")
    one.go("/hosts")
    page.get_by_role("searchbox").focus()
    page.keyboard.press("Control+V")
    expect(page.get_by_role("searchbox")).to_have_value(address)
    assert one.complaints == []


def test_without_a_script_a_refused_form_keeps_what_was_typed(instance: Instance, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": PHONE, "height": 800})
    page = context.new_page()
    page.goto(f"{instance.url}/heartbeats")
    page.locator("#f-username").fill("admin")
    page.locator("#f-password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Add heartbeat").click()
    dialog = page.get_by_role("dialog", name="Add heartbeat")
    dialog.get_by_label("Name", exact=True).fill("夜间备份")
    dialog.get_by_label("Time zone").fill("Nowhere/Town")
    dialog.get_by_role("button", name="Add heartbeat").click()
    expect(dialog.get_by_label("Name", exact=True)).to_have_value("夜间备份")
    expect(dialog.get_by_label("Time zone")).to_have_accessible_description(re.compile("Must be an IANA time zone"))
    expect(dialog.get_by_label("Time zone")).to_be_focused()
    dialog.get_by_label("Time zone").fill("Asia/Shanghai")
    dialog.get_by_role("button", name="Add heartbeat").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("夜间备份")
    expect(page.locator("#address")).to_contain_text("/api/v1/heartbeats/hb_")
    context.close()


def test_from_the_demo_to_the_first_message_on_a_phone(
    visit: Callable[..., Visit], instance: Instance, serve: Serve, tmp_path: Path
) -> None:
    receiver, one = Receiver(serve), visit(width=PHONE)
    page = one.sign_in()
    expect(page.get_by_text("What you see now is a demo")).to_be_visible()
    _look(page, tmp_path / "welcome.png", "the first steps")
    page.get_by_role("button", name="Remove the demo").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("The demo is removed")).to_be_visible()
    assert [step(page, name) for name in ("Add a monitor", "Pull", "See", "Be told")] == ["next", *["later"] * 3]

    page.get_by_role("link", name="Add monitor").click()
    dialog = page.get_by_role("dialog", name="Add monitor")
    dialog.get_by_label("Name", exact=True).fill("zbx-eu")
    dialog.get_by_label("Type").select_option("simulator")
    dialog.get_by_label("URL").fill("simulator://zbx?hosts=3&items=2&seed=2")
    dialog.get_by_role("button", name="Test the connection").click()
    expect(dialog.get_by_text("It works")).to_be_visible()
    _look(page, tmp_path / "monitor.png", "the form of a monitor")
    dialog.get_by_role("button", name="Add monitor").click()
    expect(page.get_by_text("Its first pull is on its way")).to_be_visible()
    one.go("/")
    expect(page.locator("#welcome li.done")).to_have_count(3)

    page.get_by_role("link", name="Add notification").click()
    dialog = page.get_by_role("dialog", name="Add notification")
    dialog.get_by_label("Name", exact=True).fill("chat")
    dialog.get_by_label("URL").fill(receiver.url)
    dialog.get_by_role("button", name="Send a test message").click()
    expect(dialog.get_by_text("accepted the test message")).to_be_visible()
    dialog.get_by_role("button", name="Add notification").click()
    page.get_by_role("button", name="Send test", exact=True).click()
    with instance.client(PASSWORD) as api:
        wait_for(lambda: api.get("/first-steps").json()["be_told"], "the second test message")
    assert len(receiver.seen) == 2
    one.go("/")
    expect(page.locator("#welcome")).to_have_count(0)
    assert one.complaints == []
