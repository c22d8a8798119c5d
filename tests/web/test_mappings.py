"""The field mapping of a monitor that only receives, told over HTTP."""

from typing import Any

import pytest

from tests.web.caller import Caller

MAPPING = {"alerts": "events", "message": "title", "severity": "prio", "status": "state", "firing": ["开"], "host": "h"}
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
    answer = admin.post(f"{path}/test", {"body": plain})
    assert (answer.status, list(answer.json["errors"])) == (422, ["alerts"])


def test_only_a_monitor_that_receives_has_a_mapping(admin: Caller, fleet: int) -> None:
    for answer in (
        admin.get(f"/monitors/{fleet}/mapping"),
        admin.put(f"/monitors/{fleet}/mapping", {"message": "m"}),
        admin.delete(f"/monitors/{fleet}/mapping"),
        admin.post(f"/monitors/{fleet}/mapping/test", {"body": {}}),
    ):
        assert (answer.status, answer.json["code"]) == (409, "conflict")
    assert admin.get("/monitors/99/mapping").status == 404
