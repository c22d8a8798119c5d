"""What monitors post: by their own tokens, in four formats, recorded before it is answered."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from app.composition import Services
from tests.unit.rules.webhooks import payloads
from tests.unit.rules.webhooks.test_parse import JSON
from tests.web.caller import Answer, Caller, as_json

PLAIN = {"message": "磁盘空间不足", "severity": "critical", "host": "web-01", "status": "firing"}


@pytest.fixture
def token(admin: Caller, fleet: int) -> str:
    made = admin.post(f"/monitors/{fleet}/webhook-token")
    assert (made.status, list(made.json)) == (201, ["token"])
    return str(made.json["token"])


def post(nobody: Caller, token: str, body: object, **headers: str) -> Answer:
    return nobody.call("POST", "/alerts/webhook", {"Authorization": f"Bearer {token}", **headers}, json=body)


def take_in(services: Services, monitor_id: int) -> dict[str, int]:
    return services.alerts.webhook_intake.take_in(monitor_id)


def test_a_post_is_recorded_and_a_task_takes_it_in(
    services: Services, nobody: Caller, viewer: Caller, fleet: int, token: str
) -> None:
    answer = post(nobody, token, PLAIN)
    assert answer.status == 202
    task_id = answer.json["task_id"]
    assert answer.json == {"message": "Alerts recorded", "task_id": task_id, "count": 1}
    assert answer.headers["Location"] == f"/api/v1/tasks/{task_id}"
    task = viewer.get(f"/tasks/{task_id}").json
    assert (task["type"], task["params"], task["monitor_id"]) == ("receive_alerts", {"monitor_id": fleet}, None)
    assert viewer.get("/alerts").json["items"] == []
    assert take_in(services, fleet)["new"] == 1
    [alert] = viewer.get("/alerts").json["items"]
    assert (alert["message"], alert["severity"], alert["source"], alert["monitor_id"]) == (
        PLAIN["message"],
        2,
        "webhook",
        fleet,
    )


def test_posts_that_wait_share_a_task_and_are_taken_in_in_order(
    services: Services, nobody: Caller, viewer: Caller, fleet: int, token: str
) -> None:
    over = {**PLAIN, "status": "resolved"}
    task_ids = {post(nobody, token, body).json["task_id"] for body in (PLAIN, over, PLAIN, over)}
    assert len(task_ids) == 1
    assert take_in(services, fleet) == {
        **{"seen": 4, "new": 1, "repeated": 0, "reopened": 1, "resolved": 2, "unchanged": 0}
    }
    [alert] = viewer.get("/alerts").json["items"]
    kinds = [event["kind"] for event in viewer.get(f"/alerts/{alert['id']}/events").json["items"]]
    assert (alert["status"], kinds) == (2, ["resolved", "reopened", "resolved", "fired"])
    assert take_in(services, fleet) == {}


@pytest.mark.parametrize("name", ["ALERTMANAGER", "GRAFANA", "ZABBIX"])
def test_each_format_is_taken(services: Services, nobody: Caller, fleet: int, token: str, name: str) -> None:
    body: Any = getattr(payloads, name)
    answer = post(nobody, token, body)
    assert answer.status == 202, answer.text
    assert take_in(services, fleet)["seen"] == answer.json["count"] > 0


def test_a_repeat_with_the_same_key_is_answered_the_same(nobody: Caller, fleet: int, token: str) -> None:
    first = post(nobody, token, PLAIN, **{"Idempotency-Key": "one"})
    assert post(nobody, token, PLAIN, **{"Idempotency-Key": "one"}).json == first.json
    other = post(nobody, token, {**PLAIN, "message": "other"}, **{"Idempotency-Key": "one"})
    assert (other.status, list(other.json["errors"])) == (422, ["Idempotency-Key"])


def test_only_the_last_token_works(admin: Caller, nobody: Caller, fleet: int, token: str) -> None:
    assert admin.get(f"/monitors/{fleet}").json["has_webhook_token"] is True
    newer = admin.post(f"/monitors/{fleet}/webhook-token").json["token"]
    assert post(nobody, token, PLAIN).status == 401
    assert post(nobody, newer, PLAIN).status == 202
    assert token not in admin.get(f"/monitors/{fleet}").text


def test_who_has_no_token_is_refused_before_the_post_is_read(nobody: Caller, admin: Caller, fleet: int) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {admin.token}"}):
        refused = nobody.call("POST", "/alerts/webhook", headers, data="{", content_type="application/json")
        assert refused.status == 401, headers


def test_a_disabled_monitor_takes_no_posts(admin: Caller, nobody: Caller, fleet: int, token: str) -> None:
    admin.call("PATCH", f"/monitors/{fleet}", json={"enabled": False})
    assert post(nobody, token, PLAIN).status == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "hello"}, "body"),
        ("hello", "body"),
        ({"message": ""}, "message"),
        ({**PLAIN, "severity": "3"}, "severity"),
        ({**PLAIN, "status": "maybe"}, "status"),
        ({**PLAIN, "colour": "red"}, "colour"),
        ([PLAIN, {**PLAIN, "message": None}], "1.message"),
        ({**payloads.ALERTMANAGER, "alerts": [{"status": "firing", "labels": 5}]}, "alerts.0.labels"),
    ],
)
def test_what_is_not_understood_is_refused_with_what_was_expected(
    nobody: Caller, fleet: int, token: str, body: object, field: str
) -> None:
    answer = post(nobody, token, body)
    assert (answer.status, list(answer.json["errors"])) == (422, [field])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=JSON)
def test_whatever_is_posted_is_recorded_or_refused(nobody: Caller, token: str, body: object) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    answer = nobody.call("POST", "/alerts/webhook", headers, **as_json(body))
    assert answer.status in (202, 400, 422), answer.text


def test_a_post_may_be_larger_than_other_bodies_but_not_endless(nobody: Caller, token: str) -> None:
    large = [{**PLAIN, "id": str(number), "comment": "长" * 1000} for number in range(1500)]
    answer = post(nobody, token, large)
    assert (answer.status, answer.json["count"]) == (202, 1500)
    endless = nobody.call(
        "POST",
        "/alerts/webhook",
        {"Authorization": f"Bearer {token}"},
        data=b" " * 17_000_000,
        content_type="application/json",
    )
    assert (endless.status, endless.json["detail"]) == (413, f"The body is larger than {16 * 1024 * 1024} bytes.")
