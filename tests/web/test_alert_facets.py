"""Counts, groups and completion of alerts: what they say agrees with the list of the same filter."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import update

from app.composition import Services
from app.models import Alert, Host
from app.services.access.audit import Editor
from app.store.alerts import alert_labels
from tests.services.alert_rows import add_alert
from tests.web.browser import HTMX, Browser
from tests.web.caller import Caller

ALERTS = Alert.__table__.c
LABELS: tuple[dict[str, str], ...] = ({"team": "pay", "env": "a"}, {"team": "pay"}, {"team": '支"付'}, {})


@pytest.fixture
def alert_ids(services: Services, fleet: int) -> list[int]:
    """Return the ids of four alerts of severities 0, 1, 2, 2, oldest first; two are of one host in one group."""
    with services.database.transaction() as connection:
        connection.execute(update(Host).where(Host.__table__.c.id == 1).values(name="web-1", groups=["网站", "eu"]))
        hosts: list[dict[str, Any]] = [{"host_id": 1}, {"host_id": 1}, {"host": 'a "b"'}, {}]
        ids = [
            add_alert(connection, fleet, number, severity=min(number, 2), labels=LABELS[number], **hosts[number])
            for number in range(4)
        ]
        connection.execute(update(Alert).where(ALERTS.id == ids[3]).values(message="Fan broken"))
        alert_labels.write(connection, list(zip(ids, LABELS, strict=True)))
    services.alerts.alert_actions.acknowledge(ids[3], Editor(1, "admin"))
    return ids


def test_facets_count_by_value(viewer: Caller, alert_ids: list[int], fleet: int) -> None:
    found = viewer.get("/alerts/facets?label=team").json
    assert (found["total"], found["total_is_exact"]) == (4, True)
    counts = {
        facet["label"] or facet["name"]: {each["value"]: each["count"] for each in facet["values"]}
        for facet in found["facets"]
    }
    assert counts == {
        "severity": {2: 2, 0: 1, 1: 1},
        "status": {0: 3, 1: 1},
        "monitor_id": {fleet: 4},
        "source": {"test": 4},
        "host": {"web-1": 2, 'a "b"': 1},
        "group": {"eu": 2, "网站": 2},
        "team": {"pay": 2, '支"付': 1},
    }
    assert sum(each["critical"] for each in found["timeline"]) == 2
    assert viewer.get("/alerts/facets?severity=critical").json["total"] == 2


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("host", {"web-1": [0, 1], 'a "b"': [2], "": [3]}),
        ("message", {"Disk space running low": [0, 1, 2], "Fan broken": [3]}),
        ("group", {"eu": [0, 1], "网站": [0, 1], "": [2, 3]}),
        ("label&label=team", {"pay": [0, 1], '支"付': [2], "": [3]}),
    ],
)
def test_a_groups_filter_wants_its_alerts(
    viewer: Caller, operator: Caller, alert_ids: list[int], by: str, groups: dict[str, list[int]]
) -> None:
    found = viewer.get(f"/alerts/groups?by={by}").json["items"]
    assert {each["value"]: each["count"] for each in found} == {name: len(each) for name, each in groups.items()}
    assert [each["critical"] for each in found] == sorted((each["critical"] for each in found), reverse=True)
    for group in found:
        listed = viewer.get("/alerts", query_string=group["filter"]).json
        assert {alert["id"] for alert in listed["items"]} == {alert_ids[place] for place in groups[group["value"]]}


def test_a_groups_filter_keeps_the_matchers_that_were_given(viewer: Caller, alert_ids: list[int]) -> None:
    [group] = viewer.get('/alerts/groups?by=host&match={env="a"}').json["items"]
    assert (group["count"], group["filter"]) == (1, {"match": '{env="a",alert.host="web-1"}'})
    assert viewer.get("/alerts/groups?by=label").status == 422
    assert viewer.get("/alerts/groups?by=colour").status == 422


def test_matchers_are_completed(viewer: Caller, alert_ids: list[int]) -> None:
    names = viewer.get("/alerts/label-names").json["items"]
    assert {"team", "env", "alert.host", "alert.monitor"} <= set(names)
    assert viewer.get("/alerts/label-names?q=te").json["items"] == ["team"]
    assert viewer.get("/alerts/label-values?name=team").json["items"] == ["pay", '支"付']
    assert viewer.get("/alerts/label-values?name=team&q=支").json["items"] == ['支"付']
    assert viewer.get("/alerts/label-values?name=alert.severity&q=c").json["items"] == ["critical"]
    assert viewer.get("/alerts/label-values?name=alert.host&q=web-1").json["items"] == ["web-1"]
    assert viewer.get("/alerts/label-values?name=alert.monitor").json["items"] == ["demo"]


def test_the_page_shows_open_alerts_with_their_counts(
    browse: Callable[[str], Browser], operator: Caller, alert_ids: list[int]
) -> None:
    operator.post(f"/alerts/{alert_ids[2]}/resolve")
    page = browse("operator").get("/alerts").text
    shown = [page.find(f'href="/alerts/{alert_id}"') for alert_id in alert_ids]
    assert shown[2] == -1, "resolved"
    assert shown[3] < shown[1] < shown[0], "the most severe first"
    assert "3 open alerts" in page and 'aria-sort="descending"' in page
    assert f'/alerts/{alert_ids[2]}"' in browse("operator").get("/alerts?status=2").text
    assert f'/alerts/{alert_ids[2]}"' in browse("operator").get("/alerts?status=0%2C1%2C2").text


@pytest.mark.parametrize("match", ['{team="pay"}', '{"team"="pay"}', 'team = "pay"', "team=pay"])
def test_a_chosen_label_is_known_and_taken_back_however_its_matcher_is_written(
    browse: Callable[[str], Browser], alert_ids: list[int], match: str
) -> None:
    page = browse("viewer").get(f"/alerts?{urlencode({'match': match})}").text
    [chosen] = re.findall(r'<a href="([^"]*)" aria-current="true"[^>]*><span class="clip">pay</span>', page)
    assert "match" not in chosen


def test_a_group_is_acknowledged_by_its_button(
    browse: Callable[[str], Browser], operator: Caller, alert_ids: list[int]
) -> None:
    page = browse("operator")
    assert "Acknowledge all of it" in page.get("/alerts?by=host").text
    form = {"everything": "true", "status": "0,1", "match": '{alert.host="web-1"}', "expected_total": "2"}
    assert "Acknowledged: 2" in page.follow(page.post("/alerts/acknowledge", form)).text
    assert [operator.get(f"/alerts/{each}").json["status"] for each in alert_ids] == [1, 1, 0, 1]


def test_columns_are_chosen_for_this_browser(browse: Callable[[str], Browser], alert_ids: list[int]) -> None:
    page = browse("viewer")
    assert 'data-label="Monitor"' not in page.get("/alerts").text
    answer = page.post("/preferences", {"alert_columns": ["", "monitor", "severity"], "back": "/alerts"})
    assert answer.headers["Location"] == "/alerts"
    text = page.get("/alerts").text
    assert 'data-label="Monitor"' in text and 'data-label="Host"' not in text


def test_counts_of_many_alerts_come_after_the_list(
    browse: Callable[[str], Browser], alert_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.dashboard.alert_counts.FEW", 3)
    page = browse("viewer").get("/alerts").text
    assert 'class="timeline"' not in page and 'hx-trigger="load"' in page
    later = browse("viewer").get("/alerts", headers={**HTMX, "HX-Trigger": "around"}).text
    assert 'class="timeline"' in later and 'hx-trigger="load"' not in later
    assert f'href="/alerts/{alert_ids[0]}"' in page and f'href="/alerts/{alert_ids[0]}"' not in later
    assert 'class="timeline"' not in browse("viewer").get("/alerts", headers={**HTMX, "HX-Trigger": "list"}).text
