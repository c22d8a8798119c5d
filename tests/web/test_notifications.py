"""A notification's life, told over HTTP."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.composition import Services
from tests.services.alert_rows import add_alert
from tests.web.caller import Caller

SECRET = "s3cr3t-token"
URL = f"json://user:{SECRET}@127.0.0.1:9/alerts"
FULL = {
    "name": "值班",
    "url": URL,
    "enabled": False,
    "min_severity": 2,
    "group": "机房",
    "match": '{"团队"="支付", alert.host=~"web-.*"}',
    "on": ["fired", "resolved"],
    "quiet_hours": {"from": "22:00", "until": "07:00"},
    "timezone": "Asia/Shanghai",
    "language": "zh",
    "title_template": "{{ counts.alerts }} 条告警",
    "body_template": "{% for alert in alerts %}{{ alert.severity }} {{ alert.message }}{% endfor %}",
    "batch_s": 0,
}

pytestmark = pytest.mark.usefixtures("forked_sender")


def test_a_notification_is_made_read_changed_and_deleted(admin: Caller, viewer: Caller, fleet: int) -> None:
    made = admin.post("/notifications", FULL | {"monitor_id": fleet})
    assert made.status == 201, made.text
    assert made.headers["Location"] == f"/api/v1/notifications/{made.json['id']}"
    shown = {name: value for name, value in FULL.items() if name != "url"}
    empty = {"last_sent_at": None, "last_error": None, "monitor_id": fleet}
    kept = {"channel_id": made.json["channel_id"], "delivery": "at_least_once"}
    assert {**made.json, "id": 0, "created_at": ""} == {**shown, **empty, **kept, "id": 0, "created_at": ""}

    path = f"/notifications/{made.json['id']}"
    assert viewer.get(path).json == made.json
    assert viewer.get("/notifications").json == {"items": [made.json], "next_cursor": None}

    changes: dict[str, Any] = {"name": "on call", "quiet_hours": None, "group": None, "match": None, "monitor_id": None}
    changes["url"] = "json://127.0.0.1:10"
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
    del made["id"], made["created_at"], made["channel_id"]
    assert made == {
        "name": "a",
        "enabled": True,
        "min_severity": 1,
        "monitor_id": None,
        "group": None,
        "match": None,
        "on": ["fired", "acknowledged", "resolved"],
        "quiet_hours": None,
        "timezone": "UTC",
        "language": "en",
        "title_template": None,
        "body_template": None,
        "batch_s": 10,
        "delivery": "at_least_once",
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
        ("match", "team", "match"),
        ("match", 'team=~"("', "match"),
        ("match", "{}", "match"),
        ("on", [], "on"),
        ("on", ["exploded"], "on.0"),
        ("quiet_hours", {"from": "22:00"}, "quiet_hours.until"),
        ("quiet_hours", {"from": "24:00", "until": "07:00"}, "quiet_hours.from"),
        ("quiet_hours", {"from": "07:00", "until": "07:00"}, "quiet_hours.until"),
        ("quiet_hours", {"from": "22:00", "until": "07:00\n"}, "quiet_hours.until"),
        ("timezone", "Mars/Olympus", "timezone"),
        ("language", "tlh", "language"),
        ("title_template", "", "title_template"),
        ("title_template", "{{ alert.message }}", "title_template"),
        ("body_template", "{% if %}", "body_template"),
        ("body_template", "x" * 10_001, "body_template"),
        ("body_template", "{{ ''.__class__ }}", "body_template"),
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


@pytest.fixture
def alert(services: Services, fleet: int) -> int:
    """Return the newest of two alerts."""
    with services.database.transaction() as connection:
        add_alert(connection, fleet, 1, message="older")
        return add_alert(
            connection,
            fleet,
            2,
            host="vm-17",
            labels={"team": "pay"},
            annotations={"runbook_url": "http://runbook"},
            started_at=datetime(2026, 1, 31, 10, 0, tzinfo=UTC),
        )


def test_a_preview_is_of_the_newest_alert_and_sends_nothing(admin: Caller, services: Services, alert: int) -> None:
    shown = admin.post("/notifications/preview", {})
    assert shown.status == 200, shown.text
    assert shown.json["title"] == "[nagare] CRITICAL: vm-17: Disk space running low [team=pay]"
    assert (shown.json["alert_ids"], shown.json["truncated"]) == ([alert], False)
    assert admin.post("/notifications/preview").json == shown.json
    templates = {
        "title_template": "{{ alerts[0].severity }}",
        "body_template": "{{ alerts[0].labels.team }} {{ alerts[0].annotations.runbook_url }}"
        " {{ alerts[0].started_at|time }} {{ alerts[0].monitor }}",
    }
    written = admin.post("/notifications/preview", templates | {"language": "zh", "timezone": "Asia/Shanghai"}).json
    assert (written["title"], written["body"]) == ("严重", "pay http://runbook 2026-01-31 18:00:00 CST demo")
    with services.broker.use() as redis:
        assert redis.llen("nagare:queue:notify") == 0


def test_a_preview_can_be_of_some_alerts_and_of_a_notification(admin: Caller, alert: int) -> None:
    made = admin.post("/notifications", FULL).json
    both = {"notification_id": made["id"], "alert_ids": [alert, alert - 1]}
    shown = admin.post("/notifications/preview", both).json
    assert shown["title"] == "2 条告警"
    assert SECRET not in admin.post("/notifications/preview", {**both, "body_template": "{{ notification }}"}).text
    overridden = admin.post("/notifications/preview", {**both, "title_template": None, "language": "en"}).json
    assert overridden["title"] == "[nagare] 2 critical fired"
    older = admin.post("/notifications/preview", {"alert_id": alert - 1}).json
    assert older["title"] == "[nagare] CRITICAL: older"


def test_without_an_alert_a_preview_is_of_an_example(admin: Caller) -> None:
    shown = admin.post("/notifications/preview", {}).json
    assert shown["alert_ids"] == []
    assert shown["title"].startswith("[nagare] CRITICAL: db-01.example: Disk space running low")


@pytest.mark.parametrize(
    ("body", "status", "field", "words"),
    [
        ({"body_template": "a\n{{ alerts[0].hots }}"}, 422, "body_template", "line 2: there is no `hots` here"),
        ({"title_template": "{% for %}"}, 422, "title_template", "line 1: "),
        ({"body_template": "{{ 'a' * 10 ** 10 }}"}, 422, "body_template", "too much memory"),
        ({"timezone": "Mars/Olympus"}, 422, "timezone", "IANA"),
        ({"alert_id": 999_999}, 422, "alert_id", "no alert 999999"),
        ({"alert_ids": [1, 999_999]}, 422, "alert_ids", "no alert"),
        ({"alert_ids": []}, 422, "alert_ids", "Length"),
        ({"alert_id": 1, "alert_ids": [1]}, 422, "alert_id", "not both"),
        ({"url": URL}, 422, "url", "Unknown"),
        ({"notification_id": 999_999}, 404, None, "no notification 999999"),
    ],
)
def test_what_is_wrong_with_a_preview_is_said(
    admin: Caller, alert: int, body: dict[str, Any], status: int, field: str | None, words: str
) -> None:
    answer = admin.post("/notifications/preview", body)
    assert answer.status == status, answer.text
    assert [*answer.json.get("errors", {})] == ([field] if field else [])
    assert words in answer.text
    assert SECRET not in answer.text


def test_the_default_templates_are_accepted_as_they_are(admin: Caller, viewer: Caller, alert: int) -> None:
    for defaults in viewer.get("/notifications/templates").json["items"]:
        made = admin.post("/notifications", {"name": defaults["language"], "url": URL, **defaults})
        assert made.status == 201, made.text
        built_in = admin.post("/notifications/preview", {"language": defaults["language"]}).json
        assert admin.post("/notifications/preview", defaults).json == built_in
