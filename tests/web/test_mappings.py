"""The field mapping of a monitor that only receives, told over HTTP."""

from typing import Any

import pytest

from app.composition import Services
from app.connectors.conformance.server import serving
from app.errors import AlertRefused
from app.rules.task_params.alerts import ReceiveAlerts
from tests.unit.connectors.http_json.fake_source import MAPPING as FLEET_MAPPING
from tests.unit.connectors.http_json.fake_source import FakeSource
from tests.web.caller import Answer, Caller

MAPPING = {"alerts": "events", "message": "title", "severity": "prio", "status": "state", "firing": ["开"], "host": "h"}
SOURCE: dict[str, Any] = {
    "hosts": {"path": "/servers?limit=500", "list": "data", "next": "links.next", "fields": {"external_id": "id"}},
    "alerts": {"path": "/alarms", "list": "@", "fields": {"message": "text"}, "complete": False},
}
BODY = {
    "events": [
        {"title": "磁盘不足", "prio": "P1", "state": "开", "h": "db-1"},
        {"title": "", "prio": "P1", "state": "ok"},
        {"title": "CPU", "prio": "purple", "state": "ok", "h": None},
    ]
}


@pytest.fixture
def path(admin: Caller) -> str:
    return f"/monitors/{admin.post('/monitors', {'name': 'any', 'type': 'webhook'}).json['id']}/mapping"


def set_fields(mapping: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if value is not None}


def test_a_mapping_is_set_read_and_removed(admin: Caller, viewer: Caller, path: str) -> None:
    assert set_fields(viewer.get(path).json) == {}
    put = admin.put(path, MAPPING)
    assert (put.status, set_fields(put.json)) == (200, MAPPING)
    assert viewer.get(path).json == put.json
    assert admin.put(path, put.json).json == put.json, "what GET answers can be put again"
    assert admin.delete(path).status == 204
    assert set_fields(viewer.get(path).json) == {}


@pytest.mark.parametrize(
    ("field", "mapping"),
    [
        ("message", {}),
        ("message", {"message": None}),
        ("message", {"message": "a["}),
        ("labels", {"message": "a", "labels": "explode(@)"}),
        ("host", {"message": "a", "host": "h" * 1001}),
        ("firing", {"message": "a", "firing": ["w"] * 51}),
        ("resolved", {"message": "a", "firing": ["up"], "resolved": ["UP"]}),
        ("colour", {"message": "a", "colour": "c"}),
    ],
)
def test_a_wrong_mapping_is_refused_by_its_field(admin: Caller, path: str, field: str, mapping: dict[str, Any]) -> None:
    answer = admin.put(path, mapping)
    assert (answer.status, list(answer.json["errors"])) == (422, [field]), answer.text
    assert set_fields(admin.get(path).json) == {}
    answer = admin.post(f"{path}/test", {"mapping": mapping, "body": {}})
    assert (answer.status, list(answer.json["errors"])) == (422, [f"mapping.{field}"]), answer.text


def test_a_pasted_body_shows_what_it_would_become_and_leaves_nothing(admin: Caller, viewer: Caller, path: str) -> None:
    tried = admin.post(f"{path}/test", {"mapping": MAPPING, "body": BODY})
    assert tried.status == 200
    disk, cpu = tried.json["reports"]
    assert (disk["message"], disk["status"], disk["host"]) == ("磁盘不足", "firing", "db-1")
    assert (disk["severity"], disk["source_severity"], disk["is_severity_known"]) == (2, "P1", True)
    assert (cpu["status"], cpu["severity"], cpu["source_severity"], cpu["is_severity_known"], cpu["host"]) == (
        "resolved",
        1,
        "purple",
        False,
        None,
    )
    [refused] = tried.json["refused"]
    assert refused["place"] == "alerts.1.message"
    assert viewer.get("/alerts").json["items"] == []
    assert set_fields(viewer.get(path).json) == {}


def test_without_a_mapping_the_monitors_own_is_tried_or_the_usual_formats(admin: Caller, path: str) -> None:
    plain = {"message": "Backup failed", "host": "db"}
    assert [each["message"] for each in admin.post(f"{path}/test", {"body": plain}).json["reports"]] == [
        "Backup failed"
    ]
    admin.put(path, MAPPING)
    assert len(admin.post(f"{path}/test", {"body": BODY}).json["reports"]) == 2
    [refused] = admin.post(f"{path}/test", {"body": plain}).json["refused"]
    assert refused == {"place": "alerts", "reason": "Must be a list of alerts or an object, but it is null."}
    admin.delete(path)
    [refused] = admin.post(f"{path}/test", {"body": BODY}).json["refused"]
    assert refused["place"] == "body"
    assert "field mapping" in refused["reason"]


@pytest.fixture
def token(admin: Caller, path: str) -> str:
    return str(admin.post(path.replace("mapping", "webhook-token")).json["token"])


def post(nobody: Caller, token: str, body: object) -> Answer:
    return nobody.call("POST", "/alerts/webhook", {"Authorization": f"Bearer {token}"}, json=body)


def test_what_is_posted_is_read_by_the_mapping(
    services: Services, admin: Caller, nobody: Caller, viewer: Caller, path: str, token: str
) -> None:
    admin.put(path, {**MAPPING, "labels": "{dc: body().dc}"})
    answer = post(nobody, token, {**BODY, "dc": "上海"})
    assert (answer.status, answer.json["count"], answer.json["refused_count"]) == (202, 2, 1)
    assert answer.json["refused"][0]["place"] == "alerts.1.message"
    monitor_id = int(path.split("/")[2])
    assert services.alerts.webhook_intake.take_in("receive_alerts:0", monitor_id)["new"] == 1
    [alert] = viewer.get("/alerts").json["items"]
    assert (alert["message"], alert["severity"], alert["monitor_id"]) == ("磁盘不足", 2, monitor_id)
    assert (alert["host"], alert["labels"]) == ("db-1", {"dc": "上海"})


def test_what_was_refused_is_read_by_the_mended_mapping(
    services: Services, admin: Caller, nobody: Caller, viewer: Caller, path: str, token: str
) -> None:
    admin.put(path, MAPPING)
    refused = post(nobody, token, {**BODY, "dc": "上海"}).json["refused"]
    whole = post(nobody, token, {"alarms": [{"title": "Other"}]})
    assert (whole.status, list(whole.json["errors"])) == (422, ["alerts"])
    tasks = [
        services.ledger.tasks.get(task["task_id"]) for task in viewer.get("/tasks?type=receive_alerts").json["items"]
    ]
    kept = [ReceiveAlerts.parse(task["params"]) for task in tasks if "format" in task["params"]]
    assert len(kept) == len(refused) + 1
    for params in kept:
        with pytest.raises(AlertRefused):
            services.alerts.refused_alerts.take_in(params)
    admin.delete(path)
    for params in kept:
        with pytest.raises(AlertRefused, match="mapping"):
            services.alerts.refused_alerts.take_in(params)
    mended = {"alerts": "events || alarms", "message": "not_null(title, '?') || '空'", "labels": "{dc: body().dc}"}
    admin.put(path, mended)
    for params in kept:
        assert services.alerts.refused_alerts.take_in(params)["new"] == 1
    found = {alert["message"]: alert["labels"] for alert in viewer.get("/alerts").json["items"]}
    assert found == {"空": {"dc": "上海"}, "Other": {}}


@pytest.fixture
def source_path(admin: Caller) -> str:
    monitor = {"name": "cmdb", "type": "http_json", "url": "http://cmdb.example"}
    return f"/monitors/{admin.post('/monitors', monitor).json['id']}/mapping"


def test_the_mapping_of_a_json_source_is_set_read_and_removed(
    services: Services, admin: Caller, viewer: Caller, source_path: str
) -> None:
    put = admin.put(source_path, SOURCE)
    assert (put.status, set_fields(put.json)) == (200, SOURCE)
    assert viewer.get(source_path).json == put.json
    assert admin.put(source_path, put.json).json == put.json, "what GET answers can be put again"
    assert services.inventory.mappings.get(int(source_path.split("/")[2])) == SOURCE
    assert admin.post(f"{source_path}/test", {"body": {}}).status == 409
    assert admin.delete(source_path).status == 204
    assert set_fields(viewer.get(source_path).json) == {}


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("hosts.fields.name", {"hosts": {**SOURCE["hosts"], "fields": {"external_id": "id", "name": "a["}}}),
        ("hosts.fields.colour", {"hosts": {**SOURCE["hosts"], "fields": {"external_id": "id", "colour": "c"}}}),
        ("hosts.list", {"hosts": {}}),
        ("hosts", {"hosts": []}),
        ("alerts", {"alerts": "events"}),
        ("message", {"message": "title"}),
        ("colour", {"colour": "c"}),
    ],
)
def test_a_wrong_source_mapping_is_refused_by_its_field(
    admin: Caller, source_path: str, field: str, change: dict[str, Any]
) -> None:
    answer = admin.put(source_path, {**SOURCE, **change})
    assert (answer.status, list(answer.json["errors"])) == (422, [field]), answer.text
    assert set_fields(admin.get(source_path).json) == {}


def test_a_json_source_is_checked_and_saved_with_its_mapping(admin: Caller) -> None:
    source = FakeSource(hosts=3, items=1, a_page=3)
    with serving(source.respond) as url:
        new = {"name": "cmdb", "type": "http_json", "url": url, "mapping": FLEET_MAPPING}
        assert admin.post("/monitors/check", new).json["ok"]
        made = admin.post("/monitors", {**new, "check": True})
        assert made.status == 201
        monitor_id = made.json["id"]
        assert set_fields(admin.get(f"/monitors/{monitor_id}/mapping").json) == FLEET_MAPPING
        assert admin.post(f"/monitors/{monitor_id}/hosts/pull").json["created"] == 3


def test_a_mapping_of_a_new_monitor_is_refused_by_its_field(admin: Caller) -> None:
    new = {"name": "cmdb", "type": "http_json", "url": "http://cmdb.example"}
    answer = admin.post("/monitors", {**new, "mapping": {"hosts": {}}})
    assert (answer.status, list(answer.json["errors"])) == (422, ["mapping.hosts.list"])
    for type in ("webhook", "prometheus"):
        answer = admin.post("/monitors", {**new, "type": type, "mapping": {"message": "title"}})
        assert (answer.status, list(answer.json["errors"])) == (422, ["mapping"])


def test_a_mapping_of_posted_alerts_has_no_parts_of_a_source(admin: Caller, path: str) -> None:
    for name in ("hosts", "items", "alerts"):
        answer = admin.put(path, {**MAPPING, name: {}})
        assert (answer.status, list(answer.json["errors"])) == (422, [name]), answer.text


def test_only_a_monitor_that_receives_has_a_mapping(admin: Caller, fleet: int) -> None:
    for answer in (
        admin.get(f"/monitors/{fleet}/mapping"),
        admin.put(f"/monitors/{fleet}/mapping", {"message": "m"}),
        admin.delete(f"/monitors/{fleet}/mapping"),
        admin.post(f"/monitors/{fleet}/mapping/test", {"body": {}}),
    ):
        assert (answer.status, answer.json["code"]) == (409, "conflict")
    assert admin.get("/monitors/99/mapping").status == 404
