"""Each format is known by its shape, and becomes the same reports as a pull makes."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.enums import Severity
from app.errors import Invalid
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.prometheus_alerts import prometheus_report
from app.rules.webhooks.parse import parse
from app.rules.webhooks.posted import Posted
from tests.unit.rules.webhooks.payloads import ALERTMANAGER, GRAFANA, PLAIN, ZABBIX, changed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
PAYLOADS = [ALERTMANAGER, GRAFANA, ZABBIX, PLAIN]
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def reports(body: object) -> list[AlertReport]:
    """Return the reports of a body without a refused alert."""
    posted = parse(body)
    assert not posted.refusals
    return list(posted.reports)


def fault(body: object) -> str:
    """Return what of a body is refused: the whole of it, or one of its alerts."""
    try:
        [refusal] = parse(body).refusals
    except Invalid as error:
        return error.field
    return refusal.place


def test_alertmanagers_alerts_are_those_of_a_pull() -> None:
    firing, resolved = reports(ALERTMANAGER)
    alert = ALERTMANAGER["alerts"][0]
    begun = NOON.replace(second=1, microsecond=123000)
    assert firing == prometheus_report(
        alert["labels"], alert["annotations"], True, started_at=begun, source_url=alert["generatorURL"]
    )
    assert (firing.source, firing.source_severity, firing.raw) == ("prometheus", "critical", alert)
    assert (resolved.message, resolved.description, resolved.comment) == (
        "磁盘空间不足：127.0.0.1:30093",
        "剩余 3%",
        "",
    )
    assert (resolved.is_firing, resolved.ended_at) == (False, begun)


def test_grafanas_alerts_are_known_by_its_fingerprint() -> None:
    [report] = reports(GRAFANA)
    assert (report.source, report.external_id, report.is_firing) == ("grafana", "c6eadffa33fcdf37", True)
    assert (report.message, report.source_severity, report.host_name) == ("CPU 使用率过高", "critical", "web-01")
    assert (report.value, report.started_at) == ("B=95.5, C=1", NOON)
    assert report.source_url == "http://grafana:3000/d/abc?orgId=1"
    assert reports(changed(GRAFANA, "alerts.0.status", "resolved"))[0].is_firing is False


@pytest.mark.parametrize(
    ("links", "url"),
    [
        ({"panelURL": "http://g/panel"}, "http://g/panel"),
        ({"dashboardURL": None}, GRAFANA["alerts"][0]["generatorURL"]),
        ({"dashboardURL": None, "generatorURL": "javascript:alert(1)"}, None),
    ],
)
def test_grafana_shows_an_alert_on_its_panel(links: dict[str, Any], url: str | None) -> None:
    [report] = reports({**GRAFANA, "alerts": [GRAFANA["alerts"][0] | links]})
    assert report.source_url == url


@pytest.mark.parametrize(
    ("values", "value"), [(None, None), ({"A": 1.5, "B": None}, "A=1.5"), ({"A": None}, None), ("x", None)]
)
def test_grafanas_values_may_be_missing(values: Any, value: str | None) -> None:
    alert = {**GRAFANA["alerts"][0], "values": values, "valueString": None}
    assert reports({**GRAFANA, "alerts": [alert]})[0].value == value
    assert reports({**GRAFANA, "alerts": [alert | {"valueString": "[ A=1 ]"}]})[0].value == value or "[ A=1 ]"


@pytest.mark.parametrize("missing", [("orgId",), ("orgId", "title"), ("orgId", "title", "state", "message")])
def test_grafana_is_known_without_its_organization(missing: tuple[str, ...]) -> None:
    body = {name: value for name, value in GRAFANA.items() if name not in missing}
    for version in ("1", "4"):
        assert [report.source for report in reports({**body, "version": version})] == ["grafana"]


@pytest.mark.parametrize("name", ["DatasourceError", "DatasourceNoData"])
def test_a_rule_that_grafana_cannot_evaluate_says_so(name: str) -> None:
    labels = {"alertname": name, "rulename": "Disk full", "ref_id": "A", "severity": "critical"}
    texts = {"summary": "Disk is full on db1", "description": "Clean up", "Error": "query A: connection refused"}
    alert = {**GRAFANA["alerts"][0], "labels": labels, "annotations": texts}
    [report] = reports({**GRAFANA, "alerts": [alert]})
    assert (report.message, report.description) == (f"{name}: Disk full: query A: connection refused", "")
    assert (report.external_id, report.source_severity) == (alert["fingerprint"], "critical")
    [without] = reports({**GRAFANA, "alerts": [alert | {"annotations": {}}]})
    assert without.message == f"{name}: Disk full"


def test_grafanas_test_button_leaves_nothing() -> None:
    labels = {"alertname": "TestAlert", "instance": "Grafana", "team": "db"}
    test = {**GRAFANA["alerts"][0], "labels": labels}
    assert parse({**GRAFANA, "alerts": [test]}) == Posted([], [], is_test=True)
    both = parse({**GRAFANA, "alerts": [test, *GRAFANA["alerts"]]})
    assert (len(both.reports), both.is_test) == (1, False)


def test_grafanas_legacy_alerting_is_told_what_to_use() -> None:
    legacy = {
        "evalMatches": [],
        "message": "disk",
        "orgId": 1,
        "ruleName": "Disk",
        "ruleUrl": "http://g/",
        "state": "ok",
    }
    with pytest.raises(Invalid, match=r"legacy alerting.*unified alerting.*contact point.*Webhook"):
        parse(legacy)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({**ALERTMANAGER, "version": "3", "groupKey": 17}, '0.6.0, this is version "3": upgrade Alertmanager'),
        ({"version": "1", "status": "firing", "alert": [{"summary": "x"}]}, 'this is version "1": upgrade'),
        ({**ALERTMANAGER, "version": 2}, 'this is version "2": upgrade'),
        ({**ALERTMANAGER, "version": None}, "Is missing"),
        ({"alerts": []}, "Is missing"),
        ({**ALERTMANAGER, "version": "5"}, 'Must be "4"'),
    ],
)
def test_another_version_of_alertmanager_is_told_which_release_to_use(body: Any, said: str) -> None:
    with pytest.raises(Invalid, match=said) as refusal:
        parse(body)
    assert refusal.value.field == "version"
    assert "0.6.0" in str(refusal.value)


def test_zabbixs_problem_is_known_by_its_event() -> None:
    [report] = reports(ZABBIX)
    assert (report.source, report.external_id, report.is_firing) == ("zabbix", "4711", True)
    assert (report.message, report.severity) == ("磁盘空间不足 on fleet-00001", Severity.CRITICAL)
    assert report.raw == ZABBIX


def test_a_plain_alert_is_known_by_its_id_or_by_what_it_says() -> None:
    [report] = reports(PLAIN)
    assert (report.source, report.message, report.source_severity) == ("webhook", "备份失败", "critical")
    assert (report.host_name, report.host_external_id, report.item_name) == ("db-01", "db-01", "backup")
    [end] = reports({**PLAIN, "status": "OK", "severity": 0, "comment": "done again"})
    assert (end.external_id, end.is_firing, end.severity) == (report.external_id, False, Severity.INFO)
    assert reports({**PLAIN, "host": "db-02"})[0].external_id != report.external_id
    assert reports({**PLAIN, "labels": {"pod": "a"}})[0].external_id != report.external_id
    assert reports({**PLAIN, "id": 7})[0].external_id == reports({"message": "x", "id": "7"})[0].external_id == "7"
    assert [each.external_id for each in reports([{"message": "a", "id": "1"}, {"message": "b", "id": "2"}])] == [
        "1",
        "2",
    ]


def test_a_plain_alert_keeps_all_that_a_script_says() -> None:
    [report] = reports(
        PLAIN
        | {"labels": {"team": "db"}, "url": "https://ci/7", "value": 0, "description": "Third time", "comment": "sorry"}
        | {"started_at": "2026-01-31T20:00:00+08:00", "annotations": {"runbook": "https://wiki", "tries": 3}}
        | {"tries": 2, "is_last": True, "nothing": None, "steps": [{"name": "转储"}]}
    )
    assert (report.labels, report.source_url, report.value) == ({"team": "db"}, "https://ci/7", "0")
    assert (report.description, report.comment, report.started_at) == ("Third time", "sorry", NOON)
    assert report.annotations == {
        **{"tries": "3", "is_last": "true", "steps": '[{"name": "转储"}]', "runbook": "https://wiki"}
    }


@pytest.mark.parametrize("when", [NOON.timestamp(), int(NOON.timestamp()), str(int(NOON.timestamp()))])
def test_a_script_may_tell_the_time_in_seconds(when: Any) -> None:
    [report] = reports({**PLAIN, "status": "resolved", "started_at": when, "ended_at": when})
    assert (report.started_at, report.ended_at) == (NOON, NOON)


@pytest.mark.parametrize(
    ("fields", "severity", "word"),
    [
        ({"severity": 2}, Severity.CRITICAL, None),
        ({"severity": "0"}, Severity.INFO, None),
        ({"severity": 3}, Severity.WARNING, "3"),
        ({"severity": 2.5}, Severity.WARNING, "2.5"),
        ({"severity": "SEV1"}, Severity.WARNING, "SEV1"),
        ({"level": "CRITICAL"}, Severity.WARNING, "CRITICAL"),
        ({"priority": 1, "level": ["x"]}, Severity.WARNING, "1"),
        ({"labels": {"severity": "page"}}, Severity.WARNING, "page"),
        ({}, Severity.WARNING, ""),
    ],
)
def test_a_plain_alert_has_its_own_word_or_one_of_nagares_codes(
    fields: dict[str, Any], severity: Severity, word: str | None
) -> None:
    [report] = reports({"message": "m", **fields})
    assert (report.severity, report.source_severity) == (severity, word)


@pytest.mark.parametrize(("level", "is_firing"), [("OK", False), ("CRITICAL", True)])
def test_kapacitors_level_ok_is_the_end(level: str, is_firing: bool) -> None:
    body = {"id": "cpu:host=a", "message": "cpu is high", "details": "", "duration": 60000000000, "level": level}
    [report] = reports({**body, "time": "2026-01-31T12:00:00Z", "data": {"series": []}, "recoverable": True})
    assert (report.external_id, report.is_firing) == ("cpu:host=a", is_firing)
    assert report.annotations["data"] == '{"series": []}'


@pytest.mark.parametrize(("state", "is_firing"), [("ok", False), ("Resolved", False), ("alerting", True), (7, True)])
def test_a_state_may_stand_for_the_status(state: Any, is_firing: bool) -> None:
    [report] = reports({**PLAIN, "state": state})
    assert report.is_firing is is_firing
    assert reports({**PLAIN, "state": state, "status": "firing"})[0].is_firing


@pytest.mark.parametrize(
    "body",
    [
        *(None, 5, "x", True, {}, {"alarm": "x"}),
        {"event_definition_title": "5xx", "event": {"id": "01", "message": "5xx: 17", "priority": 2}, "backlog": []},
        {"heartbeat": {"status": 0, "msg": "timeout"}, "monitor": {"name": "shop"}, "msg": "[shop] [DOWN] timeout"},
    ],
)
def test_an_unknown_shape_is_told_what_was_expected(body: object) -> None:
    with pytest.raises(Invalid, match=r"Alertmanager.*Grafana.*Zabbix.*plain.*mapping") as refusal:
        parse(body)
    assert refusal.value.field == "body"


@pytest.mark.parametrize(
    ("payload", "path", "value", "field"),
    [
        (ALERTMANAGER, "alerts", {}, "alerts"),
        (ALERTMANAGER, "alerts", [None], "alerts.0"),
        (ALERTMANAGER, "alerts.1.labels", None, "alerts.1.labels"),
        (ALERTMANAGER, "alerts.1.labels", {}, "alerts.1.labels"),
        (ALERTMANAGER, "alerts.1.labels", {"alertname": 5}, "alerts.1.labels"),
        (ALERTMANAGER, "alerts.1.labels", {"alertname": "A", "up": True}, "alerts.1.labels"),
        (ALERTMANAGER, "alerts.1.startsAt", "yesterday", "alerts.1.startsAt"),
        (ALERTMANAGER, "alerts.1.endsAt", 5, "alerts.1.endsAt"),
        (ALERTMANAGER, "alerts.0.annotations", [], "alerts.0.annotations"),
        (ALERTMANAGER, "alerts.0.status", "pending", "alerts.0.status"),
        (ALERTMANAGER, "alerts.0.status", None, "alerts.0.status"),
        (GRAFANA, "alerts.0.fingerprint", "", "alerts.0.fingerprint"),
        (GRAFANA, "alerts.0.status", 1, "alerts.0.status"),
        (GRAFANA, "alerts.0.labels", None, "alerts.0.labels"),
        (ZABBIX, "event_id", None, "event_id"),
        (ZABBIX, "event_value", "2", "event_value"),
        (ZABBIX, "event_nseverity", "6", "event_nseverity"),
        (ZABBIX, "event_nseverity", "high", "event_nseverity"),
        (PLAIN, "message", "", "message"),
        (PLAIN, "message", 1.5, "message"),
        (PLAIN, "severity", True, "severity"),
        (PLAIN, "status", 1, "status"),
        (PLAIN, "labels", {"port": 8080}, "labels"),
        (PLAIN, "started_at", "2026-01-31", "started_at"),
        (PLAIN, "started_at", 1.8e12, "started_at"),
        (PLAIN, "annotations", "x", "annotations"),
    ],
)
def test_what_is_broken_is_named(payload: Any, path: str, value: Any, field: str) -> None:
    assert fault(changed(payload, path, value)) == field


def test_a_fault_in_a_list_of_plain_alerts_is_named_with_its_place() -> None:
    assert fault([PLAIN, {**PLAIN, "message": None}]) == "1.message"
    assert fault([PLAIN, 5]) == "1"


def test_one_bad_alert_refuses_that_one_and_keeps_it_as_it_was_posted() -> None:
    bad = {"status": "firing", "labels": None, "annotations": None}
    posted = parse({**ALERTMANAGER, "alerts": [bad, *ALERTMANAGER["alerts"]]})
    [refusal] = posted.refusals
    assert len(posted.reports) == 2
    assert (refusal.format, refusal.alert_place, refusal.place) == ("alertmanager", "alerts.0", "alerts.0.labels")
    assert (refusal.reason, refusal.alert) == ("Must be an object with string values.", bad)


@pytest.mark.parametrize("alerts", [None, []])
def test_a_group_without_alerts_is_accepted(alerts: Any) -> None:
    for body in (ALERTMANAGER, GRAFANA):
        assert parse({**body, "alerts": alerts}) == Posted([], [])


@pytest.mark.parametrize(
    ("said", "truncated"), [(37, 37), (0, 0), (None, 0), (-1, 0), ("37", 0), (True, 0), (2**70, 1_000_000_000)]
)
def test_what_alertmanager_cut_off_is_counted(said: Any, truncated: int) -> None:
    assert parse({**ALERTMANAGER, "truncatedAlerts": said}).truncated == truncated


def test_labels_and_annotations_may_be_missing_or_no_texts() -> None:
    alert = {"status": "firing", "labels": {"alertname": "A"}, "annotations": {"tries": 3, "nothing": None}}
    [report] = reports({**ALERTMANAGER, "alerts": [alert]})
    assert (report.annotations, report.started_at, report.source_url) == ({"tries": "3"}, None, None)
    for nothing in ({"annotations": None}, {"endsAt": "0001-01-01T00:00:00Z", "startsAt": ""}):
        assert reports({**ALERTMANAGER, "alerts": [alert | nothing]})[0].ended_at is None


def test_an_alert_without_labels_of_its_own_has_those_of_its_group() -> None:
    common = {"alertname": "A", "severity": "page"}
    for alert in ({"status": "firing"}, {"status": "firing", "labels": {}}):
        [report] = reports({**ALERTMANAGER, "commonLabels": common, "alerts": [alert]})
        assert report.labels == common


def test_an_alert_that_one_body_names_twice_counts_once() -> None:
    firing, over = PLAIN, {**PLAIN, "status": "resolved"}
    [report] = reports([firing, {**firing, "comment": "last"}])
    assert report.comment == "last"
    assert [each.is_firing for each in reports([firing, firing, over, over, firing])] == [True, False, True]
    twice = [ALERTMANAGER["alerts"][0], ALERTMANAGER["alerts"][0] | {"annotations": {"summary": "last"}}]
    assert [each.message for each in reports({**ALERTMANAGER, "alerts": twice})] == ["last"]


def test_more_than_ten_thousand_alerts_are_refused() -> None:
    assert len(reports([{**PLAIN, "id": str(number)} for number in range(10_000)])) == 10_000
    assert fault([PLAIN] * 10_001) == "body"


def test_texts_are_cut_and_long_identities_stay_apart() -> None:
    long = "长" * 5000
    [one] = reports({"message": long, "comment": long, "id": long, "host": long, "labels": {long: long}})
    [other] = reports({"message": "m", "id": f"{long}!"})
    assert (len(one.message), len(one.comment), len(one.host_name or "")) == (2000, 4000, 500)
    assert [(len(name), len(text)) for name, text in one.labels.items()] == [(100, 500)]
    assert len(one.external_id) == len(other.external_id) == 200
    assert one.external_id != other.external_id


def test_what_no_database_stores_is_replaced() -> None:
    [report] = reports(
        {"message": "a\0b\ud800c", "host": "h\udfff", "comment": "😀", "labels": {"主机\0": "\0"}, "x": float("inf")}
    )
    assert (report.message, report.host_name, report.comment) == ("a\ufffdb\ufffdc", "h\ufffd", "😀")
    assert (report.labels, report.annotations) == ({"主机\ufffd": "\ufffd"}, {"x": "inf"})
    assert json.dumps(report.raw, allow_nan=False).isascii()


def test_deep_nesting_is_cut() -> None:
    deep: Any = "bottom"
    for _ in range(500):
        deep = [deep]
    [report] = reports({**PLAIN, "deep": deep})
    assert "too deeply" in report.annotations["deep"]


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
        posted = parse(body)
    except Invalid as refusal:
        assert refusal.field
        assert str(refusal)
        return
    for refused in posted.refusals:
        assert refused.place.startswith(refused.alert_place)
        assert json.dumps(refused.alert, allow_nan=False, ensure_ascii=False).encode()
    for report in posted.reports:
        assert AlertReport.from_dict(json.loads(json.dumps(report.as_dict(), allow_nan=False))) == report
        text = json.dumps(report.as_dict(), ensure_ascii=False)
        assert text.encode()
        assert "\\u0000" not in text
        assert (len(report.message) <= 2000, 0 < len(report.external_id) <= 200) == (True, True)
