"""Alerts are settled one by one and many at once, and their histories tell by whom and why."""

from datetime import UTC, datetime, timedelta

import pytest

from app.composition import Services
from app.enums import Severity
from tests.web.caller import Caller

SOON = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
PAST = "2026-01-31T12:00:00Z"


@pytest.fixture
def alert_ids(services: Services, viewer: Caller, fleet: int) -> list[int]:
    """Return the ids of four critical alerts, oldest first."""
    services.alerts.alerts.generate("generate_alerts:test", 4, Severity.CRITICAL, seed=1)
    return sorted(alert["id"] for alert in viewer.get("/alerts").json["items"])


def test_the_history_tells_who_did_what_and_why(operator: Caller, admin: Caller, alert_ids: list[int]) -> None:
    path = f"/alerts/{alert_ids[0]}"
    operator.post(f"{path}/acknowledge", {"comment": "我来看"})
    operator.post(f"{path}/acknowledge", {"comment": "still at it"})
    admin.post(f"{path}/resolve", {"comment": "磁盘已更换"})
    admin.post(f"{path}/resolve")
    operator.post(f"{path}/reopen")
    events = operator.get(f"{path}/events").json["items"]
    assert [(event["kind"], event["username"], event["comment"]) for event in reversed(events)] == [
        ("fired", None, ""),
        ("acknowledged", "operator", "我来看"),
        ("commented", "operator", "still at it"),
        ("resolved", "admin", "磁盘已更换"),
        ("reopened", "operator", ""),
    ]
    page = operator.get(f"{path}/events?limit=2").json
    assert [event["kind"] for event in page["items"]] == ["reopened", "resolved"]
    assert operator.get(f"{path}/events?cursor={page['next_cursor']}").json["items"] == events[2:]
    assert operator.get("/alerts/999999/events").status == 404


def test_many_are_acknowledged_reopened_and_resolved(operator: Caller, alert_ids: list[int]) -> None:
    first, *others = alert_ids
    assert operator.post("/alerts/acknowledge", {"ids": [first, 999999]}).json == {"acknowledged": 1}
    assert operator.post("/alerts/resolve", {"ids": [first]}).json == {"resolved": 1}
    assert operator.post("/alerts/acknowledge", {"filter": {}, "comment": "all of them"}).json == {"acknowledged": 3}
    assert operator.get(f"/alerts/{first}").json["status"] == 2
    assert operator.post("/alerts/reopen", {"filter": {"status": 2}}).json == {"reopened": 1}
    assert [operator.get(f"/alerts/{alert_id}").json["status"] for alert_id in alert_ids] == [0, 1, 1, 1]
    newest = operator.get(f"/alerts/{others[0]}/events").json["items"][0]
    assert (newest["kind"], newest["username"], newest["comment"]) == ("acknowledged", "operator", "all of them")


def test_snoozed_alerts_are_not_scored_until_they_are_woken(operator: Caller, alert_ids: list[int]) -> None:
    before = operator.get("/alerts/score").json["score"]
    path = f"/alerts/{alert_ids[0]}/snooze"
    snoozed = operator.post(path, {"until": SOON, "comment": "等配件"}).json
    assert (snoozed["suppressed"], snoozed["snoozed_until"]) == (True, SOON)
    assert operator.get("/alerts/score").json["score"] > before
    assert operator.post("/alerts/snooze", {"filter": {}, "until": SOON}).json == {"snoozed": 4}
    assert operator.get("/alerts/score").json["score"] == 100
    assert len(operator.get("/alerts?suppressed=true").json["items"]) == 4
    assert operator.post(path, {"until": None}).json["suppressed"] is False
    assert operator.post("/alerts/snooze", {"ids": alert_ids, "until": None}).json == {"snoozed": 4}
    assert operator.get("/alerts/score").json["score"] == before


@pytest.mark.parametrize("body", [{}, {"until": PAST}, {"until": "tomorrow"}, {"until": 5}])
def test_an_alert_is_snoozed_until_a_moment_to_come(operator: Caller, alert_ids: list[int], body: object) -> None:
    answer = operator.post(f"/alerts/{alert_ids[0]}/snooze", body)
    assert (answer.status, list(answer.json["errors"])) == (422, ["until"])


def test_what_is_over_is_not_snoozed(operator: Caller, alert_ids: list[int]) -> None:
    operator.post(f"/alerts/{alert_ids[0]}/resolve")
    assert operator.post(f"/alerts/{alert_ids[0]}/snooze", {"until": SOON}).status == 409
    assert operator.post("/alerts/snooze", {"ids": alert_ids, "until": SOON}).json == {"snoozed": 3}


def test_a_critical_alert_that_is_snoozed_does_not_mark_its_host(operator: Caller, alert_ids: list[int]) -> None:
    host_ids = {operator.get(f"/alerts/{alert_id}").json["host_id"] for alert_id in alert_ids}
    assert {operator.get(f"/hosts/{host_id}").json["status"] for host_id in host_ids} == {2}
    operator.post("/alerts/snooze", {"ids": alert_ids, "until": SOON})
    assert {operator.get(f"/hosts/{host_id}").json["status"] for host_id in host_ids} == {1}


def test_a_maintenance_window_from_its_making_to_its_end(operator: Caller, alert_ids: list[int], fleet: int) -> None:
    window = {"name": "机房搬迁", "monitor_id": fleet, "starts_at": PAST, "ends_at": SOON}
    made = operator.post("/maintenance", window)
    assert (made.status, made.headers["Location"]) == (201, f"/api/v1/maintenance/{made.json['id']}")
    expected: dict[str, object] = {
        "host_id": None,
        "group": None,
        "match": None,
        "comment": "",
        "created_by": "operator",
    }
    expected |= {"rrule": None, "timezone": None, "push_to_source": False, "at_source": []}
    expected |= {"current_starts_at": PAST, "current_ends_at": SOON}
    assert made.json == {**window, **expected, "id": made.json["id"], "created_at": made.json["created_at"]}
    path = f"/maintenance/{made.json['id']}"
    assert operator.get("/maintenance?active=true").json["items"] == [made.json]
    assert operator.get("/alerts/score").json["score"] == 100
    ended = operator.call("PATCH", path, json={"ends_at": "2026-02-01T00:00:00Z"})
    assert (ended.status, ended.json["ends_at"]) == (200, "2026-02-01T00:00:00Z")
    assert operator.get("/maintenance?active=true").json["items"] == []
    assert operator.get("/alerts/score").json["score"] < 100
    assert operator.call("DELETE", path).status == 204
    assert operator.get(path).status == 404


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"monitor_id": None}, 422, "monitor_id"),
        ({"ends_at": PAST}, 422, "ends_at"),
        ({"ends_at": "never"}, 422, "ends_at"),
        ({"name": ""}, 422, "name"),
        ({"colour": "red"}, 422, "colour"),
        ({"monitor_id": 999999}, 404, None),
        ({"host_id": 999999}, 404, None),
    ],
)
def test_a_maintenance_window_that_cannot_be(
    operator: Caller, fleet: int, changes: dict[str, object], status: int, field: str | None
) -> None:
    window = {"name": "w", "monitor_id": fleet, "starts_at": PAST, "ends_at": SOON}
    answer = operator.post("/maintenance", {**window, **changes})
    assert (answer.status, next(iter(answer.json.get("errors", {})), None)) == (status, field)
    assert operator.get("/maintenance").json["items"] == []
