"""Each format is known by its shape, and becomes the same reports as a pull makes."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.enums import Severity
from app.errors import Invalid
from app.rules.alert_reports import AlertReport
from app.rules.prometheus_alerts import prometheus_report
from app.rules.webhooks.parse import parse
from tests.unit.rules.webhooks.payloads import ALERTMANAGER, GRAFANA, PLAIN, ZABBIX, changed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
PAYLOADS = [ALERTMANAGER, GRAFANA, ZABBIX, PLAIN]


def fault(body: object) -> str:
    with pytest.raises(Invalid) as refusal:
        parse(body)
    return refusal.value.field


def test_alertmanagers_alerts_are_those_of_a_pull() -> None:
    firing, resolved = parse(ALERTMANAGER)
    labels, annotations = ALERTMANAGER["alerts"][0]["labels"], ALERTMANAGER["alerts"][0]["annotations"]
    assert replace(firing, started_at=None, source_url=None) == prometheus_report(labels, annotations, True)
    assert (firing.source, firing.severity, firing.is_firing) == ("prometheus", Severity.CRITICAL, True)
    assert (resolved.message, resolved.description) == ("磁盘空间不足：127.0.0.1:30093", "剩余 3%")
    assert resolved.is_firing is False


def test_grafanas_alerts_are_known_by_its_fingerprint() -> None:
    [report] = parse(GRAFANA)
    assert (report.source, report.external_id, report.is_firing) == ("grafana", "c6eadffa33fcdf37", True)
    assert (report.message, report.severity, report.host_name) == ("CPU 使用率过高", Severity.CRITICAL, "web-01")
    assert report.description.splitlines() == [GRAFANA["alerts"][0]["valueString"], "http://grafana:3000/d/abc?orgId=1"]
    assert parse(changed(GRAFANA, "alerts.0.status", "resolved"))[0].is_firing is False


def test_zabbixs_problem_is_known_by_its_event() -> None:
    [report] = parse(ZABBIX)
    assert (report.source, report.external_id, report.is_firing) == ("zabbix", "4711", True)
    assert (report.message, report.severity) == ("磁盘空间不足 on fleet-00001", Severity.CRITICAL)


def test_a_plain_alert_is_known_by_its_id_or_by_what_it_says() -> None:
    [report] = parse(PLAIN)
    assert (report.source, report.message, report.severity) == ("webhook", "备份失败", Severity.CRITICAL)
    assert (report.host_name, report.host_external_id, report.item_name) == ("db-01", "db-01", "backup")
    [end] = parse({**PLAIN, "status": "OK", "severity": 0, "comment": "done again"})
    assert (end.external_id, end.is_firing, end.severity) == (report.external_id, False, Severity.INFO)
    assert parse({**PLAIN, "host": "db-02"})[0].external_id != report.external_id
    assert parse({**PLAIN, "id": 7})[0].external_id == parse({"message": "x", "id": "7"})[0].external_id == "7"
    assert [each.external_id for each in parse([{"message": "a", "id": "1"}, {"message": "b", "id": "2"}])] == [
        "1",
        "2",
    ]


@pytest.mark.parametrize("body", [None, 5, "x", True, {}, {"alarm": "x"}])
def test_an_unknown_shape_is_told_what_was_expected(body: object) -> None:
    with pytest.raises(Invalid, match=r"Alertmanager.*Grafana.*Zabbix.*plain") as refusal:
        parse(body)
    assert refusal.value.field == "body"


@pytest.mark.parametrize(
    ("payload", "path", "value", "field"),
    [
        (ALERTMANAGER, "version", "3", "version"),
        (ALERTMANAGER, "alerts", {}, "alerts"),
        (ALERTMANAGER, "alerts", [None], "alerts.0"),
        (ALERTMANAGER, "alerts.1.labels", None, "alerts.1.labels"),
        (ALERTMANAGER, "alerts.1.labels", {"alertname": 5}, "alerts.1.labels"),
        (ALERTMANAGER, "alerts.0.annotations", [], "alerts.0.annotations"),
        (ALERTMANAGER, "alerts.0.status", "pending", "alerts.0.status"),
        (ALERTMANAGER, "alerts.0.status", None, "alerts.0.status"),
        (GRAFANA, "alerts.0.fingerprint", "", "alerts.0.fingerprint"),
        (GRAFANA, "alerts.0.status", 1, "alerts.0.status"),
        (ZABBIX, "event_id", None, "event_id"),
        (ZABBIX, "event_value", "2", "event_value"),
        (ZABBIX, "event_nseverity", "6", "event_nseverity"),
        (ZABBIX, "event_nseverity", "high", "event_nseverity"),
        (PLAIN, "message", "", "message"),
        (PLAIN, "message", 1.5, "message"),
        (PLAIN, "severity", 3, "severity"),
        (PLAIN, "severity", True, "severity"),
        (PLAIN, "status", 1, "status"),
        (PLAIN, "colour", "red", "colour"),
    ],
)
def test_what_is_broken_is_named(payload: Any, path: str, value: Any, field: str) -> None:
    assert fault(changed(payload, path, value)) == field


def test_a_fault_in_a_list_of_plain_alerts_is_named_with_its_place() -> None:
    assert fault([PLAIN, {**PLAIN, "message": None}]) == "1.message"
    assert fault([PLAIN, 5]) == "1"


def test_more_than_ten_thousand_alerts_are_refused() -> None:
    assert len(parse([PLAIN] * 10_000)) == 10_000
    assert fault([PLAIN] * 10_001) == "body"


def test_texts_are_cut_and_long_identities_stay_apart() -> None:
    long = "长" * 5000
    [one] = parse({"message": long, "comment": long, "id": long, "host": long})
    [other] = parse({"message": "m", "id": f"{long}!"})
    assert (len(one.message), len(one.comment), len(one.host_name or "")) == (2000, 4000, 500)
    assert len(one.external_id) == len(other.external_id) == 200
    assert one.external_id != other.external_id


def test_what_no_database_stores_is_replaced() -> None:
    [report] = parse({"message": "a\0b\ud800c", "host": "h\udfff", "comment": "😀"})
    assert (report.message, report.host_name, report.comment) == ("a\ufffdb\ufffdc", "h\ufffd", "😀")


@given(JSON | st.sampled_from(PAYLOADS))
def test_any_json_gives_reports_or_a_refusal(body: object) -> None:
    _expect_reports_or_refusal(body)


@given(st.sampled_from(PAYLOADS), st.data())
def test_any_change_of_a_known_payload_gives_reports_or_a_refusal(payload: Any, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([*payload, *(f"alerts.0.{name}" for name in _first(payload))]))
    _expect_reports_or_refusal(changed(payload, path, data.draw(JSON)))


def _first(payload: Any) -> Any:
    return payload.get("alerts", [{}])[0]


def _expect_reports_or_refusal(body: object) -> None:
    try:
        reports = parse(body)
    except Invalid as refusal:
        assert refusal.field
        assert str(refusal)
        return
    for report in reports:
        assert AlertReport.from_dict(json.loads(json.dumps(report.as_dict()))) == report
        text = json.dumps(report.as_dict(), ensure_ascii=False)
        assert text.encode()
        assert "\\u0000" not in text
        assert (len(report.message) <= 2000, 0 < len(report.external_id) <= 200) == (True, True)
