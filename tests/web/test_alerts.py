"""Alerts and the score over HTTP."""

import pytest

from app.composition import Services
from app.enums import Severity
from tests.web.caller import Caller


@pytest.fixture
def alert_ids(services: Services, viewer: Caller, fleet: int) -> list[int]:
    """Return the ids of four critical alerts."""
    services.alerts.alerts.generate("generate_alerts:test", 4, Severity.CRITICAL, seed=1)
    return [alert["id"] for alert in viewer.get("/alerts").json["items"]]


@pytest.mark.parametrize(
    ("query", "params"),
    [
        ("", {"count": 5, "severity": None, "seed": None}),
        ("?count=50&severity=2&seed=7", {"count": 50, "severity": 2, "seed": 7}),
        ("?count=10000", {"count": 10000, "severity": None, "seed": None}),
    ],
)
def test_test_alerts_are_asked_for(operator: Caller, query: str, params: dict[str, int | None]) -> None:
    answer = operator.post(f"/alerts/generate-test{query}")
    assert answer.status == 202
    task_id = answer.json["task_id"]
    message = "Test alert generation task queued"
    assert answer.json == {"message": message, "task_id": task_id, "count": params["count"]}
    assert operator.get(f"/tasks/{task_id}").json["params"] == params


@pytest.mark.parametrize("query", ["count=0", "count=10001", "count=x", "severity=3", "seed=-1", "seed=x", "n=1"])
def test_what_cannot_be_generated_is_refused(operator: Caller, query: str) -> None:
    assert operator.post(f"/alerts/generate-test?{query}").status == 422


def test_an_alert_is_acknowledged_resolved_and_reopened(operator: Caller, alert_ids: list[int]) -> None:
    path = f"/alerts/{alert_ids[0]}"
    alert = operator.get(path).json
    assert (alert["severity"], alert["status"], alert["source"]) == (2, 0, "test")
    assert operator.post(f"{path}/acknowledge").json["status"] == 1
    resolved = operator.post(f"{path}/resolve", {"comment": "磁盘已更换"}).json
    assert resolved["status"] == 2
    assert resolved["resolved_at"].endswith("Z")
    assert resolved["comment"].endswith("磁盘已更换")
    reopened = operator.post(f"{path}/reopen", {}).json
    assert (reopened["status"], reopened["resolved_at"]) == (0, None)


def test_the_score_falls_and_rises(operator: Caller, alert_ids: list[int]) -> None:
    before = operator.get("/alerts/score").json
    assert before["alerts"]["critical"] == {"active": 4, "acknowledged": 0, "resolved": 0}
    assert before["score"] < 100
    assert before["hosts"] == 3
    assert operator.post("/alerts/resolve", {"ids": alert_ids}).json == {"resolved": 4}
    after = operator.get("/alerts/score").json
    assert after["score"] > before["score"]


def test_the_score_without_alerts_is_whole(viewer: Caller) -> None:
    assert viewer.get("/alerts/score").json["score"] == 100


def test_alerts_are_resolved_by_a_filter(operator: Caller, alert_ids: list[int]) -> None:
    assert operator.post("/alerts/resolve", {"filter": {"severity": 0}}).json == {"resolved": 0}
    assert operator.post("/alerts/resolve", {"filter": {}}).json == {"resolved": 4}
    assert len(operator.get("/alerts?status=2&severity=2").json["items"]) == 4
    assert operator.get("/alerts?status=0").json["items"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "ids"),
        ({"ids": [1], "filter": {}}, "ids"),
        ({"ids": []}, "ids"),
        ({"ids": ["1"]}, "ids.0"),
        ({"filter": {"severity": "2"}}, "filter.severity"),
        ({"filter": {"colour": "red"}}, "filter.colour"),
        ({"filter": None}, "filter"),
    ],
)
def test_a_choice_of_alerts_is_clear(operator: Caller, body: object, field: str) -> None:
    answer = operator.post("/alerts/resolve", body)
    assert (answer.status, list(answer.json["errors"])) == (422, [field])


def test_an_unknown_alert_is_not_found(operator: Caller) -> None:
    assert operator.get("/alerts/1").status == 404
    for verb in ("acknowledge", "resolve", "reopen"):
        assert operator.post(f"/alerts/1/{verb}").status == 404
