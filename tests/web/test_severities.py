"""The severity table of a monitor, told over HTTP."""

from typing import Any

import pytest

from app import clock
from app.composition import Services
from app.store.alerts import severities
from tests.web.caller import Caller

NOTHING = {"words": {}, "unknown": 1, "missing": 1, "numbers": "downward"}


@pytest.fixture
def path(fleet: int) -> str:
    return f"/monitors/{fleet}/severities"


def own(table: dict[str, Any]) -> dict[str, Any]:
    return {name: table[name] for name in NOTHING}


def test_a_table_is_read_replaced_and_reset(admin: Caller, viewer: Caller, path: str) -> None:
    found = viewer.get(path)
    assert (found.status, own(found.json), found.json["zabbix"]) == (200, NOTHING, None)
    words = {row["word"]: row["severity"] for row in found.json["effective"]}
    assert (words["critical"], words["P0"], words["SEV3"], words["严重"], words["1"]) == (2, 2, 1, 2, 2)

    table = {"words": {"紫色": 2, "SEV-2": 1}, "unknown": 2, "missing": 0, "numbers": "upward"}
    put = admin.put(path, table)
    assert (put.status, own(put.json), put.json["changed_alerts"]) == (200, table, 0)
    found = viewer.get(path)
    assert own(found.json) == table
    entries = {row["word"]: row for row in found.json["effective"]}
    assert entries["紫色"] == {"word": "紫色", "severity": 2, "is_default": False}
    assert "SEV2" not in entries and entries["P2"]["is_default"]

    assert own(admin.put(path, {}).json) == NOTHING


@pytest.mark.parametrize(
    ("field", "table"),
    [
        ("words.purple.value", {"words": {"purple": 3}}),
        ("words.purple.value", {"words": {"purple": "critical"}}),
        ("words", {"words": {"SEV-1": 2, "sev1": 1}}),
        ("words", {"words": {"  ": 2}}),
        ("words", {"words": {f"word {number}": 1 for number in range(201)}}),
        ("unknown", {"unknown": None}),
        ("numbers", {"numbers": "sideways"}),
        ("colours", {"colours": {}}),
    ],
)
def test_a_wrong_table_is_refused_by_its_field(admin: Caller, path: str, field: str, table: dict[str, Any]) -> None:
    answer = admin.put(path, table)
    assert (answer.status, list(answer.json["errors"])) == (422, [field]), answer.text
    assert own(admin.get(path).json) == NOTHING


def test_the_six_of_zabbix_stay_visible(admin: Caller) -> None:
    fields = {"name": "z", "type": "zabbix", "url": "https://zabbix.example", "api_token": "t"}
    path = f"/monitors/{admin.post('/monitors', fields).json['id']}/severities"
    six = [(row["code"], row["word"], row["severity"]) for row in admin.get(path).json["zabbix"]]
    assert six[3:] == [(3, "Average", 1), (4, "High", 2), (5, "Disaster", 2)]
    assert admin.put(path, {"words": {"high": 1}}).json["zabbix"][4]["severity"] == 1


def test_words_that_nobody_knows_are_shown_with_their_counts(
    services: Services, admin: Caller, fleet: int, path: str
) -> None:
    with services.database.transaction() as connection:
        severities.add_unknown(connection, fleet, {"purple": 3, "blue": 9}, clock.now())
    found = admin.get(path).json["unknown_words"]
    assert [(row["word"], row["count"]) for row in found] == [("blue", 9), ("purple", 3)]
    assert admin.get(f"/monitors/{fleet}").json["unknown_severity_count"] == 2
    assert [row["word"] for row in admin.put(path, {"words": {"blue": 0}}).json["unknown_words"]] == ["purple"]


def test_a_monitor_that_does_not_exist_has_no_table(admin: Caller) -> None:
    assert admin.get("/monitors/99/severities").status == 404
    assert admin.put("/monitors/99/severities", {}).status == 404
