"""Zabbix's open problems as reports, and acknowledging them, against a server that speaks Zabbix's dialects."""

from collections.abc import Callable
from typing import Any

import pytest

from app.connectors.zabbix.connector import ZabbixConnector
from app.enums import Severity
from app.errors import SourceGarbled, SourceRejected
from app.rules.alert_reports import AlertReport
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix, Refusal, invalid, refuse

Start = Callable[..., tuple[FakeZabbix, ZabbixConnector]]


def all_alerts(connector: ZabbixConnector) -> dict[str, AlertReport]:
    return {report.external_id: report for page in connector.alerts() for report in page}


@pytest.mark.parametrize("version", ["5.0.40", "6.0.14", "7.0.5"])
def test_a_problem_is_reported_with_its_host_and_item(version: str, start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix(version)
    zabbix.add_trigger("7", host_id="1", item_id="11")
    zabbix.add_problem("500", "7", severity="5", opdata="使用率 97 %", acknowledged="1")
    assert all_alerts(connector) == {
        "500": AlertReport(
            source="zabbix",
            external_id="500",
            is_firing=True,
            message="CPU 使用率过高",
            severity=Severity.CRITICAL,
            comment="使用率 97 %",
            is_acknowledged=True,
            host_external_id="1",
            host_name="host-1",
            item_external_id="11",
        )
    }


def test_each_of_zabbixs_severities_has_ours(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_trigger("7", "1", "11")
    for code in range(6):
        zabbix.add_problem(str(500 + code), "7", severity=str(code))
    assert [int(report.severity) for report in all_alerts(connector).values()] == [0, 0, 1, 1, 2, 2]


def test_ten_thousand_problems_come_in_pages_of_a_thousand_oldest_first(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_trigger("7", "1", "11")
    for n in range(10_500, 500, -1):
        zabbix.add_problem(str(n), "7")
    pages = list(connector.alerts())
    assert [len(page) for page in pages] == [1000] * 10
    assert [report.external_id for page in pages for report in page] == [str(n) for n in range(501, 10_501)]
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
    assert {id: report.is_suppressed for id, report in all_alerts(connector).items()} == {"500": False, "503": True}


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
    assert len(next(pages)) == 1000
    zabbix.problems["2400"]["r_eventid"] = "9000"
    assert [len(page) for page in pages] == [499]


def test_the_host_is_that_of_the_triggers_first_item(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_trigger(
        "7",
        "1",
        "11",
        hosts=[{"hostid": "1", "host": "one"}, {"hostid": "2", "host": "two"}],
        items=[{"itemid": "11", "hostid": "1"}, {"itemid": "21", "hostid": "2"}],
        functions=[{"functionid": "100", "itemid": "11"}, {"functionid": "99", "itemid": "21"}],
    )
    zabbix.add_problem("500", "7")
    report = all_alerts(connector)["500"]
    assert (report.item_external_id, report.host_external_id, report.host_name) == ("21", "2", "two")


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
    ],
)
def test_a_problem_of_another_shape_is_garbled(fields: dict[str, Any], start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.add_trigger("7", "1", "11")
    zabbix.add_problem("500", "7", **fields)
    with pytest.raises(SourceGarbled):
        all_alerts(connector)


@pytest.mark.parametrize(
    "fields",
    [
        {"hosts": None},
        {"hosts": {"1": {"hostid": "1", "host": "one"}}},
        {"hosts": [{"hostid": "1", "host": None}]},
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
