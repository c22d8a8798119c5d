"""What Zabbix keeps quiet is reported with who did it and until when; pages that fail are told."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from app.connectors.zabbix.connector import ZabbixConnector
from app.enums import QuietKind
from app.errors import SourceError
from app.rules.alerts.alert_reports import Quiet
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix, Refusal, refuse

Start = Callable[..., tuple[FakeZabbix, ZabbixConnector]]
NO_PERMISSION = Refusal(-32500, "Application error.", 'No permissions to call "maintenance.get".')
SOON, LATER = "1795485600", "1795489200"


def quiet(connector: ZabbixConnector) -> dict[str, Quiet | None]:
    return {report.external_id: report.quiet for page in connector.alerts() for report in page.records}


def moment(clock: str) -> datetime:
    return datetime.fromtimestamp(int(clock), UTC)


def with_problems(zabbix: FakeZabbix, *event_ids: str) -> None:
    zabbix.add_trigger("7", "1", "11")
    for event_id in event_ids:
        zabbix.add_problem(event_id, "7")


@pytest.mark.parametrize("version", ["5.0.40", "6.0.14", "6.2.9", "7.0.5"])
def test_a_maintenance_is_told_with_its_name_and_its_end(version: str, start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix(version)
    with_problems(zabbix, "500", "501")
    zabbix.maintenances["3"] = "数据库升级"
    zabbix.suppress("500", "3", SOON)
    assert quiet(connector) == {
        "500": Quiet(QuietKind.MAINTENANCE, id="3", comment="数据库升级", until=moment(SOON)),
        "501": None,
    }
    assert [sent["maintenanceids"] for sent in zabbix.sent("maintenance.get")] == [["3"]]
    assert zabbix.method_count("user.get") == zabbix.method_count("event.get") == 0


def test_of_two_maintenances_the_one_that_ends_last_is_told(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    with_problems(zabbix, "500")
    for maintenance_id, until in (("3", SOON), ("4", LATER), ("5", SOON)):
        zabbix.suppress("500", maintenance_id, until)
    assert quiet(connector)["500"] == Quiet(QuietKind.MAINTENANCE, id="4", until=moment(LATER))


def test_a_person_who_suppresses_a_problem_is_named_if_that_may_be_read(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix("7.0.5")
    with_problems(zabbix, "500", "501")
    zabbix.users["9"] = "wang"
    zabbix.suppress("500", until=SOON, user_id="9")
    zabbix.suppress("501", user_id="8")
    assert quiet(connector) == {
        "500": Quiet(QuietKind.MAINTENANCE, by="wang", until=moment(SOON)),
        "501": Quiet(QuietKind.MAINTENANCE, by="Zabbix user 8"),
    }


def test_a_suppression_without_end_outlasts_a_maintenance(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix("7.0.5")
    with_problems(zabbix, "500")
    zabbix.users["9"] = "wang"
    zabbix.suppress("500", "3", SOON)
    zabbix.suppress("500", user_id="9")
    assert quiet(connector)["500"] == Quiet(QuietKind.MAINTENANCE, by="wang")


@pytest.mark.parametrize("version", ["6.4.0", "7.0.5"])
def test_a_symptom_names_its_cause(version: str, start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix(version)
    with_problems(zabbix, "500", "501", "502")
    zabbix.problems["500"]["name"] = "交换机断开"
    zabbix.problems["501"]["cause_eventid"] = "500"
    zabbix.problems["502"]["cause_eventid"] = "400"
    assert quiet(connector) == {
        "500": None,
        "501": Quiet(QuietKind.SYMPTOM, id="500", comment="交换机断开"),
        "502": Quiet(QuietKind.SYMPTOM, id="400"),
    }


def test_a_suppressed_symptom_says_who_suppresses_it(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix("7.0.5")
    with_problems(zabbix, "500", "501")
    zabbix.problems["501"]["cause_eventid"] = "500"
    zabbix.suppress("501", "3", SOON)
    assert quiet(connector)["501"] == Quiet(QuietKind.MAINTENANCE, id="3", until=moment(SOON))


def test_an_open_alert_becomes_quiet_and_returns(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    with_problems(zabbix, "500")
    assert quiet(connector) == {"500": None}
    zabbix.suppress("500", "3", SOON)
    assert quiet(connector)["500"]
    zabbix.problems["500"].update(suppressed="0", suppression_data=[])
    assert quiet(connector) == {"500": None}


def test_names_that_may_not_be_read_are_left_out(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix("7.0.5")
    with_problems(zabbix, "500", "501")
    zabbix.suppress("500", "3", SOON)
    zabbix.problems["501"]["cause_eventid"] = "400"
    for method in ("maintenance.get", "user.get", "event.get"):
        zabbix.say[method] = refuse(NO_PERMISSION)
    assert quiet(connector) == {
        "500": Quiet(QuietKind.MAINTENANCE, id="3", until=moment(SOON)),
        "501": Quiet(QuietKind.SYMPTOM, id="400"),
    }


@pytest.mark.parametrize("answer", [None, {"3": {}}, [{"maintenanceid": "3"}], [{"maintenanceid": "x", "name": "a"}]])
def test_a_wrong_shape_of_names_is_garbled(answer: object, start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    with_problems(zabbix, "500")
    zabbix.suppress("500", "3", SOON)
    zabbix.say["maintenance.get"] = lambda params: answer
    with pytest.raises(SourceError):
        quiet(connector)
