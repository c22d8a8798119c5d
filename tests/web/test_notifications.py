"""A notification's life, told over HTTP."""

from typing import Any

import pytest

from app.composition import Services
from tests.web.caller import Caller

SECRET = "s3cr3t-token"
URL = f"json://user:{SECRET}@127.0.0.1:9/alerts"
FULL = {
    "name": "值班",
    "url": URL,
    "enabled": False,
    "min_severity": 2,
    "group": "机房",
    "on": ["fired", "resolved"],
    "quiet_hours": {"from": "22:00", "until": "07:00"},
    "timezone": "Asia/Shanghai",
    "language": "zh",
    "batch_s": 0,
}

pytestmark = pytest.mark.usefixtures("forked_sender")


def test_a_notification_is_made_read_changed_and_deleted(admin: Caller, viewer: Caller, fleet: int) -> None:
    made = admin.post("/notifications", FULL | {"monitor_id": fleet})
    assert made.status == 201, made.text
    assert made.headers["Location"] == f"/api/v1/notifications/{made.json['id']}"
    shown = {name: value for name, value in FULL.items() if name != "url"}
    empty = {"last_sent_at": None, "last_error": None, "monitor_id": fleet}
    assert {**made.json, "id": 0, "created_at": ""} == {**shown, **empty, "id": 0, "created_at": ""}

    path = f"/notifications/{made.json['id']}"
    assert viewer.get(path).json == made.json
    assert viewer.get("/notifications").json == {"items": [made.json], "next_cursor": None}

    changes = {"name": "on call", "quiet_hours": None, "group": None, "monitor_id": None, "url": "json://127.0.0.1:10"}
    changed = admin.patch(path, changes)
    assert changed.status == 200, changed.text
    assert {name: changed.json[name] for name in changes if name != "url"} == {
        name: value for name, value in changes.items() if name != "url"
    }
    assert admin.patch(path, {}).json == changed.json

    assert admin.delete(path).status == 204
    assert viewer.get(path).status == 404
    assert admin.patch(path, {"enabled": True}).status == 404
    assert admin.post(f"{path}/test").status == 404


def test_a_name_and_an_address_are_enough(admin: Caller) -> None:
    made = admin.post("/notifications", {"name": "a", "url": URL}).json
    del made["id"], made["created_at"]
    assert made == {
        "name": "a",
        "enabled": True,
        "min_severity": 1,
        "monitor_id": None,
        "group": None,
        "on": ["fired", "acknowledged", "resolved"],
        "quiet_hours": None,
        "timezone": "UTC",
        "language": "en",
        "batch_s": 10,
        "last_sent_at": None,
        "last_error": None,
    }
    assert admin.post("/notifications", {"name": "a", "url": URL}).status == 409


@pytest.mark.parametrize(
    ("field", "value", "blamed"),
    [
        ("url", None, "url"),
        ("url", "", "url"),
        ("url", f"nothing://{SECRET}", "url"),
        ("url", f"syslog://{SECRET}", "url"),
        ("url", f"json://169.254.169.254/{SECRET}", "url"),
        ("min_severity", 3, "min_severity"),
        ("min_severity", "2", "min_severity"),
        ("monitor_id", 999999, "monitor_id"),
        ("on", [], "on"),
        ("on", ["exploded"], "on.0"),
        ("quiet_hours", {"from": "22:00"}, "quiet_hours.until"),
        ("quiet_hours", {"from": "24:00", "until": "07:00"}, "quiet_hours.from"),
        ("quiet_hours", {"from": "07:00", "until": "07:00"}, "quiet_hours.until"),
        ("quiet_hours", {"from": "22:00", "until": "07:00\n"}, "quiet_hours.until"),
        ("timezone", "Mars/Olympus", "timezone"),
        ("language", "tlh", "language"),
        ("batch_s", 3601, "batch_s"),
        ("last_error", "x", "last_error"),
    ],
)
def test_what_is_wrong_is_refused_by_name_and_without_the_secret(
    admin: Caller, field: str, value: Any, blamed: str
) -> None:
    answer = admin.post("/notifications", {"name": "a", "url": URL, field: value})
    assert (answer.status, list(answer.json["errors"])) == (422, [blamed]), answer.text
    assert SECRET not in answer.text


def test_a_test_message_is_a_task(admin: Caller, operator: Caller, services: Services) -> None:
    notification = admin.post("/notifications", FULL).json["id"]
    key = {"Idempotency-Key": "once"}
    answer = operator.post(f"/notifications/{notification}/test", headers=key)
    assert answer.status == 202, answer.text
    task_id = answer.json["task_id"]
    assert answer.json == {
        "message": "Test message task queued",
        "task_id": task_id,
        "notification_id": notification,
    }
    assert answer.headers["Location"] == f"/api/v1/tasks/{task_id}"
    assert operator.post(f"/notifications/{notification}/test", headers=key).json["task_id"] == task_id
    task = operator.get(f"/tasks/{task_id}").json
    assert (task["type"], task["params"]) == ("notify", {"notification_id": notification, "test": True})
    with services.broker.use() as redis:
        assert redis.llen("nagare:queue:notify") == 1
