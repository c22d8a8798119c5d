"""From the dial to what changed the score, and an alert with its item's values, in a real browser."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.store.alerts import score_samples
from app.store.database.engine import Database
from tests.cli.instance import Instance
from tests.cli.processes import wait_for
from tests.real.test_dashboard import DESKTOP, PASSWORD, PHONE, Visit, _look, _remember, browser, instance, visit

__all__ = ["browser", "instance", "visit"]

pytestmark = pytest.mark.real

MARKED = """([chart, mark]) => {
  const canvas = document.querySelector(`#${chart} canvas`);
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const wanted = getComputedStyle(document.querySelector(`[data-marks-of=${chart}] ${mark}`)).color.match(/\\d+/g);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) count += wanted.slice(0, 3).every((one, at) => data[i + at] === Number(one));
  return count;
}"""


@pytest.fixture
def fallen(instance: Instance) -> None:
    """Let the score have fallen an hour ago."""
    now = datetime.now(UTC)
    database = Database(f"sqlite:///{instance.folder / 'home' / 'nagare.db'}", durable=False)
    for minutes in range(120, 5, -5):
        sample = {"scope": score_samples.FLEET, "at": now - timedelta(minutes=minutes), "load": 0.0, "open_alerts": 0}
        with database.transaction() as connection:
            score_samples.add(connection, [sample | {"score": 95 if minutes > 60 else 40}])
    database.close()


@pytest.mark.usefixtures("fallen")
def test_a_click_on_the_chart_says_what_changed_then(visit: Callable[..., Visit], tmp_path: Path) -> None:
    one = visit(width=DESKTOP)
    page = one.sign_in()
    page.get_by_role("link", name="Why is the score low?").first.click()
    page.wait_for_url("**/score")
    chart = page.locator("#score-history .u-over")
    expect(chart).to_be_visible()
    wait_for(lambda: page.evaluate(MARKED, ["score-history", "[data-at]"]) > 50, "the drop as a line of the chart")
    chart.click(position={"x": 200, "y": 50})
    page.wait_for_url(re.compile(r"/score\?.*at=.*#changes"))
    expect(page.get_by_role("heading", name=re.compile("What changed from"))).to_be_in_viewport()
    # What the head of the page half covers would be no target of a finger's size.
    page.evaluate("window.scrollTo(0, 0)")
    _look(page, tmp_path / "score.png", "/score")
    page.get_by_role("link", name="Message", exact=True).click()
    page.wait_for_url("**by=message**")
    page.locator("tbody th a").first.click()
    page.wait_for_url("**/alerts?match=**")
    expect(page.locator("tbody tr").first).to_be_visible()
    assert one.complaints == []


@pytest.mark.usefixtures("fallen")
def test_the_score_on_a_phone_in_the_dark_in_chinese(visit: Callable[..., Visit], tmp_path: Path) -> None:
    one = visit(width=PHONE, language="zh", scheme="dark")
    page = one.sign_in()
    for path in ("/score", "/score?by=alert&hours=168", "/score?host_id=1"):
        one.go(path)
        expect(page.get_by_role("heading", level=1)).to_contain_text("健康分为什么低？")
        _look(page, tmp_path / f"score{len(path)}.png", path)
    assert one.complaints == []


@pytest.mark.parametrize(("width", "language", "scheme"), [(DESKTOP, "en", "light"), (PHONE, "zh", "dark")])
def test_an_alert_is_drawn_into_the_values_of_its_item(
    visit: Callable[..., Visit], instance: Instance, tmp_path: Path, width: int, language: str, scheme: str
) -> None:
    with instance.client(PASSWORD) as api:
        alert = next(each for each in api.get("/alerts?limit=100").json()["items"] if each["item_id"])
    _remember(instance, alert["item_id"], [(minutes, 40 + minutes % 7) for minutes in range(1, 50)])
    one = visit(width=width, language=language, scheme=scheme)
    page = one.sign_in(back=f"/alerts/{alert['id']}")
    expect(page.locator("#alert-chart canvas")).to_be_visible()
    wait_for(lambda: page.evaluate(MARKED, ["alert-chart", ".event-fired"]) > 50, "the line of what happened")
    _look(page, tmp_path / "alert.png", "an alert")
    assert one.complaints == []
