"""Bodies of any shape, read by a field mapping."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.errors import Invalid
from app.rules.alerts.alert_reports import AlertReport
from app.rules.webhooks.expressions import BUDGET
from app.rules.webhooks.field_mappings import FieldMapping
from app.rules.webhooks.mapped import parse_mapped
from app.rules.webhooks.parse import read_again

AZURE = {
    "schemaId": "azureMonitorCommonAlertSchema",
    "data": {
        "essentials": {
            "alertId": "/subscriptions/1/alerts/7",
            "alertRule": "磁盘不足",
            "severity": "Sev1",
            "monitorCondition": "Resolved",
            "configurationItems": ["vm-1"],
            "firedDateTime": "2026-01-31T10:00:00.1234567Z",
            "resolvedDateTime": "2026-01-31T11:00:00Z",
        },
        "customProperties": {"team": "pay", "tier": 2},
    },
}
AZURE_MAPPING = {
    "alerts": "data",
    "message": "essentials.alertRule",
    "id": "essentials.alertId",
    "status": "essentials.monitorCondition",
    "severity": "essentials.severity",
    "host": "essentials.configurationItems[0]",
    "labels": "customProperties",
    "started_at": "essentials.firedDateTime",
    "ended_at": "essentials.resolvedDateTime",
    "url": "join('', ['https://portal.azure.com/#', essentials.alertId])",
    "description": "'Azure 监控'",
}


def read(mapping: dict[str, Any], body: object) -> list[AlertReport]:
    posted = parse_mapped(FieldMapping.of(mapping), body)
    assert not posted.refusals, posted.refusals
    return [*posted.reports]


def refused(mapping: dict[str, Any], body: object) -> list[tuple[str, str]]:
    posted = parse_mapped(FieldMapping.of({"message": "'m'", **mapping}), body)
    assert not posted.reports, posted.reports
    return [(refusal.place, refusal.reason) for refusal in posted.refusals]


def test_a_body_of_another_system_becomes_a_report() -> None:
    [report] = read(AZURE_MAPPING, AZURE)
    assert (report.source, report.external_id) == ("webhook", "/subscriptions/1/alerts/7")
    assert (report.message, report.description, report.is_firing) == ("磁盘不足", "Azure 监控", False)
    assert (report.source_severity, report.host_name, report.host_external_id) == ("Sev1", "vm-1", "vm-1")
    assert report.labels == {"team": "pay", "tier": "2"}
    assert report.started_at == datetime(2026, 1, 31, 10, 0, 0, 123456, tzinfo=UTC)
    assert report.ended_at == datetime(2026, 1, 31, 11, 0, tzinfo=UTC)
    assert report.source_url == "https://portal.azure.com/#/subscriptions/1/alerts/7"
    assert report.raw == AZURE["data"]


def test_each_alert_of_a_list_is_read_alone() -> None:
    body = {"site": "上海", "events": [{"t": "one", "s": True}, {"t": None}, {"t": "three", "s": "OK"}]}
    mapping = {"alerts": "events", "message": "t", "status": "s", "labels": "{site: body().site}"}
    posted = parse_mapped(FieldMapping.of(mapping), body)
    assert [(each.message, each.is_firing, each.labels) for each in posted.reports] == [
        ("one", True, {"site": "上海"}),
        ("three", False, {"site": "上海"}),
    ]
    [refusal] = posted.refusals
    assert (refusal.alert_place, refusal.place) == ("alerts.1", "alerts.1.message")
    assert refusal.alert["alert"] == {"t": None}
    assert refusal.reason == "The expression t finds nothing, and a message is required."


def test_the_body_itself_is_a_list_or_the_only_alert() -> None:
    assert [each.message for each in read({"message": "m"}, [{"m": "a"}, {"m": "b"}])] == ["a", "b"]
    assert [each.message for each in read({"message": "m"}, {"m": "a"})] == ["a"]
    assert [each.message for each in read({"message": "@"}, ["a", 7])] == ["a", "7"]
    assert read({"message": "m"}, []) == []


@pytest.mark.parametrize(
    ("mapping", "body"),
    [
        ({"alerts": "events"}, {}),
        ({"alerts": "events"}, {"events": "none"}),
        ({"alerts": "length(@)"}, [1]),
        ({}, "text"),
    ],
)
def test_a_body_without_alerts_is_refused_and_kept_as_a_whole(mapping: dict[str, Any], body: object) -> None:
    posted = parse_mapped(FieldMapping.of({"message": "'m'", **mapping}), body)
    [refusal] = posted.refusals
    assert (refusal.place, refusal.alert) == ("alerts" if mapping else "body", body)


def test_what_was_refused_is_read_again_with_what_was_beside_it() -> None:
    body = {"site": "上海", "events": [{"t": None}]}
    mapping = {"alerts": "events", "message": "t", "labels": "{site: body().site}"}
    [refusal] = parse_mapped(FieldMapping.of(mapping), body).refusals
    assert refusal.alert == {"alert": {"t": None}, "body": {"site": "上海"}}
    mended = FieldMapping.of({**mapping, "message": "t || 'no title'"})
    posted = read_again(refusal.format, [refusal.alert_place], [refusal.alert], mended)
    assert [(each.message, each.labels, each.raw) for each in posted.reports] == [
        ("no title", {"site": "上海"}, {"t": None})
    ]


@pytest.mark.parametrize(
    ("text", "is_firing"),
    [
        *[(word, True) for word in ("firing", "Alerting", " PROBLEM ", "open", "triggered", True, "down", "严重", 2)],
        *[(word, False) for word in ("resolved", "OK", "Closed", "recovered", False, "normal", "已恢复", "new")],
    ],
)
def test_the_word_of_the_status_says_whether_it_is_over(text: object, is_firing: bool) -> None:
    mapping = {"message": "'m'", "status": "s", "firing": ["严重", "2"], "resolved": ["已恢复", "NEW"]}
    [report] = read(mapping, {"s": text})
    assert report.is_firing is is_firing


def test_without_a_status_every_alert_fires() -> None:
    assert read({"message": "'m'"}, {})[0].is_firing


@pytest.mark.parametrize(
    ("tags", "labels"),
    [
        (
            {"a": "b", "n": 1, "t": True, "gone": None, "deep": {"x": [1]}},
            {"a": "b", "n": "1", "t": "true", "deep": '{"x": [1]}'},
        ),
        (["env:prod", "url=http://x:1", "flag"], {"env": "prod", "url": "http://x:1", "flag": "true"}),
        ("env:prod,team:支付", {"env": "prod", "team": "支付"}),
        ([{"name": "env", "value": "prod"}, {"tag": "n", "value": 3}], {"env": "prod", "n": "3"}),
        ([{"env": "prod"}, {"team": None}], {"env": "prod"}),
        (None, {}),
        ([], {}),
        ("", {}),
    ],
)
def test_labels_are_an_object_or_a_list_of_pairs(tags: object, labels: dict[str, str]) -> None:
    assert read({"message": "'m'", "labels": "tags"}, {"tags": tags})[0].labels == labels


@pytest.mark.parametrize(
    ("expression", "moment"),
    [
        ("'2026-01-31T10:00:00Z'", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("join('', ['2026-01-31 10:00:00', '+08:00'])", datetime(2026, 1, 31, 2, tzinfo=UTC)),
        ("`1769853600`", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("`1769853600.5`", datetime(2026, 1, 31, 10, 0, 0, 500000, tzinfo=UTC)),
        ("'1769853600000'", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("`1769853600000000`", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("`1769853600000000000`", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("`0`", None),
        ("`null`", None),
        ("''", None),
    ],
)
def test_times_are_written_in_many_ways(expression: str, moment: datetime | None) -> None:
    assert read({"message": "'m'", "started_at": expression}, {})[0].started_at == moment


def test_an_end_that_is_expected_while_it_fires_is_no_end() -> None:
    mapping = {"message": "'m'", "status": "s", "ended_at": "e"}
    fires, is_over = read(mapping, [{"s": "firing", "e": 1769853600}, {"s": "ok", "e": 1769853600}])
    assert (fires.ended_at, is_over.ended_at) == (None, datetime(2026, 1, 31, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("mapping", "place", "reason"),
    [
        ({"message": "a"}, "message", "finds nothing"),
        ({"message": "@"}, "message", "an object"),
        ({"message": "&a"}, "message", "no JSON"),
        ({"message": "length(`1`)"}, "message", "fails"),
        ({"id": "'{{ alert.id }}'"}, "id", "did not expand"),
        ({"id": "'{EVENT.ID}'"}, "id", "did not expand"),
        ({"id": "'*UNKNOWN*'"}, "id", "did not expand"),
        ({"id": "'${id}'"}, "id", "did not expand"),
        ({"id": "'$SERVICEPROBLEMID$'"}, "id", "did not expand"),
        ({"id": "to_string(nothing)"}, "id", "finds null"),
        ({"id": "`[1]`"}, "id", "a list"),
        ({"status": "'purple'"}, "status", "purple"),
        ({"status": "`0`"}, "status", "finds 0"),
        ({"status": "`1`"}, "status", "finds 1"),
        ({"status": "nothing"}, "status", "finds nothing"),
        ({"severity": "`[1]`"}, "severity", "a list"),
        ({"labels": "`1`"}, "labels", "a number"),
        ({"labels": "`[1]`"}, "labels", "pairs"),
        ({"labels": "`true`"}, "labels", "true"),
        ({"started_at": "'yesterday'"}, "started_at", "a time like"),
        ({"started_at": "'2026-01-31 10:00:00'"}, "started_at", "a time like"),
        ({"started_at": f"`{'9' * 300}`"}, "started_at", "a time like"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place_and_reason(
    mapping: dict[str, Any], place: str, reason: str
) -> None:
    for body, path in (({"x": 1}, ""), ([{"x": 1}], "alerts.0.")):
        [(found, said)] = refused(mapping, body)
        assert found == f"{path}{place}"
        assert reason in said


def test_a_guid_in_braces_is_an_identity() -> None:
    guid = "{3f2504e0-4f89-11d3-9a0c-0305e82c3301}"
    assert read({"message": "'m'", "id": "id"}, {"id": guid})[0].external_id == guid


def test_without_an_id_labels_tell_alerts_apart() -> None:
    mapping = {"message": "'m'", "labels": "@"}
    reports = read(mapping, [{"pod": "a"}, {"pod": "b"}, {"pod": "a"}])
    assert len(reports) == 2, "a repeat within a body is one report"
    assert len({report.external_id for report in reports}) == 2


def test_a_missing_severity_is_told_from_an_unknown_one() -> None:
    body = [{"s": "purple"}, {"s": None}, {"s": 2}, {"s": 3.0}]
    reports = read({"message": "to_string(@)", "severity": "s"}, body)
    assert [report.source_severity for report in reports] == ["purple", "", "2", "3"]
    assert read({"message": "'m'"}, {})[0].source_severity == ""


def test_what_no_database_can_store_is_replaced() -> None:
    [report] = read({"message": "m", "labels": "@"}, {"m": "a\0b\ud800"})
    assert report.message == report.labels["m"] == "a\ufffdb\ufffd"


def test_an_expression_that_costs_too_much_refuses_alerts_and_takes_an_end() -> None:
    body = [{"m": "x" * 1000}] * (BUDGET // 100_000) * 10
    posted = parse_mapped(FieldMapping.of({"message": "[@,@][]|" * 16 + "[0].m"}), body)
    assert len(posted.refusals) == len(body)
    assert "too much" in posted.refusals[-1].reason


@pytest.mark.parametrize(
    ("field", "mapping"),
    [
        ("message", {}),
        ("message", {"alerts": "a"}),
        ("host", {"message": "m", "host": "a["}),
        ("alerts", {"message": "m", "alerts": "explode(@)"}),
        ("resolved", {"message": "m", "firing": ["Up"], "resolved": [" up"]}),
    ],
)
def test_a_wrong_mapping_is_refused_by_its_field(field: str, mapping: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as invalid:
        FieldMapping.of(mapping)
    assert invalid.value.field == field
