"""What each release of Zabbix is told of a maintenance window, and what its answers cannot be."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.connectors.zabbix.connector import ZabbixConnector
from app.errors import SourceGarbled, SourceRejected
from app.rules.maintenance.occurrences import Occurrence
from app.rules.maintenance.source_maintenance import SourceMaintenance
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix

START = datetime(2026, 1, 31, 12, 0, 30, tzinfo=UTC)
MARK = "nagare #12-5f3a9c01"


Start = Callable[..., tuple[FakeZabbix, ZabbixConnector]]


def wanted(hosts: list[str] | None, name: str = "重启") -> SourceMaintenance:
    return SourceMaintenance(name, "", [Occurrence(START, START + timedelta(minutes=5))], hosts)


class Told:
    """A Zabbix that has these maintenances, and the connector to it."""

    def __init__(self, start: Start, version: str = "6.0.14", known: Sequence[str] = ()) -> None:
        self.fake, self.connector = start(version)
        self.known = [{"maintenanceid": str(number), "name": name} for number, name in enumerate(known, 1)]
        self.fake.say["maintenance.get"] = self._known
        for method in ("create", "update", "delete"):
            self.fake.say[f"maintenance.{method}"] = lambda _: {"maintenanceids": ["9"]}

    def _known(self, params: Any) -> list[dict[str, Any]]:
        return [row for row in self.known if params["search"]["name"] in row["name"]]

    def tell(self, what: SourceMaintenance | None) -> list[str]:
        return [*self.connector.set_maintenance(MARK, what)]

    def deleted(self) -> list[Any]:
        return [*self.fake.sent("maintenance.delete")]


@pytest.mark.parametrize(
    ("version", "hosts", "groups"),
    [
        ("5.0.40", {"hostids": ["101"]}, {"groupids": []}),
        ("6.0.14", {"hosts": [{"hostid": "101"}]}, {"groups": []}),
        ("7.0.1", {"hosts": [{"hostid": "101"}]}, {"groups": []}),
    ],
)
def test_each_release_gets_its_own_form(start_zabbix: Start, version: str, hosts: Any, groups: Any) -> None:
    told = Told(start_zabbix, version)
    assert told.tell(wanted(["101"])) == ["9"]
    [sent] = told.fake.sent("maintenance.create")
    start = int(START.timestamp()) - 30
    assert sent == {
        "name": f"重启 ({MARK})",
        "description": "",
        "maintenance_type": "0",
        "active_since": start,
        "active_till": start + 360,
        "timeperiods": [{"timeperiod_type": "0", "start_date": start, "period": 360}],
        "tags": [],
        **hosts,
        **groups,
    }


@pytest.mark.parametrize(("version", "option"), [("5.0.40", "real_hosts"), ("7.0.1", "with_hosts")])
def test_all_hosts_are_all_groups_that_have_hosts(start_zabbix: Start, version: str, option: str) -> None:
    told = Told(start_zabbix, version)
    told.fake.say["hostgroup.get"] = lambda params: [{"groupid": "4"}] if params[option] else []
    told.tell(wanted(None))
    [sent] = told.fake.sent("maintenance.create")
    assert (sent.get("groupids") or [one["groupid"] for one in sent["groups"]]) == ["4"]
    told.fake.say["hostgroup.get"] = lambda _: []
    with pytest.raises(SourceRejected, match="no group with hosts"):
        told.tell(wanted(None))


def test_what_is_there_is_changed_and_a_second_one_and_that_of_others_are_told_apart(start_zabbix: Start) -> None:
    known = [f"old ({MARK})", f"second ({MARK})", f"other ({MARK}1)"]
    told = Told(start_zabbix, known=known)
    assert told.tell(wanted(["101"])) == ["1"]
    assert told.deleted() == [["2"]]
    [changed] = told.fake.sent("maintenance.update")
    assert (changed["maintenanceid"], changed["name"]) == ("1", f"重启 ({MARK})")
    assert told.tell(None) == []
    assert told.deleted() == [["2"], ["1", "2"]]


CHANGES: dict[str, Any] = {
    "nothing": {},
    "name": {"name": f"别的 ({MARK})"},
    "type": {"maintenance_type": "1"},
    "end": {"active_till": "1769860860"},
    "period": {"timeperiods": []},
    "tag": {"tags": [{"tag": "team", "operator": "0", "value": "pay"}]},
    "host": {"hosts": [{"hostid": "101"}, {"hostid": "102"}]},
    "group": {"hostgroups": [{"groupid": "4"}]},
}


@pytest.mark.parametrize("version", ["5.0.40", "6.0.14", "7.0.1"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_only_what_somebody_has_changed_there_is_written(start_zabbix: Start, version: str, change: Any) -> None:
    told = Told(start_zabbix, version)
    told.tell(wanted(["101"]))
    [sent] = told.fake.sent("maintenance.create")
    period = {**sent["timeperiods"][0], "timeperiodid": "3", "day": "0"}
    simple = ("name", "description", "maintenance_type", "active_since", "active_till")
    there: dict[str, Any] = {name: str(sent[name]) for name in simple}
    there |= {"maintenanceid": "9", "timeperiods": [{name: str(one) for name, one in period.items()}]}
    parts: dict[str, Any] = {"tags": [], "hosts": [{"hostid": "101"}], "hostgroups": []}
    told.known = [{**there, **parts, **change}]
    assert told.tell(wanted(["101"])) == ["9"]
    assert len([*told.fake.sent("maintenance.update")]) == bool(change)


def test_a_long_name_keeps_its_mark(start_zabbix: Start) -> None:
    told = Told(start_zabbix)
    told.tell(wanted(["101"], "长" * 200))
    [sent] = told.fake.sent("maintenance.create")
    assert len(sent["name"]) == 128
    assert sent["name"].endswith(f" ({MARK})")


@pytest.mark.parametrize("answer", [{}, {"maintenanceids": []}, {"maintenanceids": ["x"]}, []])
def test_an_answer_without_an_id_is_garbled(start_zabbix: Start, answer: Any) -> None:
    told = Told(start_zabbix)
    told.fake.say["maintenance.create"] = lambda _: answer
    with pytest.raises(SourceGarbled):
        told.tell(wanted(["101"]))
