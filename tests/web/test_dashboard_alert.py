"""An alert's page: its item's values at that time, its history, its labels and links, the same fault elsewhere."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from app import clock
from app.composition import Services
from app.enums import AlertEventKind
from app.services.access.audit import Editor
from app.store.inventory import item_values
from app.web.dashboard.fragments import HEADER
from tests.services.alert_rows import add_alert, add_event
from tests.web.browser import HTMX, Browser

LABELS = {"team": "pay", "quoted": 'a "b"'}
ANNOTATIONS = {"runbook_url": "https://wiki.example/full", "wiki": "javascript:alert(1)", "panel": "http://g.example"}


@pytest.fixture
def alert_id(services: Services, fleet: int) -> int:
    """Return the id of an alert of an item that had values before and after it began, and one long before."""
    now = clock.now()
    values: dict[str, Any] = {"labels": LABELS, "annotations": ANNOTATIONS, "source_url": "https://zbx.example/1"}
    with services.database.transaction() as connection:
        began = now - timedelta(hours=2)
        found = add_alert(connection, fleet, host_id=1, item_id=1, started_at=began, first_seen_at=began, **values)
        add_event(connection, found)
        points = [(1, now - timedelta(minutes=minutes), float(minutes)) for minutes in (10, 100, 170, 400)]
        item_values.add(connection, points)
    return found


def test_the_chart_shows_the_items_values_around_the_alert_with_what_happened(
    browse: Callable[[str], Browser], services: Services, alert_id: int
) -> None:
    services.alerts.alert_actions.acknowledge(alert_id, Editor(1, "admin"))
    page = browse("viewer").get(f"/alerts/{alert_id}").text
    [points] = re.findall(r'data-points="([^"]+)"', page)
    assert json.loads(unescape(points))[1][:3] == [170.0, 100.0, 10.0]
    [window] = re.findall(r'data-window="\[([^"]+)\]"', page)
    begin, end = map(float, window.split(","))
    assert end - begin == pytest.approx(3 * 3600, abs=60)
    marks = re.findall(r'<li class="event-(\w+)" data-at="[\d.]+">', page)
    assert marks == [AlertEventKind.ACKNOWLEDGED, AlertEventKind.FIRED]


def test_labels_are_filters_and_links_are_buttons(browse: Callable[[str], Browser], alert_id: int) -> None:
    browser = browse("viewer")
    page = browser.get(f"/alerts/{alert_id}").text
    filters = [unescape(address) for address in re.findall(r'class="label" href="(/alerts\?match=[^"]+)"', page)]
    assert len(filters) == 2
    assert all(browser.get(address).status == 200 for address in filters)
    assert re.findall(r'class="button" href="(http[^"]+)"[^>]*>([^<]+)<', page) == [
        ("https://wiki.example/full", "Runbook"),
        ("http://g.example", "panel"),
        ("https://zbx.example/1", "Show at the source"),
    ]
    assert f'id="alert-link">http://localhost/alerts/{alert_id}<' in page


def test_the_history_says_who_did_what_and_what_became_of_it(
    browse: Callable[[str], Browser], services: Services, alert_id: int
) -> None:
    services.response.notifier.tick()
    services.alerts.alert_actions.acknowledge(alert_id, Editor(1, "anna"), "我来处理")
    page = browse("viewer").get(f"/alerts/{alert_id}").text
    acknowledged, fired = re.findall(r'<li class="event-\w+"><strong>.*?</li>', page, re.DOTALL)
    assert "by anna" in acknowledged and "我来处理" in acknowledged
    assert "No route" in fired or "no route" in fired, fired


def test_a_refresh_of_one_part_does_not_compute_the_others(
    browse: Callable[[str], Browser], services: Services, alert_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.alerts.alerts, "similar", None)
    monkeypatch.setattr(services.paging.why, "of_alert", None)
    browser = browse("viewer")
    assert browser.get(f"/alerts/{alert_id}", headers={**HTMX, HEADER: "now"}).status == 200
    assert browser.get(f"/alerts/{alert_id}", headers={**HTMX, HEADER: "values"}).status == 200


def test_the_same_fault_on_other_hosts_and_before_is_beside_it(
    browse: Callable[[str], Browser], services: Services, fleet: int, alert_id: int
) -> None:
    with services.database.transaction() as connection:
        other = add_alert(connection, fleet, 2, host_id=2)
        before = add_alert(connection, fleet, 3, host_id=1, started_at=clock.now() - timedelta(days=1))
    page = browse("viewer").get(f"/alerts/{alert_id}").text
    elsewhere, earlier = page.index("Open on other hosts"), page.index("Earlier on this host")
    assert elsewhere < page.index(f'href="/alerts/{other}"') < earlier < page.index(f'href="/alerts/{before}"')
