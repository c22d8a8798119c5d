"""The list of alerts by its filters and orders, and the same filters in actions and maintenance windows."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from app import clock
from app.composition import Services
from app.enums import Severity
from app.models import Alert
from app.services.access.audit import Editor
from app.store.alerts import alert_labels
from tests.web.caller import Caller

ALERTS = Alert.__table__.c
SOON = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
PAST = "2026-01-31T12:00:00Z"
LABELS: tuple[dict[str, str], ...] = (
    {"team": "pay", "namespace": "shop-1"},
    {"team": "pay", "namespace": "db"},
    {"team": "支付"},
    {},
)


@pytest.fixture
def alert_ids(services: Services, viewer: Caller, fleet: int) -> list[int]:
    """Return the ids of four alerts with labels, of severities 0, 1, 2, 2, oldest first."""
    services.alerts.alerts.generate("generate_alerts:test", 4, Severity.CRITICAL, seed=1)
    ids = sorted(alert["id"] for alert in viewer.get("/alerts").json["items"])
    with services.database.transaction() as connection:
        for number, (alert_id, labels) in enumerate(zip(ids, LABELS, strict=True)):
            values = {"labels": labels, "severity": min(number, 2), "host": f"web-{number}"}
            connection.execute(update(Alert).where(ALERTS.id == alert_id).values(values))
        alert_labels.write(connection, list(zip(ids, LABELS, strict=True)))
    return ids


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("severity=critical", [3, 2]),
        ("severity=0,warning", [1, 0]),
        ("severity=0&severity=1", [1, 0]),
        ("min_severity=warning", [3, 2, 1]),
        ("min_severity=1&severity=0,2", [3, 2]),
        ("status=active,acknowledged", [3, 2, 1, 0]),
        ("status=resolved", []),
        ("monitor_id=1,2&source=test,zabbix", [3, 2, 1, 0]),
        ("host=web-1", [1]),
        ("stale=true", []),
        ("silenced=false&suppressed=false", [3, 2, 1, 0]),
        ('match={team="pay"}', [1, 0]),
        ('match={team="pay",namespace=~"shop-.*"}', [0]),
        ("match=team=pay&match=namespace=db", [1]),
        ("match=team!=pay", [3, 2]),
        ("match=team=支付", [2]),
        ('match={alert.host=~"web-[12]",alert.severity="critical"}', [2]),
        ("match=", [3, 2, 1, 0]),
        ("started_after=2026-01-01T00:00:00Z&last_seen_before=2100-01-01T00:00:00Z", [3, 2, 1, 0]),
        ("resolved_after=2026-01-01T00:00:00Z", []),
        ("sort=severity", [0, 1, 3, 2]),
        ("sort=-severity,started_at", [2, 3, 1, 0]),
        ("sort=started_at", [0, 1, 2, 3]),
        ("sort=-cost", [3, 2, 1, 0]),
        ("sort=cost&min_severity=1", [1, 2, 3]),
    ],
)
def test_alerts_are_listed_by_what_is_asked_for(
    viewer: Caller, alert_ids: list[int], query: str, places: list[int]
) -> None:
    answer = viewer.get(f"/alerts?{query}")
    assert answer.status == 200, answer.text
    assert [alert["id"] for alert in answer.json["items"]] == [alert_ids[place] for place in places]
    assert (answer.json["total"], answer.json["total_is_exact"]) == (len(places), True)


def test_the_total_is_on_the_first_page(viewer: Caller, alert_ids: list[int]) -> None:
    first = viewer.get("/alerts?limit=3&sort=-severity").json
    assert (len(first["items"]), first["total"], first["total_is_exact"]) == (3, 4, True)
    second = viewer.get(f"/alerts?limit=3&sort=-severity&cursor={first['next_cursor']}").json
    assert [alert["id"] for alert in second["items"]] == [alert_ids[0]]
    assert (second["total"], second["total_is_exact"], second["next_cursor"]) == (None, None, None)


def test_pages_by_cost_go_on_where_the_last_ended_and_leave_out_what_costs_nothing(
    services: Services, viewer: Caller, alert_ids: list[int]
) -> None:
    editor = Editor(1, "admin")
    services.alerts.alert_actions.acknowledge(alert_ids[3], editor)
    services.alerts.alert_actions.resolve(alert_ids[2], editor)
    services.alerts.alert_actions.snooze(alert_ids[0], editor, clock.now() + timedelta(hours=1))
    listed, cursor = [], ""
    while cursor is not None:
        page = viewer.get(f"/alerts?limit=1&sort=-cost{cursor and f'&cursor={cursor}'}").json
        listed += [alert["id"] for alert in page["items"]]
        cursor = page["next_cursor"]
    # 20 halved by the acknowledgement, somewhat less than 10 for what was just resolved, and 5 for a warning.
    assert listed == [alert_ids[3], alert_ids[2], alert_ids[1]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("severity=huge", "severity"),
        ("severity=", "severity"),
        ("severity=3", "severity"),
        ("status=0,9", "status"),
        ("min_severity=0,1", "min_severity"),
        ("q=a&q=b", "q"),
        ("sort=name", "sort"),
        ("sort=-started_at&cursor=W10", "cursor"),
        ("sort=-cost&cursor=W10", "cursor"),
        ("match=team", "match"),
        ('match=team=~"("', "match"),
        ('match=alert.message=~"x"', "match"),
        ("started_after=yesterday", "started_after"),
        ("host=", "host"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_name(viewer: Caller, query: str, field: str) -> None:
    answer = viewer.get(f"/alerts?{query}")
    assert (answer.status, list(answer.json["errors"])) == (422, [field]), answer.text


def test_an_action_takes_the_same_filter(operator: Caller, alert_ids: list[int]) -> None:
    matching = {"match": 'team="pay"', "severity": ["info", 1]}
    assert operator.post("/alerts/acknowledge", {"filter": matching}).json == {"acknowledged": 2}
    assert [operator.get(f"/alerts/{alert_id}").json["status"] for alert_id in alert_ids] == [1, 1, 0, 0]
    both = {"match": ["team=pay", "namespace=db"], "min_severity": "warning", "status": "acknowledged"}
    assert operator.post("/alerts/resolve", {"filter": both, "expected_total": 1}).json == {"resolved": 1}


def test_a_filter_that_matches_more_than_expected_changes_nothing(operator: Caller, alert_ids: list[int]) -> None:
    body = {"filter": {"match": "team=pay"}, "expected_total": 1}
    answer = operator.post("/alerts/resolve", body)
    assert answer.status == 409, answer.text
    assert "more than the expected 1 alerts" in answer.json["detail"]
    assert [operator.get(f"/alerts/{alert_id}").json["status"] for alert_id in alert_ids] == [0] * 4
    assert operator.post("/alerts/resolve", {**body, "expected_total": 2}).json == {"resolved": 2}
    assert operator.post("/alerts/resolve", {"ids": [1], "expected_total": 2}).status == 422


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"severity": "huge"}, "filter.severity"),
        ({"severity": True}, "filter.severity"),
        ({"status": []}, "filter.status"),
        ({"match": "team"}, "filter.match"),
        ({"match": [1]}, "filter.match"),
        ({"host_id": ["1"]}, "filter.host_id"),
    ],
)
def test_a_wrong_filter_of_an_action_is_refused_by_name(
    operator: Caller, wanted: dict[str, object], field: str
) -> None:
    answer = operator.post("/alerts/resolve", {"filter": wanted})
    assert (answer.status, list(answer.json["errors"])) == (422, [field]), answer.text


def test_a_maintenance_window_covers_what_matches(operator: Caller, alert_ids: list[int]) -> None:
    window = {"name": "w", "match": 'team="pay",alert.severity!="info"', "starts_at": PAST, "ends_at": SOON}
    made = operator.post("/maintenance", window)
    assert (made.status, made.json["match"]) == (201, window["match"]), made.text
    path = f"/maintenance/{made.json['id']}"
    assert suppressed(operator, alert_ids) == [False, True, False, False]
    assert operator.call("PATCH", path, json={"match": 'namespace=~".+"'}).status == 200
    assert suppressed(operator, alert_ids) == [True, True, False, False]
    assert operator.call("PATCH", path, json={"match": None}).status == 422
    assert operator.call("PATCH", path, json={"match": "{}"}).status == 422
    assert operator.call("DELETE", path).status == 204
    assert suppressed(operator, alert_ids) == [False] * 4


def suppressed(caller: Caller, alert_ids: list[int]) -> list[bool]:
    return [caller.get(f"/alerts/{alert_id}").json["suppressed"] for alert_id in alert_ids]
