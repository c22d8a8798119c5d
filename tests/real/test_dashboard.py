"""The dashboard in a real browser: each page in each look, the main paths, a worker that is frozen meanwhile."""

import os
import re
import shutil
import signal
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import delete

from app.models import ItemValue
from app.store.database.engine import Database
from app.store.inventory import item_values
from tests.cli.instance import Instance
from tests.cli.processes import command_line, wait_for
from tests.real import debian

pytestmark = pytest.mark.real

PASSWORD = "correct horse battery"
# A machine that does much else takes its time.
expect.set_options(timeout=15_000)
AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text(encoding="utf-8")
RULES = "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
PAGES = (
    *("/", "/monitors", "/hosts", "/items", "/alerts", "/maintenance", "/notifications", "/schedules"),
    *("/tasks", "/tasks/durations?type=pull_hosts", "/workers", "/dead-letters", "/tokens", "/users"),
    *("/teams", "/channels", "/contact-methods"),
)
DIALOGS = {
    "/monitors": "add-monitor",
    "/monitors/1": "edit-monitor",
    "/hosts/1": "edit-host",
    "/items/1": "edit-item",
    "/alerts": "test-alerts",
    "/maintenance": "add-window",
    "/notifications": "add-notification",
    "/schedules": "add-schedule",
    "/tokens": "add-token",
    "/users": "add-user",
    "/teams": "add-team",
    "/channels": "add-channel",
    "/contact-methods": "add-method",
}
DESKTOP, PHONE = 1280, 360
INKED = """() => {
  const canvas = document.querySelector('#values-chart canvas');
  const [red, green, blue] = getComputedStyle(document.querySelector('#values-chart')).color.match(/\\d+/g).map(Number);
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    count += data[i] === red && data[i + 1] === green && data[i + 2] === blue && data[i + 3] === 255;
  }
  return count;
}"""
HOSTILE = "<img src=x onerror=alert(1)>名称"


class Visit:
    """One browser window; `complaints` are what its console says, violations of the policy among them."""

    def __init__(self, browser: Browser, url: str, width: int = DESKTOP, language: str = "en", scheme: str = "light"):
        self.url = url
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": 800},
            locale={"en": "en-GB", "zh": "zh-CN"}[language],
            color_scheme="dark" if scheme == "dark" else "light",
            timezone_id="Asia/Shanghai",
        )
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.asked: set[str] = set()
        self.page.on("console", lambda message: self.complaints.append(f"{self.page.url}: {message.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))
        self.page.on("request", lambda request: self.asked.add(request.url.split("/")[2]))

    def sign_in(self, username: str = "admin", password: str = PASSWORD, back: str = "/") -> Page:
        self.page.goto(f"{self.url}{back}")
        self.page.locator("#f-username").fill(username)
        self.page.locator("#f-password").fill(password)
        self.page.locator("main button").click()
        self.page.locator("nav.side").wait_for(state="attached")
        return self.page

    def go(self, path: str) -> Page:
        self.page.goto(f"{self.url}{path}")
        return self.page


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    instance = Instance(tmp_path_factory.mktemp("dashboard"), NAGARE_ADMIN_PASSWORD=PASSWORD, NAGARE_RETRY_BASE_S="0.1")
    try:
        instance.wait_until_ready()
        with instance.client(PASSWORD) as api:
            _fill(api)
        for item_id in (1, 2, 3, 8, 9):
            _remember(instance, item_id, [(minutes, 50 + minutes * item_id % 37) for minutes in range(2, 1500, 7)])
        yield instance
    finally:
        instance.kill()


def _fill(api: httpx.Client) -> None:
    """Give each page something to show, hostile names among it."""
    assert api.post("/alerts/generate-test", params={"count": 60, "seed": 4}).status_code == 202
    gone = {"name": HOSTILE, "type": "prometheus", "url": "http://127.0.0.1:9/"}
    monitor_id = api.post("/monitors", json=gone).json()["id"]
    assert api.post(f"/monitors/{monitor_id}/hosts/pull-async").status_code == 202
    window = {
        "name": HOSTILE,
        "group": "db servers",
        "starts_at": "2020-01-01T00:00:00Z",
        "ends_at": "2099-01-01T00:00:00Z",
    }
    assert api.post("/maintenance", json=window).status_code == 201
    assert api.patch("/hosts/2", json={"display_name": HOSTILE}).status_code == 200
    assert api.post("/users", json={"username": "viewer", "password": PASSWORD, "role": "viewer"}).status_code == 201
    _add_contacts(api)
    wait_for(lambda: api.get("/queue/dead").json()["items"], "the dead letter")
    wait_for(lambda: api.get("/alerts").json()["items"], "the alerts")


def _add_contacts(api: httpx.Client) -> None:
    """Add a team, and channels at which nobody is."""
    address = {"name": HOSTILE, "url": "json://127.0.0.1:9"}
    assert api.post("/teams", json={"name": HOSTILE, "members": ["admin", "viewer"]}).status_code == 201
    assert api.post("/channels", json=address).status_code == 201
    method = api.post("/users/me/contact-methods", json=address).json()["id"]
    rule = {"channel_id": method, "quiet_hours": {"from": "22:00", "until": "07:00"}, "wake_severity": 2}
    rules = [{"channel_id": method}, rule | {"after_s": 600}]
    assert api.put("/users/me/contact-rules", json={"rules": rules}).status_code == 200


def _remember(instance: Instance, item_id: int, values: Iterable[tuple[int, float]]) -> None:
    """Write what the values of an item were, by how many minutes ago it was."""
    now = datetime.now(UTC)
    rows = [(item_id, now - timedelta(minutes=minutes), value) for minutes, value in values]
    database = Database(f"sqlite:///{instance.folder / 'home' / 'nagare.db'}", durable=False)
    with database.transaction() as connection:
        item_values.add(connection, rows)
    database.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if shutil.which("chromium") is None:
        debian.install("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(instance: Instance, browser: Browser) -> Iterator[Callable[..., Visit]]:
    visits: list[Visit] = []

    def visit(**look: object) -> Visit:
        visits.append(Visit(browser, instance.url, **look))  # type: ignore[arg-type]
        return visits[-1]

    yield visit
    for one in visits:
        one.context.close()


@pytest.mark.parametrize(
    ("width", "language", "scheme"),
    [(DESKTOP, "en", "light"), (DESKTOP, "zh", "dark"), (PHONE, "zh", "light"), (PHONE, "en", "dark")],
)
def test_each_page_in_each_look(
    visit: Callable[..., Visit], tmp_path: Path, width: int, language: str, scheme: str
) -> None:
    one = visit(width=width, language=language, scheme=scheme)
    page = one.sign_in()
    letter = one.go("/dead-letters").locator("tbody th a").first.get_attribute("href")
    assert letter
    singles = (
        "/monitors/1",
        "/hosts/1",
        "/hosts/2",
        "/items/1",
        "/items/6",
        "/items/60?hours=24",
        "/alerts/1",
        letter,
        letter.replace("dead-letters", "tasks"),
    )
    for path in (*PAGES, *singles, "/hosts/999999"):
        one.go(path)
        expect(page.locator("html")).to_have_attribute("lang", {"en": "en", "zh": "zh-Hans"}[language])
        _look(page, tmp_path / f"{width}-{language}{re.sub('[^a-z0-9]+', '-', path)}.png", path)
        if path in DIALOGS:
            page.locator(f"[data-opens={DIALOGS[path]}]").click()
            expect(page.locator(f"#{DIALOGS[path]}")).to_be_visible()
            _look(page, tmp_path / f"{width}-{language}-{DIALOGS[path]}.png", path)
    assert one.asked == {one.url.split("/")[2]}, "nobody else is asked for anything"
    assert [text for text in one.complaints if "404 (Not Found)" not in text] == []


def _look(page: Page, picture: Path, path: str) -> None:
    """Check a page for what a person would stumble over."""
    # The caret is hidden by style attributes, which the policy forbids.
    page.screenshot(path=picture, full_page=True, caret="initial")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path} scrolls sideways"
    page.evaluate(AXE)
    faults = page.evaluate(RULES)["violations"]
    assert [(path, fault["id"], [node["html"] for node in fault["nodes"]]) for fault in faults] == []


def test_from_a_new_monitor_to_its_hosts_on_screen(visit: Callable[..., Visit]) -> None:
    one = visit()
    page = one.sign_in(back="/monitors")
    assert page.url.endswith("/monitors")
    page.get_by_role("button", name="Add monitor").first.click()
    dialog = page.get_by_role("dialog", name="Add monitor")
    dialog.get_by_label("Name", exact=True).fill("demo")
    dialog.get_by_label("Type").select_option("simulator")
    dialog.get_by_label("URL").fill("simulator://new?hosts=400&items=2&latency_ms=6000&seed=5")
    dialog.get_by_label("Pull everything").select_option("Not now")
    dialog.get_by_role("button", name="Add monitor").click()
    expect(dialog.locator("#f-name-error")).to_contain_text("This name is taken")
    expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
    dialog.get_by_label("Name", exact=True).fill("新机房")
    dialog.get_by_role("button", name="Add monitor").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("新机房")
    assert re.search(r"/monitors/\d+$", page.url)
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("Connection OK")).to_be_visible()
    page.get_by_role("button", name="Pull hosts").click()
    expect(page.get_by_text("Pull queued")).to_be_visible()
    expect(page.locator("#now progress")).to_be_visible()
    expect(page.locator("#now .state-succeeded")).to_be_visible(timeout=30_000)
    page.locator("#now dl a", has_text="400").click()
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("link", name="Next page").click()
    page.wait_for_url("**cursor=**")
    page.go_back()
    page.wait_for_url(re.compile(r"monitor_id=\d+$"))
    refusals = [text for text in one.complaints if "409" in text]
    assert one.complaints == refusals, "the browser tells of the name that was taken, and of nothing else"


def test_a_token_is_made_seen_once_and_revoked_on_a_phone(visit: Callable[..., Visit], instance: Instance) -> None:
    one = visit(width=PHONE)
    page = one.sign_in(back="/tokens")
    page.get_by_role("button", name="Create token").first.click()
    dialog = page.get_by_role("dialog", name="Create token")
    dialog.get_by_label("Name", exact=True).fill("每晚")
    dialog.get_by_label("read", exact=False).first.check()
    dialog.get_by_role("button", name="Create token").click()
    token = page.locator("#made-token").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    headers = {"Authorization": f"Bearer {token}"}
    address = f"{instance.url}/api/v1/hosts"
    assert httpx.get(address, headers=headers).status_code == 200
    page.reload()
    expect(page.get_by_text("每晚")).to_be_visible()
    expect(page.locator("#made-token")).to_have_count(0)
    page.get_by_role("button", name="Revoke").click()
    page.locator("#confirm").get_by_role("button", name="Continue").click()
    expect(page.get_by_text("No tokens")).to_be_visible()
    assert httpx.get(address, headers=headers).status_code == 401
    assert one.complaints == []


def test_filters_stand_in_the_address_and_the_back_button_goes_back(visit: Callable[..., Visit]) -> None:
    one = visit()
    page = one.sign_in(back="/hosts?monitor_id=1")
    everything = page.locator("tbody tr").count()
    page.get_by_label("Text in name").fill("北京")
    page.wait_for_url("**/hosts?q=*")
    expect(page.locator("tbody th").first).to_contain_text("北京")
    some = page.locator("tbody tr").count()
    assert 0 < some < everything
    page.get_by_label("Status").select_option("0")
    page.wait_for_url("**status=0")
    expect(page.get_by_text("No matches")).to_be_visible()
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(some)
    expect(page.get_by_label("Text in name")).to_have_value("北京")
    assert one.complaints == []


def test_many_alerts_are_settled_in_chinese_on_a_phone(visit: Callable[..., Visit], instance: Instance) -> None:
    one = visit(width=PHONE, language="zh")
    page = one.sign_in(back="/alerts?status=0")
    boxes = page.locator("input[name=ids]")
    boxes.nth(0).check()
    boxes.nth(1).check()
    expect(page.locator("[data-bulk-number]")).to_have_text("已选 2 项")
    # Whatever is asked again meanwhile, ticks stay: the list is left alone while somebody works on it.
    page.evaluate("htmx.trigger('#list', 'refresh')")
    page.get_by_placeholder("备注").fill("正在处理")
    page.get_by_role("button", name="确认 2 条").click()
    expect(page.get_by_text("已确认：2")).to_be_visible()
    assert page.url.endswith("/alerts?status=0")
    page.locator("tbody th a").first.click()
    page.get_by_role("button", name="解决").click()
    expect(page.locator(".alert-2")).to_have_text("已解决")
    expect(page.locator(".story")).to_contain_text("操作人：admin")
    with instance.client(PASSWORD) as api:
        assert len(api.get("/alerts", params={"status": 1, "q": "正在处理"}).json()["items"]) == 2
    assert one.complaints == []


def test_what_an_items_value_was_is_drawn(visit: Callable[..., Visit], instance: Instance) -> None:
    one = visit()
    page = one.sign_in(back="/items")
    line = page.locator("tbody tr", has=page.locator("a[href='/items/1']")).get_by_role("img", name="Last 6 h: lowest")
    box = line.bounding_box()
    assert box and (box["width"], box["height"]) == (96, 24)
    one.go("/items/1")
    chart = page.get_by_role("img", name="History")
    expect(chart.locator("canvas")).to_be_visible()
    expect(page.locator("#values dt", has_text="Values").locator("+ dd")).to_have_text(re.compile("^5[0-9]$"))
    inked = _ink(page)
    assert inked > 500
    page.get_by_role("link", name="24 h").click()
    page.wait_for_url("**/items/1?hours=24")
    expect(page.get_by_role("link", name="24 h")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("link", name="24 h")).to_be_focused()
    expect(page.locator("#values dt", has_text="Values").locator("+ dd")).to_have_text(re.compile("^2[01][0-9]$"))
    expect(chart.locator("canvas")).to_have_count(1)
    assert _ink(page) > inked, "four times as many waves"
    page.locator("#values summary").click()
    expect(page.locator("#values tbody tr")).to_have_count(30)
    page.evaluate("htmx.trigger('#values', 'refresh')")
    chart.locator(".u-over").hover()
    expect(chart.locator(".u-value").nth(1)).to_have_text(re.compile(r"^\d"))
    expect(page.locator("#values tbody tr").first).to_be_visible()
    page.go_back()
    page.wait_for_url("**/items/1")
    expect(page.get_by_role("link", name="6 h", exact=True)).to_have_attribute("aria-current", "true")
    assert one.complaints == []


def test_a_chart_appears_with_the_first_value(visit: Callable[..., Visit], instance: Instance) -> None:
    with instance.client(PASSWORD) as api:
        found = api.get("/items", params={"q": "proc.num", "limit": 500}).json()["items"][-1]
    database = Database(f"sqlite:///{instance.folder / 'home' / 'nagare.db'}", durable=False)
    with database.transaction() as connection:
        connection.execute(delete(ItemValue).where(ItemValue.item_id == found["id"]))
    database.close()
    one = visit(width=PHONE, scheme="dark")
    page = one.sign_in(back=f"/items/{found['id']}?hours=1")
    expect(page.get_by_text("No values in the last 1 h")).to_be_visible()
    expect(page.locator("#values-chart")).to_be_hidden()
    _remember(instance, found["id"], [(1, 40), (20, 1e300)])
    # No event tells of values that the test itself wrote: the page looks after a while.
    expect(page.locator("#values-chart canvas")).to_be_visible(timeout=60_000)
    assert _ink(page) > 20
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    one.go(f"/items?{urlencode({'q': 'system.sw.os'})}")
    page.locator("tbody th a").first.click()
    expect(page.get_by_text("only the last value is kept")).to_be_visible()
    assert one.complaints == []


def _ink(page: Page) -> int:
    """Return how many points of the chart have the colour of its line."""
    page.wait_for_function("document.querySelector('#values-chart canvas')?.width > 0")
    return int(page.evaluate(INKED))


def test_a_dead_letter_is_looked_at_retried_and_discarded(visit: Callable[..., Visit]) -> None:
    one = visit()
    page = one.sign_in(back="/dead-letters")
    page.locator("tbody th a[href^='/dead-letters/']").first.click()
    expect(page.locator("pre")).to_contain_text("Traceback")
    page.get_by_role("button", name="Retry").click()
    expect(page).to_have_url(re.compile("/tasks/"))
    expect(page.locator(".state-dead")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="Show the dead letter").click()
    page.get_by_role("button", name="Discard").click()
    page.locator("#confirm").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Discard").click()
    page.locator("#confirm").get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Discarded: 1")).to_be_visible()
    assert one.complaints == []


def test_a_frozen_worker_is_seen_on_the_open_page_and_so_is_its_return(
    visit: Callable[..., Visit], instance: Instance
) -> None:
    one = visit()
    page = one.sign_in()
    workers = [pid for pid in instance.family() if "worker" in command_line(pid) and "celery" in command_line(pid)]
    assert workers
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    try:
        with instance.client(PASSWORD) as api:
            # The first one may be on its way to the worker, which was listening when it froze.
            for what in ("hosts", "items"):
                api.post(f"/monitors/1/{what}/pull-async")
        expect(page.locator("#status")).to_contain_text("No worker is taking tasks", timeout=30_000)
        # No event tells of a worker that is silent: the rest of the page looks less often.
        expect(page.get_by_text("There are no live workers: tasks are waiting.")).to_be_visible(timeout=60_000)
        expect(page.locator("#status dd").nth(1)).not_to_have_text("0")
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
    expect(page.locator("#status")).not_to_contain_text("No worker is taking tasks", timeout=60_000)
    expect(page.get_by_text("0 of 4 slots").or_(page.get_by_text("1 of 4 slots")).first).to_be_visible(timeout=30_000)
    assert one.complaints == []


def test_it_is_worked_by_keyboard_alone(visit: Callable[..., Visit]) -> None:
    page = visit().sign_in()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.goto(page.url.split("#")[0] + "monitors")
    page.get_by_role("button", name="Add monitor").first.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Add monitor")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Add monitor").first).to_be_focused()


def test_language_and_colours_are_kept_and_a_viewer_only_looks(visit: Callable[..., Visit]) -> None:
    one = visit(width=PHONE)
    page = one.sign_in("viewer")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("h1")).to_have_text("概览")
    page.get_by_role("button", name="配色").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="配色").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator("summary").click()
    page.get_by_role("link", name="告警").first.click()
    expect(page.locator("h1")).to_have_text("告警")
    # What changes only the own view stays: the columns of the list.
    expect(page.locator("main form[method=post]:not([action='/preferences'])")).to_have_count(0)
    page.get_by_role("button", name="退出登录").click()
    expect(page.locator("h1")).to_have_text("登录")
    assert one.complaints == []


def test_what_is_on_screen_while_nothing_answers_is_said_to_be_old(visit: Callable[..., Visit]) -> None:
    one = visit()
    page = one.sign_in()
    one.context.set_offline(True)
    expect(page.get_by_text("this page may be out of date")).to_be_visible(timeout=15_000)
    one.context.set_offline(False)
    expect(page.locator("body.is-stale")).to_have_count(0, timeout=15_000)
