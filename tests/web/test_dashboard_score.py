"""The page that says why the score is low."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest

from app import clock
from app.composition import Services
from app.enums import Severity
from app.store.alerts import score_samples
from app.web.dashboard.fragments import HEADER
from app.web.schemas.fields import Timestamp
from tests.services.alert_rows import add_alert, add_event
from tests.web.browser import HTMX, Browser
from tests.web.caller import Caller


@pytest.fixture
def fallen(services: Services, fleet: int) -> int:
    """Let the score fall from 90 to 60 when two hosts have an alert, and return the id of the first alert."""
    with services.database.transaction() as connection:
        first, second = (add_alert(connection, fleet, number, host_id=number) for number in (1, 2))
        add_event(connection, first)
        add_event(connection, second)
        for minutes, score in ((10, 90), (0, 60)):
            at = clock.now() - timedelta(minutes=minutes)
            sample = {"scope": score_samples.FLEET, "at": at, "score": score, "load": 0.0, "open_alerts": 0}
            score_samples.add(connection, [sample])
    return first


def test_the_dial_leads_to_what_would_help(browse: Callable[[str], Browser], fallen: int) -> None:
    browser = browse("viewer")
    overview = browser.get("/").text
    assert re.search(r'<a class="dial-link" href="/score"', overview)
    assert "points" in overview
    page = browser.get("/score").text
    assert [float(points) for points in re.findall(r"<strong>\+([\d.]+)</strong>", page)]


@pytest.mark.parametrize("by", ["monitor", "group", "host", "message", "alert"])
def test_each_cause_leads_to_its_alerts_and_to_its_own_score(
    browse: Callable[[str], Browser], fallen: int, by: str
) -> None:
    browser = browse("viewer")
    page = browser.get(f"/score?by={by}").text
    rows = page.split("<tbody>")[1].split("</tbody>")[0]
    links = [unescape(link) for link in re.findall(r'href="(/[^"]+)"', rows)]
    assert any(link.startswith("/alerts") for link in links)
    for link in links:
        answer = browser.get(link)
        assert answer.status == 200, link
        assert "Disk space running low" in answer.text or link.startswith("/score"), link


def test_a_drop_says_what_happened_and_leads_to_the_minutes(browse: Callable[[str], Browser], fallen: int) -> None:
    browser = browse("viewer")
    page = browser.get("/score").text
    [drop] = re.findall(r'<li class="bad">.*?</ul>', page, re.DOTALL)
    assert "−30" in drop and "Disk space running low</a> ×2" in drop and f'href="/alerts/{fallen}"' in drop
    [address] = re.findall(r'href="(/score[^"]+#changes)"', drop)
    shown = browser.get(unescape(address)).text
    changes = shown.split('id="changes"')[1].split("</section>")[0]
    assert "from 90 to 60" in changes
    assert "Disk space running low</a> ×2" in changes


def test_a_place_of_the_chart_leads_to_what_changed_then(browse: Callable[[str], Browser], fallen: int) -> None:
    browser = browse("viewer")
    [address] = re.findall(r'data-leads-to="([^"]+)"', browser.get("/score").text)
    at = Timestamp()._serialize(clock.now() - timedelta(minutes=3))
    assert "Disk space running low</a> ×2" in browser.get(f"{unescape(address)}{at}").text
    long_ago = browser.get(f"{unescape(address)}2026-01-01T00:00:00Z").text
    assert "No alert, maintenance window or failed pull is known of this time" in long_ago


def test_the_history_is_that_of_the_scope(browse: Callable[[str], Browser], fallen: int, fleet: int) -> None:
    browser = browse("viewer")
    assert "not for groups and hosts" in browser.get("/score?host_id=1").text
    assert 'data-feeds="score-history"' not in browser.get(f"/score?monitor_id={fleet}").text
    assert browser.get("/score?monitor_id=99").status == 404
    assert browser.get("/score?hours=5").status == 422


def test_a_refresh_of_the_causes_does_not_read_the_history(
    browse: Callable[[str], Browser], services: Services, fallen: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.alerts.score_changes, "drops", None)
    assert browse("viewer").get("/score", headers={**HTMX, HEADER: "causes"}).status == 200


def test_drops_and_changes_over_http(viewer: Caller, fallen: int) -> None:
    after = Timestamp()._serialize(clock.now() - timedelta(hours=1))
    [drop] = viewer.get("/alerts/score/drops", query_string={"after": after}).json["items"]
    assert (drop["points"], drop["begin"]["score"], drop["end"]["score"], drop["more"]) == (30, 90, 60, 0)
    found = viewer.get("/alerts/score/changes", query_string={"after": after}).json
    [change] = found["changes"]
    assert (change["alert_id"], change["count"], change["severity"]) == (fallen, 2, Severity.CRITICAL)
    assert change["lowers"] and found["is_complete"]
    assert viewer.get("/alerts/score/changes").status == 422
    assert viewer.get("/alerts/score/drops?after=yesterday").status == 422
