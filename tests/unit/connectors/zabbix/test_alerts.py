"""Zabbix's open problems as reports, and acknowledging them, against a server that speaks Zabbix's dialects."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from app.connectors.base import MonitorAccess
from app.connectors.zabbix.connector import ZabbixConnector
from app.enums import QuietKind, Severity
from app.errors import SourceGarbled, SourceRejected
from app.rules.alerts.alert_reports import AlertReport, Quiet
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix, Refusal, invalid, refuse

Start = Callable[..., tuple[FakeZabbix, ZabbixConnector]]
Serve = Callable[[Callable[[Any], None]], str]


def tag(name: str, value: str = "") -> dict[str, str]:
    return {"tag": name, "value": value}


def host(host_id: str, name: str) -> dict[str, str]:
    return {"hostid": host_id, "host": name, "name": name}


def all_alerts(connector: ZabbixConnector) -> dict[str, AlertReport]:
    return {report.external_id: report for page in connector.alerts() for report in page.records}


@pytest.mark.parametrize("version", ["5.0.40", "6.0.14", "7.0.5"])
def test_a_problem_is_reported_with_its_host_and_item(version: str, start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix(version)
    zabbix.add_trigger("7", host_id="1", item_id="11", comments=" 检查进程\n", url="https://wiki.example/cpu")
    tags = [tag("team", "支付"), tag("component", "load"), tag("component", "cpu"), tag("component", ""), tag("scope")]
    zabbix.add_problem("500", "7", severity="5", opdata="使用率 97 %", acknowledged="1", tags=tags)
    found = all_alerts(connector)
    report = found["500"]
    assert found == {
        "500": AlertReport(
            source="zabbix",
            external_id="500",
            is_firing=True,
            message="CPU 使用率过高",
            severity=Severity.CRITICAL,
            source_severity="Disaster",
            description="检查进程",
            value="使用率 97 %",
            labels={"component": "cpu, load", "scope": "true", "team": "支付"},
            annotations={"host_visible_name": "主机 1", "trigger_url": "https://wiki.example/cpu"},
            started_at=datetime(2026, 11, 24, 1, 53, 51, 779123, UTC),
            source_url=report.source_url,
            is_acknowledged=True,
            host_external_id="1",
            host_name="host-1",
            item_external_id="11",
            item_name="CPU 使用率",
        )
    }
    assert re.fullmatch(
        r"http://127\.0\.0\.1:\d+/zabbix/tr_events\.php\?triggerid=7&eventid=500", report.source_url or ""
    )
    assert (report.raw["problem"]["tags"], report.raw["trigger"]["triggerid"]) == (tags, "7")


@pytest.mark.parametrize("path", ["", "/index.php", "/api_jsonrpc.php", "/zabbix.php/"])
def test_the_link_leads_to_the_frontend_whatever_address_was_pasted(path: str, serve: Serve) -> None:
    zabbix = FakeZabbix("7.0.6")
    zabbix.add_trigger("7", "1", "11")
    zabbix.add_problem("500", "7")
    address = f"{serve(zabbix.respond)}/zabbix"
    connector = ZabbixConnector(MonitorAccess(f"{address}{path}", "Admin", "zabbix"))
    assert all_alerts(connector)["500"].source_url == f"{address}/tr_events.php?triggerid=7&eventid=500"
    connector.close()


def test_a_trigger_url_with_a_macro_is_left_out_and_long_texts_are_cut(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_trigger("7", "1", "11", url="https://wiki.example/{HOST.HOST}", comments="长" * 70_000)
    zabbix.add_problem("500", "7", opdata="b" * 70_000, clock="0")
    report = all_alerts(connector)["500"]
    assert "trigger_url" not in report.annotations
    assert (len(report.description), len(report.value or ""), report.started_at) == (65_535, 65_535, None)


def test_an_alert_keeps_as_many_tags_as_it_can(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_trigger("7", "1", "11")
    zabbix.add_problem("500", "7", tags=[tag(f"{n:03}" * 100, "v" * 5000) for n in range(100)] + [tag("", "x")])
    labels = all_alerts(connector)["500"].labels
    assert len(labels) == 64
    assert {len(name) for name in labels} == {100}
    assert {len(value) for value in labels.values()} == {500}


def test_each_of_zabbixs_severities_has_ours(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_trigger("7", "1", "11")
    for code in range(6):
        zabbix.add_problem(str(500 + code), "7", severity=str(code))
    reports = all_alerts(connector).values()
    assert [int(report.severity) for report in reports] == [0, 0, 1, 1, 2, 2]
    words = ["Not classified", "Information", "Warning", "Average", "High", "Disaster"]
    assert [report.source_severity for report in reports] == words


def test_ten_thousand_problems_come_in_pages_of_a_thousand_oldest_first(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_trigger("7", "1", "11")
    for n in range(10_500, 500, -1):
        zabbix.add_problem(str(n), "7")
    pages = list(connector.alerts())
    assert [len(page.records) for page in pages] == [1000] * 10
    assert [report.external_id for page in pages for report in page.records] == [str(n) for n in range(501, 10_501)]
    ids, *rest = zabbix.sent("problem.get")
    assert ids["output"] == ["eventid"]
    assert [len(sent["eventids"]) for sent in rest] == [1000] * 10
    assert [sent["triggerids"] for sent in zabbix.sent("trigger.get")] == [["7"]] * 10


def test_without_problems_nothing_more_is_asked_for(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    assert list(connector.alerts()) == []
    assert (zabbix.method_count("problem.get"), zabbix.method_count("trigger.get")) == (1, 0)


def test_what_zabbixs_own_list_hides_is_left_out(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_trigger("7", "1", "11")
    zabbix.add_trigger("8", "2", "21", monitored=False)
    zabbix.add_problem("500", "7")
    zabbix.add_problem("501", "8")
    zabbix.add_problem("502", "9")
    zabbix.add_problem("503", "7", suppressed="1")
    zabbix.add_problem("504", "7", r_eventid="505")
    assert {id: report.quiet for id, report in all_alerts(connector).items()} == {
        "500": None,
        "503": Quiet(QuietKind.MAINTENANCE),
    }


def test_a_page_of_hidden_problems_is_not_handed_on(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_problem("500", "9")
    assert list(connector.alerts()) == []


def test_a_problem_that_is_solved_while_pages_are_read_is_left_out(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_trigger("7", "1", "11")
    for n in range(1500):
        zabbix.add_problem(str(1000 + n), "7")
    pages = connector.alerts()
    assert len(next(pages).records) == 1000
    zabbix.problems["2400"]["r_eventid"] = "9000"
    assert [len(page.records) for page in pages] == [499]


def test_the_host_is_that_of_the_triggers_first_item(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_trigger(
        "7",
        "1",
        "11",
        hosts=[host("1", "one"), host("2", "two")],
        items=[{"itemid": "11", "hostid": "1", "name": "load"}, {"itemid": "21", "hostid": "2", "name": "ping"}],
        functions=[{"functionid": "100", "itemid": "11"}, {"functionid": "99", "itemid": "21"}],
    )
    zabbix.add_problem("500", "7")
    report = all_alerts(connector)["500"]
    assert (report.item_external_id, report.item_name) == ("21", "ping")
    assert (report.host_external_id, report.host_name, report.annotations) == ("2", "two", {})


@pytest.mark.parametrize(
    "fields",
    [
        {"severity": "6"},
        {"severity": "high"},
        {"name": None},
        {"name": ["a", "list"]},
        {"objectid": None},
        {"acknowledged": True},
        {"opdata": 1.5},
        {"clock": "soon"},
        {"clock": "9" * 19},
        {"ns": "9" * 12},
        {"ns": None},
        {"tags": None},
        {"tags": {"team": "pay"}},
        {"tags": [{"tag": "team"}]},
        {"tags": [{"tag": ["team"], "value": "pay"}]},
        {"suppressed": "1", "suppression_data": None},
        {"suppressed": "1", "suppression_data": [{"maintenanceid": "x", "suppress_until": "0"}]},
        {"suppressed": "1", "suppression_data": [{"maintenanceid": "1", "suppress_until": "9" * 19}]},
        {"cause_eventid": "none"},
    ],
)
def test_a_problem_of_another_shape_is_garbled(fields: dict[str, Any], start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix("7.0.6")
    zabbix.add_trigger("7", "1", "11")
    zabbix.add_problem("500", "7", **fields)
    with pytest.raises(SourceGarbled):
        all_alerts(connector)


@pytest.mark.parametrize(
    "fields",
    [
        {"hosts": None},
        {"hosts": {"1": {"hostid": "1", "host": "one"}}},
        {"hosts": [{"hostid": "1", "host": None, "name": "one"}]},
        {"hosts": [{"hostid": "1", "host": "one"}]},
        {"hosts": [{"hostid": "1", "host": "one", "name": 1.5}]},
        {"comments": None},
        {"url": ["https://wiki.example"]},
        {"items": [{"itemid": "11", "hostid": "1"}]},
        {"items": [None]},
        {"functions": [{"functionid": "x", "itemid": "11"}]},
    ],
)
def test_a_trigger_of_another_shape_is_garbled(fields: dict[str, Any], start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_trigger("7", "1", "11", **fields)
    zabbix.add_problem("500", "7")
    with pytest.raises(SourceGarbled):
        all_alerts(connector)


def test_a_problem_is_acknowledged_with_its_comment(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_problem("500", "7")
    connector.acknowledge_alert("500", " 正在处理 ")
    assert zabbix.problems["500"]["acknowledged"] == "1"
    assert zabbix.sent("event.acknowledge") == [{"eventids": ["500"], "action": 6, "message": "正在处理"}]


def test_without_a_comment_there_is_no_message(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_problem("500", "7")
    connector.acknowledge_alert("500", "  ")
    assert zabbix.sent("event.acknowledge") == [{"eventids": ["500"], "action": 2}]


def test_a_message_is_cut_to_what_zabbix_holds_and_a_repeat_says_nothing_twice(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_problem("500", "7")
    for _ in range(2):
        connector.acknowledge_alert("500", "长" * 3000)
    (sent,) = zabbix.sent("event.acknowledge")
    assert sent["message"] == "长" * 2048


def test_a_problem_that_somebody_acknowledged_there_only_gets_the_message(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_problem("500", "7", acknowledged="1")
    connector.acknowledge_alert("500", "")
    assert zabbix.sent("event.acknowledge") == []
    connector.acknowledge_alert("500", "on it")
    assert zabbix.sent("event.acknowledge") == [{"eventids": ["500"], "action": 4, "message": "on it"}]


def test_a_suppressed_problem_can_be_acknowledged(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_problem("500", "7", suppressed="1")
    connector.acknowledge_alert("500", "")
    assert zabbix.problems["500"]["acknowledged"] == "1"


def test_a_problem_that_is_solved_there_is_left_as_it_is(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_problem("500", "7", r_eventid="501")
    connector.acknowledge_alert("500", "too late")
    assert zabbix.sent("event.acknowledge") == []


@pytest.mark.parametrize("external_id", ["999", "not-an-id", "", "²"])
def test_what_zabbix_does_not_know_cannot_be_acknowledged(external_id: str, start_zabbix: Start) -> None:
    _, connector = start_zabbix()
    with pytest.raises(SourceRejected, match=r"no such problem|not a Zabbix problem"):
        connector.acknowledge_alert(external_id, "")


@pytest.mark.parametrize(
    "refusal",
    [
        invalid('Incorrect value for field "action": no permissions to acknowledge problems.'),
        Refusal(-32500, "Application error.", "No permissions to referred object or it does not exist!"),
    ],
)
def test_a_refused_permission_is_told_in_zabbixs_words(refusal: Refusal, start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_problem("500", "7")
    zabbix.say["event.acknowledge"] = refuse(refusal)
    with pytest.raises(SourceRejected, match=r"(?i)no permissions to") as rejected:
        connector.acknowledge_alert("500", "")
    assert not rejected.value.retryable
