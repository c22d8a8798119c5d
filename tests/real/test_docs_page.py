"""The page to read and try the API, in a real browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.cli.instance import Instance
from tests.real import debian

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    instance = Instance(tmp_path_factory.mktemp("docs"), NAGARE_DEMO="0")
    try:
        instance.wait_until_ready()
        yield instance
    finally:
        instance.kill()


@pytest.fixture
def page() -> Iterator[Page]:
    if shutil.which("chromium") is None:
        debian.install("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


def test_the_page_lists_the_operations_and_asks_nobody_else(instance: Instance, page: Page, tmp_path: Path) -> None:
    requested: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    # Of so many operations the page draws only those that are on the screen.
    page.goto(f"{instance.url}/docs#/queue")
    page.get_by_text("/api/v1/queue/stats").wait_for()
    page.screenshot(path=tmp_path / "docs.png")
    assert complaints == []
    assert {url.split("/", 3)[2] for url in requested if not url.startswith("data:")} == {instance.url.split("/")[2]}


def test_an_operation_can_be_tried(instance: Instance, page: Page) -> None:
    page.goto(f"{instance.url}/docs")
    page.get_by_text("/api/v1/auth/me").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    page.get_by_text("A valid token is required").first.wait_for()
