"""The palette, the keys, saved views and the wallboard in a real browser."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cli.instance import Instance
from tests.real.test_dashboard import PHONE, Visit, _look, browser, instance, visit

__all__ = ["browser", "instance", "visit"]

pytestmark = pytest.mark.real


def choices(page: Page) -> list[str]:
    return page.locator("#palette-found [data-choice]").all_inner_texts()


def test_the_palette_finds_a_host_by_keys_alone(visit: Callable[..., Visit], tmp_path: Path) -> None:
    one = visit()
    page = one.sign_in()
    one.go("/teams")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Page, host, item")
    expect(field).to_be_focused()
    expect(page.get_by_role("option", name="Heartbeats")).to_be_visible()
    _look(page, tmp_path / "palette.png", "the palette")
    page.keyboard.type("db-17")
    option = page.get_by_role("option", name=re.compile("db 17"))
    expect(option).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == option.get_attribute("id")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/hosts/\d+$"))
    assert one.complaints == []


def test_the_arrows_choose_and_an_action_of_the_palette_acts(visit: Callable[..., Visit]) -> None:
    one = visit()
    page = one.sign_in()
    one.go("/hosts?q=db")
    page.keyboard.press("Control+k")
    page.keyboard.type("theme")
    expect(page.get_by_role("option", name="Theme: dark")).to_be_visible()
    while page.locator("#palette-found [aria-selected=true]").inner_text() != "Theme: dark":
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.wait_for_url("**/hosts?q=db")


def test_keys_walk_tick_and_acknowledge(visit: Callable[..., Visit], tmp_path: Path) -> None:
    one = visit()
    page = one.sign_in()
    one.go("/alerts?severity=0")
    rows = page.locator("#main tbody tr")
    name = rows.nth(1).locator("th a").first.inner_text()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_have_class(re.compile("is-current"))
    expect(rows.nth(1).locator("th a").first).to_be_focused()
    page.keyboard.press("x")
    expect(rows.nth(1).locator("input[type=checkbox]")).to_be_checked()
    page.keyboard.press("a")
    expect(page.locator("#toasts")).to_contain_text(re.compile("cknowledged|1"))
    expect(page.locator("#main tbody tr", has_text=name).first).to_contain_text("Acknowledged")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_be_visible()
    _look(page, tmp_path / "keys.png", "the keys")
    assert one.complaints == []


def test_no_key_fires_while_somebody_types_or_when_they_are_off(visit: Callable[..., Visit]) -> None:
    one = visit()
    page = one.sign_in()
    one.go("/hosts")
    page.keyboard.press("/")
    search = page.locator("#f-q")
    expect(search).to_be_focused()
    page.keyboard.type("jx?")
    assert search.input_value() == "jx?"
    assert page.locator("dialog[open]").count() == 0
    one.go("/hosts")
    page.keyboard.press("?")
    page.get_by_label("Keys of one letter are on").uncheck()
    page.get_by_role("dialog", name="Keys").get_by_role("button", name="Close").click()
    page.reload()
    page.keyboard.press("j")
    assert page.locator("tr.is-current").count() == 0
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()


def test_a_filter_that_is_set_without_a_reload_is_saved_as_a_view(visit: Callable[..., Visit], tmp_path: Path) -> None:
    one = visit()
    page = one.sign_in()
    one.go("/hosts")
    page.locator("#f-q").fill("db")
    page.wait_for_url("**/hosts?q=db*")
    page.locator("nav.side").get_by_role("link", name="Save this view").click()
    page.get_by_label("Name", exact=True).fill("数据库")
    _look(page, tmp_path / "view.png", "the form of a view")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/hosts?q=db*")
    link = page.locator("nav.side").get_by_role("link", name="数据库")
    expect(link).to_have_attribute("aria-current", "page")
    expect(link.locator(".count")).to_have_text(re.compile(r"^\d+$"))
    one.go("/views")
    _look(page, tmp_path / "views.png", "/views")
    assert one.complaints == []


def test_views_and_the_palette_fit_a_phone(visit: Callable[..., Visit], tmp_path: Path) -> None:
    one = visit(width=PHONE, language="zh")
    page = one.sign_in()
    for path in ("/views", "/search?q=db", "/tokens", "/views/new?back=/alerts"):
        one.go(path)
        _look(page, tmp_path / "phone.png", path)
    page.get_by_role("link", name="查找").click()
    expect(page.locator("#palette-q")).to_be_focused()
    _look(page, tmp_path / "palette.png", "the palette")


def test_a_screen_opens_the_wallboard_by_a_link_and_stays_signed_in(
    instance: Instance, browser: Browser, visit: Callable[..., Visit], tmp_path: Path
) -> None:
    page = visit().sign_in()
    page.goto(f"{instance.url}/tokens")
    page.get_by_role("button", name="Add a wallboard").click()
    dialog = page.get_by_role("dialog", name="Add a wallboard")
    dialog.get_by_label("Name").fill("lobby")
    dialog.get_by_role("button", name="Add a wallboard").click()
    link = page.locator("#made-token").inner_text()
    screen = browser.new_context(viewport={"width": 1920, "height": 1080})
    board = screen.new_page()
    asked: list[str] = []
    board.on("request", lambda request: asked.append(request.url))
    board.goto(link)
    board.wait_for_url("**/wallboard")
    token = link.split("#")[1]
    assert not any(token in url for url in asked)
    expect(board.locator(".panel.is-shown")).to_have_count(1)
    shown = board.locator(".figures .figure.wide strong")
    assert shown.evaluate("one => one.getBoundingClientRect().height") > 1080 / 5, "read from afar"
    for path in ("hosts", "worst"):
        board.keyboard.press("ArrowRight")
        expect(board.locator(f"#board-{path}")).to_be_visible()
        _look(board, tmp_path / f"board-{path}.png", "/wallboard")
    board.reload()
    expect(board.locator("#board")).to_be_visible()
    board.goto(f"{instance.url}/alerts")
    board.wait_for_url("**/sign-in**")
    screen.close()
