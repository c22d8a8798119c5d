"""What nagare's media type posts, in each of its versions and from each release of Zabbix."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.enums import QuietKind, Severity
from app.errors import Invalid
from app.rules.alerts.alert_reports import AlertReport, Quiet
from app.rules.webhooks.fields import Fields
from app.rules.webhooks.json_values import storable
from app.rules.webhooks.zabbix import parse_zabbix
from tests.unit.rules.webhooks.payloads import ZABBIX, Json

TAGS = [
    {"tag": "team", "value": "支付"},
    {"tag": "component", "value": "disk"},
    {"tag": "component", "value": "cpu"},
    {"tag": "scope", "value": ""},
]
WHOLE: Json = ZABBIX | {
    "event_severity": "Hoch",
    "event_tags": json.dumps(TAGS),
    "event_date": "2026.01.31",
    "event_time": "20:00:01",
    "event_timestamp": "{EVENT.TIMESTAMP}",
    "event_recovery_date": "{EVENT.RECOVERY.DATE}",
    "event_recovery_time": "{EVENT.RECOVERY.TIME}",
    "event_recovery_timestamp": "{EVENT.RECOVERY.TIMESTAMP}",
    "event_timezone": "Asia/Shanghai",
    "event_cause_id": "*UNKNOWN*",
    "event_cause_name": "*UNKNOWN*",
    "trigger_id": "777",
    "trigger_url": "https://wiki.example/disk",
    "trigger_description": "删除旧日志",
    "host_visible_name": "机房一 01",
    "zabbix_url": "https://zabbix.example/zabbix/",
}
REPORT = AlertReport(
    source="zabbix",
    external_id="4711",
    is_firing=True,
    message="磁盘空间不足 on fleet-00001",
    severity=Severity.CRITICAL,
    source_severity="High",
    description="删除旧日志",
    value="剩余: 3 %",
    labels={"component": "cpu, disk", "scope": "true", "team": "支付"},
    annotations={"host_visible_name": "机房一 01", "trigger_url": "https://wiki.example/disk"},
    started_at=datetime(2026, 1, 31, 12, 0, 1, tzinfo=UTC),
    source_url="https://zabbix.example/zabbix/tr_events.php?triggerid=777&eventid=4711",
    unspoken=(QuietKind.MAINTENANCE,),
    host_external_id="10567",
    host_name="fleet-00001",
    item_external_id="42001",
    item_name="metric 0",
)
UNEXPANDED = [
    *("{EVENT.ID}", "{ITEM.ID1}", '{EVENT.TAGS."a b"}', "{EVENT.TAGS.<tag name>}", "{$ZABBIX.URL}"),
    *('{$LIMIT:"/var"}', "{#FSNAME}", '{{EVENT.NAME}.regsub("(.*)", "\\1")}', "{?last(/host/key)}", "*UNKNOWN*"),
]
NEW = [name for name in WHOLE if name not in ZABBIX]


def read(body: Json) -> AlertReport:
    [report] = parse_zabbix(Fields(storable(body)))
    return report


def refusal(body: Json) -> Invalid:
    with pytest.raises(Invalid) as caught:
        list(parse_zabbix(Fields(storable(body))))
    return caught.value


def test_everything_that_zabbix_says_of_a_problem_is_reported() -> None:
    assert read(WHOLE) == REPORT
    assert read(WHOLE | {"event_tags": TAGS}) == REPORT


def test_the_body_of_an_earlier_media_type_is_still_read() -> None:
    bare: Json = {
        "is_whole": False,
        "is_quiet_known": False,
        "description": "",
        "labels": {},
        "annotations": {},
        "started_at": None,
        "source_url": None,
    }
    assert read(ZABBIX) == replace(REPORT, **bare)


def test_an_update_and_the_end_are_of_the_same_problem() -> None:
    update = read(WHOLE | {"event_ack_status": "Yes", "event_update_status": "1", "event_nseverity": "2"})
    assert (update.external_id, update.is_acknowledged, update.source_severity) == ("4711", True, "Warning")
    end = read(
        WHOLE | {"event_value": "0", "event_recovery_date": "2026.02.01", "event_recovery_time": "00:00:00"},
    )
    assert (end.external_id, end.is_firing, end.started_at) == ("4711", False, None)
    assert end.ended_at == datetime(2026, 1, 31, 16, tzinfo=UTC)
    assert read(WHOLE | {"event_recovery_timestamp": "1769875201"}).ended_at is None


@pytest.mark.parametrize("left", ["", None, *UNEXPANDED])
def test_an_optional_macro_that_is_not_expanded_is_nothing(left: str | None) -> None:
    names = {*WHOLE} - {"event_id", "event_value", "event_nseverity", "event_update_status"}
    assert read(WHOLE | dict.fromkeys(names, left)) == AlertReport(
        source="zabbix",
        external_id="4711",
        is_firing=True,
        message="Zabbix problem",
        severity=Severity.CRITICAL,
        source_severity="High",
        is_quiet_known=left == "*UNKNOWN*",
        unspoken=(QuietKind.MAINTENANCE,),
    )


@pytest.mark.parametrize("name", ["event_id", "event_value", "event_nseverity"])
@pytest.mark.parametrize("left", [*UNEXPANDED, "zbx-{EVENT.ID}", "*UNKNOWN*-1"])
def test_an_identity_or_a_value_that_is_not_expanded_is_refused_with_the_remedy(name: str, left: str) -> None:
    for body in (ZABBIX, WHOLE):
        error = refusal(body | {"event_severity": "*UNKNOWN*", name: left})
        assert error.field == name
        assert left in str(error)
        assert f"this parameter must be {{{name.replace('_', '.').upper()}}}" in str(error)


def test_without_the_code_of_the_severity_its_word_counts() -> None:
    report = read(WHOLE | {"event_nseverity": "{EVENT.NSEVERITY}", "event_severity": "Disaster"})
    assert (report.source_severity, report.severity) == ("Disaster", Severity.CRITICAL)


def test_an_end_needs_no_severity() -> None:
    report = read(ZABBIX | {"event_value": "0", "event_nseverity": "*UNKNOWN*"})
    assert (report.external_id, report.is_firing, report.source_severity) == ("4711", False, None)


def macros_of(body: Json) -> Json:
    return {name: f"{{{name.replace('_', '.').upper()}}}" for name in body}


@pytest.mark.parametrize("body", [ZABBIX, WHOLE, WHOLE | {"environment": "prod"}])
def test_zabbixs_test_button_reports_nothing(body: Json) -> None:
    assert list(parse_zabbix(Fields(macros_of(body) | {"environment": "prod"}))) == []
    assert list(parse_zabbix(Fields(macros_of(body) | {"item_name": "", "zabbix_url": "{$ZABBIX.URL}"}))) == []
    assert list(parse_zabbix(Fields(macros_of(body) | {"zabbix_url": "http://z", "event_timezone": "UTC"}))) == []


def test_a_test_with_typed_values_is_a_real_post() -> None:
    typed = {"event_id": "1", "event_value": "1", "event_nseverity": "5"}
    assert read(macros_of(WHOLE) | typed).external_id == "1"
    assert refusal(macros_of(WHOLE) | {"event_id": "1"}).field == "event_value"
    assert refusal(macros_of(WHOLE) | {"host_name": "web-01"}).field == "event_id"
    assert refusal(dict.fromkeys(WHOLE, "*UNKNOWN*")).field == "event_id"
    assert refusal({**macros_of(WHOLE), "event_id": ""}).field == "event_id"


def test_a_time_with_a_timestamp_needs_no_zone() -> None:
    body = WHOLE | {"event_timestamp": "1769860801", "event_timezone": "{$NAGARE.TIMEZONE}"}
    assert read(body).started_at == datetime(2026, 1, 31, 12, 0, 1, tzinfo=UTC)
    end = body | {"event_value": "0", "event_recovery_timestamp": "1769860861"}
    assert read(end).ended_at == datetime(2026, 1, 31, 12, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "fields",
    [
        {"event_timezone": ""},
        {"event_timezone": "{$NAGARE.TIMEZONE}"},
        {"event_timezone": "Shanghai"},
        {"event_timezone": "../../etc/passwd"},
        {"event_timezone": "Asia"},
        {"event_timezone": "x" * 9999},
        {"event_date": "31.01.2026"},
        {"event_time": "8 pm"},
        {"event_date": "0001.01.01", "event_time": "00:00:00"},
        {"event_timestamp": "soon", "event_date": ""},
        {"event_timestamp": "9" * 12, "event_date": ""},
        {"event_timestamp": "0", "event_date": ""},
        # The clocks go back, and show this time twice.
        {"event_timezone": "Europe/Riga", "event_date": "2026.10.25", "event_time": "03:30:00"},
        # The clocks go forward, and never show it.
        {"event_timezone": "Europe/Riga", "event_date": "2026.03.29", "event_time": "03:30:00"},
    ],
)
def test_a_time_that_is_not_certain_is_left_out(fields: Json) -> None:
    assert read(WHOLE | fields).started_at is None


def test_a_symptom_names_its_cause() -> None:
    body = WHOLE | {"event_cause_id": "4700", "event_cause_name": "交换机断开"}
    assert read(body).quiet == Quiet(QuietKind.SYMPTOM, "4700", comment="交换机断开")
    assert read(body).is_quiet_known is True
    assert read(WHOLE | {"event_cause_id": "0"}).quiet is None
    # Zabbix before 6.4 does not know the macro.
    assert read(WHOLE | {"event_cause_id": "{EVENT.CAUSE.ID}"}).is_quiet_known is False


@pytest.mark.parametrize(
    "tags",
    [
        "component:cpu, team:pay",
        "null",
        "{}x",
        '{"tag": "a", "value": "b"}',
        '["team"]',
        '[{"tag": "team"}]',
        '[{"tag": 1, "value": "b"}]',
        '[{"tag": ["a"], "value": "b"}]',
        "[" * 50_000,
    ],
)
def test_tags_that_are_no_json_are_kept_as_text(tags: str) -> None:
    report = read(WHOLE | {"event_tags": tags})
    assert report.labels == {}
    assert report.annotations["tags"] == tags


def test_tags_have_no_characters_that_a_database_cannot_store() -> None:
    tags = '[{"tag": "a\\u0000b", "value": "c\\ud800d"}]'
    assert read(WHOLE | {"event_tags": tags}).labels == {"a\ufffdb": "c\ufffdd"}


@pytest.mark.parametrize("name", ["zabbix_url", "trigger_id"])
def test_without_the_frontend_or_the_trigger_there_is_no_link(name: str) -> None:
    assert read(WHOLE | {name: ""}).source_url is None


def test_ids_cannot_change_the_link() -> None:
    url = read(WHOLE | {"trigger_id": "7&x=1#"}).source_url
    assert url == "https://zabbix.example/zabbix/tr_events.php?triggerid=7%26x%3D1%23&eventid=4711"


@pytest.mark.parametrize("name", NEW)
@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        1.5,
        True,
        TAGS,
        {"a": []},
        [None],
        10**30,
        "\0\ud800",
        "{" * 9999,
        "{A" * 9999,
        "长" * 9999,
        " ",
        "[]",
        "{}",
    ],
)
def test_a_new_field_may_hold_anything(name: str, value: Any) -> None:
    report = read(WHOLE | {name: value})
    assert AlertReport.from_dict(json.loads(json.dumps(report.as_dict()))) == report
