"""What the dashboard draws of items' values: a line beside each in a list, a chart on an item's own page."""

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from app.composition import Services, build
from app.store.inventory import item_values
from app.web import create_app, make_tokens
from app.web.dashboard.formats import axis_unit, quantity
from app.web.dashboard.session import TOKEN_S
from app.web.dashboard.sparklines import HEIGHT, WIDTH, sparklines
from tests.web.browser import HTMX, Browser
from tests.web.test_dashboard_pages import has_nothing_inline

NOW = datetime.now(UTC)
Remember = Callable[[int, Iterable[tuple[float, float]]], None]
LINE = re.compile(r'<svg class="sparkline".*?<title>(.*?)</title><polyline points="([^"]+)"')


@pytest.fixture
def remember(services: Services, fleet: int) -> Remember:
    """Return what writes an item's values by how many minutes ago they were; the pull's own are gone."""
    assert fleet

    def remember(item_id: int, values: Iterable[tuple[float, float]]) -> None:
        now = datetime.now(UTC)
        rows = [(item_id, now - timedelta(minutes=ago), value) for ago, value in values]
        with services.database.transaction() as connection:
            item_values.add(connection, rows)

    with services.database.transaction() as connection:
        connection.execute(text("DELETE FROM item_values"))
        connection.execute(text("UPDATE items SET units = 'B', value = '2048', value_type = 'float'"))
    return remember


def feed_of(page: str) -> tuple[Any, Any]:
    """Return the points and the window of the page's chart."""
    found = re.search(r'data-feeds="values-chart" data-points="([^"]+)" data-window="([^"]+)"', page)
    assert found, "the page has no chart"
    return json.loads(unescape(found[1])), json.loads(unescape(found[2]))


@pytest.mark.parametrize("path", ["/items", "/hosts/1"])
def test_each_number_in_a_list_has_its_line(browse: Callable[[str], Browser], remember: Remember, path: str) -> None:
    browser = browse("viewer")
    assert "sparkline" not in browser.get(path).text and "Last 6 h" not in browser.get(path).text
    remember(1, [(300, 1024), (120, 4096), (1, 2048)])
    remember(2, [(10, 1)])
    page = browser.get(path).text
    [(title, points)] = LINE.findall(page)
    assert title == "Last 6 h: lowest 1 KiB, highest 4 KiB, latest 2 KiB"
    assert len(points.split()) == 3
    assert '<th scope="col">Last 6 h</th>' in page and has_nothing_inline(page)
    browser.client.set_cookie("nagare_language", "zh")
    assert "最近 6 小时：最低 1 KiB，最高 4 KiB，最新 2 KiB" in browser.get(path, headers=HTMX).text


def test_a_list_asks_once_for_all_its_lines(
    browse: Callable[[str], Browser], remember: Remember, services: Services
) -> None:
    for item_id in range(1, 7):
        remember(item_id, [(30, 1), (20, 2)])
    with services.database.transaction() as connection:
        connection.execute(text("UPDATE items SET value_type = 'text', value = 'Debian' WHERE id = 6"))
        engine = connection.engine
    asked: list[str] = []

    def note(*arguments: Any) -> None:
        asked.append(arguments[2])

    event.listen(engine, "before_cursor_execute", note)
    page = browse("viewer").get("/items").text
    event.remove(engine, "before_cursor_execute", note)
    assert len(LINE.findall(page)) == 5, "a text has no line, whatever it was before"
    assert len([statement for statement in asked if "item_values" in statement]) == 1


def test_lines_stay_in_their_box_and_share_one_axis_of_time() -> None:
    def step(minutes: int, lowest: float, highest: float) -> dict[str, Any]:
        return {"at": NOW + timedelta(minutes=minutes), "lowest": lowest, "highest": highest}

    history = {
        1: [step(0, -1.7e308, 1.7e308), step(30, 5.0, 5.0)],
        2: [step(15, 7.0, 7.0), step(30, 7.0, 7.0)],
        3: [step(10, 1.0, 1.0)],
        4: [],
    }
    lines = sparklines(history, {1: 5.0, 2: None})
    assert list(lines) == [1, 2]
    assert (lines[1].points, lines[1].end) == ("3,21 3,3 93,12", (93, 12))
    assert lines[2].points == "48,12 93,12"
    assert (lines[1].lowest, lines[1].highest) == (-1.7e308, 1.7e308)
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for line in lines.values() for x, y in [line.end])
    assert sparklines({}, {}) == {}


def test_a_line_ends_at_the_latest_value_whatever_its_last_step_sums_up() -> None:
    steps = [{"at": NOW - timedelta(minutes=minutes), "lowest": 0.0, "highest": 10.0} for minutes in (30, 0)]
    ends = {latest: sparklines({1: steps}, {1: latest})[1].end[1] for latest in (0.0, 5.0, 10.0, None)}
    assert ends == {0.0: 21, 5.0: 12, 10.0: 3, None: 3}
    beyond = sparklines({1: steps}, {1: 20.0})[1]
    assert (beyond.end[1], beyond.highest) == (3, 20.0)


def test_an_items_page_draws_its_last_hours(browse: Callable[[str], Browser], remember: Remember) -> None:
    remember(1, [(1300, 512), (200, 1024), (30, 4096), (1, 2048)])
    browser = browse("viewer")
    page = browser.get("/items/1").text
    (moments, highest, lowest), (begin, end) = feed_of(page)
    assert highest == lowest == [1, 4, 2], "in the unit of the chart"
    assert begin < moments[0] < moments[-1] <= end
    assert end - begin == pytest.approx(6 * 3600, abs=1)
    assert 'data-series="[&#34;Highest&#34;, &#34;Lowest&#34;]"' in page and "data-fits" in page
    summary = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page[page.index('id="history"') :]))
    assert summary == {
        "Lowest": "1 KiB",
        "Highest": "4 KiB",
        "Latest": "2 KiB",
        "Values": "3",
        "Chart unit": "KiB",
    }
    table = page[page.index("Latest values") :]
    assert re.findall(r'<td class="num">([^<]+)</td>', table) == ["2 KiB", "4 KiB", "1 KiB"]
    assert has_nothing_inline(page)
    assert 'id="range-6" href="/items/1?hours=6" hx-get="/items/1?hours=6" aria-current="true"' in page
    assert [len(feed_of(browser.get(f"/items/1?hours={hours}").text)[0][0]) for hours in (1, 6, 24)] == [2, 3, 4]
    part = browser.get("/items/1?hours=24", headers=HTMX).text
    assert 'id="range-24" href="/items/1?hours=24" hx-get="/items/1?hours=24" aria-current="true"' in part
    assert 'hx-get="/items/1?hours=24" hx-trigger="refresh"' in part, "what is asked again is as far back"


@pytest.mark.parametrize("query", ["hours=2", "hours=one", "days=1", "hours=-1"])
def test_a_range_that_is_none_is_refused(browse: Callable[[str], Browser], remember: Remember, query: str) -> None:
    remember(1, [(1, 1)])
    assert browse("viewer").get(f"/items/1?{query}").status == 422


def test_many_values_are_summed_up_without_losing_a_peak(browse: Callable[[str], Browser], remember: Remember) -> None:
    remember(1, [(minutes, 9e9 if minutes == 601 else 1e9) for minutes in range(1, 1400)])
    page = browse("viewer").get("/items/1?hours=24").text
    (moments, highest, lowest), _ = feed_of(page)
    assert 349 < len(moments) <= 361 and moments == sorted(moments)
    assert max(highest) == pytest.approx(9e9 / 1024**3) and max(lowest) == pytest.approx(1e9 / 1024**3)
    assert "lowest and highest value per 4 min" in page
    assert page.count("<tr>") == 31
    assert re.findall(r'<th scope="col" class="num">([^<]+)</th>', page) == ["Lowest", "Highest"]


def test_without_values_the_page_says_why(
    browse: Callable[[str], Browser], remember: Remember, services: Services
) -> None:
    remember(1, [(120, 1)])
    browser = browse("viewer")
    empty = browser.get("/items/1?hours=1").text
    assert "No values in the last 1 h" in empty and "data-feeds" not in empty and 'id="values-chart"' in empty
    with services.database.transaction() as connection:
        connection.execute(text("UPDATE items SET value_type = 'log', value = '12' WHERE id = 1"))
    words = browser.get("/items/1").text
    assert "only the last value is kept" in words
    assert 'id="values-chart"' not in words and 'id="range-1"' not in words


def test_where_no_history_is_kept_the_page_says_so(services: Services, fleet: int) -> None:
    off = build(services.settings.model_copy(update={"values_hours": 0}))
    tokens = make_tokens(off.settings, off.access.auth.issue_token("viewer", days=1), TOKEN_S)
    browser = Browser(create_app(off).test_client(), tokens["access_token"])
    assert fleet and "NAGARE_VALUES_HOURS is 0" in browser.get("/items/1").text
    assert "sparkline" not in browser.get("/items").text
    off.close()


def test_numbers_are_shown_in_a_unit_of_their_size(app: Flask) -> None:
    with app.test_request_context():
        assert [axis_unit(largest, "B") for largest in (0, 1023, -1024, 3 * 1024**3)] == [
            (1, "B"),
            (1, "B"),
            (1024, "KiB"),
            (1024**3, "GiB"),
        ]
        assert [axis_unit(largest, "s") for largest in (0, 0.5, 59, 7200, 9e6)] == [
            (1, "s"),
            (0.001, "ms"),
            (1, "s"),
            (3600, "h"),
            (86400, "d"),
        ]
        assert [axis_unit(2e6, units) for units in ("bps", "%", "!ms", "", "unixtime")] == [
            (1e6, "Mbps"),
            (1, "%"),
            (1, "ms"),
            (1, ""),
            (1, ""),
        ]
        assert [quantity(value, "bps") for value in (1234567.0, "999", 1e300)] == [
            "1.23 Mbps",
            "999 bps",
            "1e+285 Pbps",
        ]
        assert [quantity(value) for value in (5.0, "1e15", "n/a", None)] == ["5", "1e+15", "n/a", "–"]
        assert quantity(1e300, "s") == "1.157e+295 d"
