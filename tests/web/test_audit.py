"""The audit log: who did what, everywhere; what only admins see; and that no secret is ever in it."""

from collections.abc import Callable
from typing import Any

import pytest

from app.composition import Services
from app.enums import AuditedType
from tests.services.alert_rows import add_alert
from tests.web.browser import Browser
from tests.web.caller import PASSWORD, Caller

SECRET = "no-one-may-read-this"
ZABBIX = {"name": "zbx", "type": "zabbix", "url": "http://zbx.example", "username": "nagare", "password": SECRET}


def entries(admin: Caller, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = admin.get(f"/audit?limit=500{query}").json["items"]
    return found


def told(admin: Caller, query: str = "") -> list[tuple[str, str, str]]:
    """Return who did what to what, the first first."""
    return [(each["username"], each["action"], each["object_type"]) for each in reversed(entries(admin, query))]


def test_what_is_done_to_monitors_is_there_without_their_secrets(admin: Caller) -> None:
    made = admin.post("/monitors", ZABBIX).json
    path = f"/monitors/{made['id']}"
    admin.patch(path, {"name": "zbx-eu", "password": SECRET + "2", "ca_pem": None})
    token = admin.post(f"{path}/webhook-token").json["token"]
    admin.put(f"{path}/severities", {"entries": [{"word": "high", "severity": 1}]})
    admin.put(f"{path}/ha-identity", {"ha_group": "eu", "ha_ignored_labels": ["replica"]})
    admin.delete(path)
    found = [each for each in reversed(entries(admin, "&object_type=monitor")) if each["object_id"] == made["id"]]
    assert {each["username"] for each in found} == {"admin"}
    assert [each["action"] for each in found] == ["created", *["changed"] * (len(found) - 2), "deleted"]
    created, changed = found[:2]
    assert (created["after"]["name"], created["after"]["password"]) == ("zbx", "new")
    assert (changed["before"], changed["after"]) == (
        {"name": "zbx", "password": "set"},
        {"name": "zbx-eu", "password": "new"},
    )
    assert found[-1]["before"] == {"name": "zbx-eu", "type": "zabbix", "url": "http://zbx.example"}
    assert {"webhook_token": "new"} in [each["after"] for each in found]
    assert not any(secret in str(entries(admin)) for secret in (SECRET, token))


def test_sign_ins_are_there_and_failed_ones_say_no_name_that_nobody_has(admin: Caller, nobody: Caller) -> None:
    tokens = nobody.post("/auth/login", {"username": "operator", "password": PASSWORD}).json
    nobody.call("POST", "/auth/logout", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    nobody.post("/auth/login", {"username": "operator", "password": SECRET})
    nobody.post("/auth/login", {"username": SECRET, "password": SECRET})
    found = told(admin, "&object_type=session")
    assert found[-4:] == [
        ("operator", "signed_in", "session"),
        ("operator", "signed_out", "session"),
        ("operator", "sign_in_failed", "session"),
        ("", "sign_in_failed", "session"),
    ]
    assert SECRET not in str(entries(admin))
    assert entries(admin, "&object_type=session")[0]["after"]["network"] == "127.0.0.1"


def test_guessing_does_not_fill_it(admin: Caller, nobody: Caller) -> None:
    statuses = [
        nobody.post("/auth/login", {"username": "operator", "password": f"guess {number}"}).status
        for number in range(30)
    ]
    failed = [each for each in entries(admin, "&object_type=session") if each["action"] == "sign_in_failed"]
    assert len(failed) <= statuses.count(401) < 30


def test_schedules_heartbeats_queues_and_tasks(admin: Caller, operator: Caller, fleet: int) -> None:
    schedule = {"name": "nightly", "cron": "0 3 * * *", "task_type": "pull_hosts", "params": {"monitor_id": fleet}}
    schedule_id = admin.post("/schedules", schedule).json["id"]
    admin.patch(f"/schedules/{schedule_id}", {"cron": "0 4 * * *"})
    admin.delete(f"/schedules/{schedule_id}")
    beat = admin.post("/heartbeats", {"name": "备份", "interval_s": 60}).json
    admin.patch(f"/heartbeats/{beat['id']}", {"enabled": False})
    token = admin.post(f"/heartbeats/{beat['id']}/token").json["token"]
    admin.delete(f"/heartbeats/{beat['id']}")
    operator.post("/queue/pull_hosts/pause")
    task_id = operator.post(f"/monitors/{fleet}/hosts/pull-async").json["task_id"]
    operator.post(f"/tasks/{task_id}/cancel")
    operator.post("/queue/pull_hosts/resume")
    wanted = ["schedule"] * 3 + ["heartbeat"] * 4 + ["queue", "task", "queue"]
    found = [each for each in told(admin) if each[2] in ("schedule", "heartbeat", "queue", "task")]
    assert [each[2] for each in found] == wanted
    assert [each[1] for each in found] == [
        *("created", "changed", "deleted", "created", "changed", "changed", "deleted"),
        *("paused", "cancelled", "resumed"),
    ]
    assert {each[0] for each in found[:7]} == {"admin"} and {each[0] for each in found[7:]} == {"operator"}
    [change] = [each for each in entries(admin, "&object_type=schedule") if each["action"] == "changed"]
    assert (change["before"], change["after"]) == ({"cron": "0 3 * * *"}, {"cron": "0 4 * * *"})
    assert entries(admin, "&object_type=task")[0]["after"]["task_id"] == task_id
    assert not any(secret in str(entries(admin)) for secret in (token, beat["token"]))


def test_dead_letters_one_and_many(services: Services, admin: Caller, operator: Caller, fleet: int) -> None:
    for _ in range(3):
        task_id = operator.post(f"/monitors/{fleet}/hosts/pull-async").json["task_id"]
        claim = services.ledger.lifecycle.begin(task_id, "celery@test/1")
        assert claim is not None
        services.ledger.lifecycle.fail(claim, ValueError("broken"))
    operator.post(f"/queue/dead/{task_id}/retry")
    operator.post("/queue/dead/retry", {"type": "pull_hosts"})
    many, one = entries(admin, "&object_type=task")
    assert (one["action"], one["after"]["task_id"]) == ("retried", task_id)
    assert many["after"] == {"action": "retried", "count": 2, "filter": {"type": "pull_hosts"}}


def test_alerts_one_and_many(services: Services, admin: Caller, operator: Caller, fleet: int) -> None:
    with services.database.transaction() as connection:
        for number in range(1, 5):
            add_alert(connection, fleet, number, severity=2 if number > 1 else 0)
    operator.post("/alerts/1/acknowledge", {"comment": "looking"})
    assert operator.post("/alerts/resolve", {"filter": {"severity": [2]}}).json == {"resolved": 3}
    many, one = entries(admin, "&object_type=alert")
    assert (one["action"], one["object_id"], one["username"]) == ("acknowledged", 1, "operator")
    assert (many["action"], many["object_id"], many["after"]["count"]) == ("resolved", 0, 3)
    assert many["after"]["filter"] == {"severity": 2}


@pytest.mark.parametrize("object_type", AuditedType)
def test_only_admins_see_more_than_the_inventory(operator: Caller, object_type: AuditedType) -> None:
    found = operator.get(f"/audit?object_type={object_type}")
    assert (found.status, found.json["items"]) == (200, [])


def test_who_and_when_are_filters(admin: Caller, operator: Caller, fleet: int) -> None:
    admin.post("/heartbeats", {"name": "a", "interval_s": 60})
    operator.post("/queue/pull_hosts/pause")
    [newest] = entries(admin, "&username=operator&object_type=queue")
    assert entries(admin, f"&after={newest['at']}")[-1] == newest
    assert newest not in entries(admin, f"&before={newest['at']}")
    assert admin.get("/audit?after=yesterday").status == 422


def test_the_page_shows_it_and_is_a_file(browse: Callable[[str], Browser], admin: Caller, operator: Caller) -> None:
    admin.post("/monitors", ZABBIX)
    operator.post("/queue/pull_hosts/pause")
    page = browse("admin").get("/audit").text
    assert "zbx" in page and "paused" in page and SECRET not in page
    chinese = browse("admin").get("/audit?object_type=queue", headers={"Accept-Language": "zh-CN"}).text
    assert "暂停" in chinese and "zbx" not in chinese
    assert "/audit?username=operator" in browse("admin").get("/audit?after=2020-01-01T00:00").text
    assert (
        "operator"
        not in browse("admin").get("/audit?before=2020-01-01T00:00&object_type=queue").text.split("<tbody")[-1]
    )
    rows = browse("admin").get("/audit?object_type=queue&after=2020-01-01T00:00&format=csv").text
    assert "operator,paused,queue" in rows.replace('"', "")
    assert browse("operator").get("/audit").status == 403
    assert browse("operator").get("/audit?format=csv").status == 403


def test_outside_of_a_request_nobody_of_the_last_one_is_the_author(services: Services, admin: Caller) -> None:
    admin.post("/heartbeats", {"name": "a", "interval_s": 60})
    services.liveness.heartbeats.create(
        {"name": "b", "interval_s": 60, "timezone": "UTC", "grace_s": 60, "enabled": True, "severity": 2, "labels": {}}
    )
    assert [each["username"] for each in entries(admin, "&object_type=heartbeat")] == ["command line", "admin"]
