"""Hosts that are one machine: suggested, joined, merged, split."""

import pytest

from app.enums import AuditedType, Role
from app.errors import Conflict, NotFound
from app.store.database.pages import PageRequest
from tests.services.machines.fleet import ALL, Fleet


def test_equal_names_and_addresses_are_suggested_with_the_reasons(fleet: Fleet) -> None:
    a = fleet.host("zabbix", "web-1", "10.0.0.5")
    b = fleet.host("prometheus", "10.0.0.5:9100", "10.0.0.5", labels={"nodename": "WEB-1."})
    fleet.host("prometheus", "web-2:9100")
    [found] = fleet.services.machines.suggestions.list(ALL).items
    assert found["host_ids"] == [a, b]
    assert found["reasons"] == [{"kind": "address", "value": "10.0.0.5"}, {"kind": "name", "value": "web-1"}]
    assert {host["monitor_name"] for host in found["hosts"]} == {"zabbix", "prometheus"}


def test_addresses_that_every_machine_has_suggest_nothing(fleet: Fleet) -> None:
    for ip in ("127.0.0.1", "::1", "0.0.0.0", "169.254.1.1", "fe80::1"):
        fleet.host("zabbix", f"a {ip}", ip)
        fleet.host("prometheus", f"localhost:{len(ip)}", ip)
    assert fleet.suggested() == []


def test_an_address_that_many_hosts_of_one_monitor_have_suggests_nothing(fleet: Fleet) -> None:
    for number in range(6):
        fleet.host("prometheus", f"db-{number}:9100", "10.0.0.9")
    fleet.host("zabbix", "proxy", "10.0.0.9")
    assert fleet.suggested() == []


def test_two_full_names_that_differ_are_two_machines(fleet: Fleet) -> None:
    fleet.host("zabbix", "web-1.example.com")
    fleet.host("prometheus", "web-1.example.net:9100")
    assert fleet.suggested() == []


def test_pages_of_suggestions_follow_each_other(fleet: Fleet) -> None:
    for number in range(3):
        fleet.host("zabbix", f"web-{number}")
        fleet.host("prometheus", f"web-{number}:9100")
    first = fleet.services.machines.suggestions.list(PageRequest(limit=2))
    second = fleet.services.machines.suggestions.list(PageRequest(limit=2, cursor=first.next_cursor))
    assert (len(first.items), len(second.items), second.next_cursor) == (2, 1, None)


def test_a_confirmed_suggestion_is_a_machine_and_a_second_confirmation_changes_nothing(fleet: Fleet) -> None:
    pair = fleet.web()
    for _ in range(2):
        machine = fleet.services.machines.suggestions.confirm(pair, fleet.editor)
        assert [host["id"] for host in machine["hosts"]] == [*pair]
    assert (machine["name"], machine["hosts"][0]["way"], machine["hosts"][0]["reason"]) == ("web-1", "person", "王")
    assert (fleet.machines(), fleet.suggested()) == ([[*pair]], [])
    assert fleet.services.inventory.inventory.get_host(pair[0])["machine_id"] == machine["id"]
    entries = fleet.services.access.audit.list(ALL, Role.VIEWER, object_type=AuditedType.MACHINE).items
    assert [entry["after"] for entry in entries] == [{"host_ids": [*pair]}]


def test_a_declined_suggestion_does_not_come_back_and_no_rule_joins_it(fleet: Fleet) -> None:
    pair = (
        fleet.host("zabbix", "web-1", labels={"machine_id": "0123456789ab"}),
        fleet.host("prometheus", "web-1:9100", labels={"machine_id": "0123456789AB"}),
    )
    for _ in range(2):
        fleet.services.machines.suggestions.decline(pair, fleet.editor)
    fleet.tick()
    assert (fleet.suggested(), fleet.machines()) == ([], [])
    with pytest.raises(Conflict, match="were declined"):
        fleet.services.machines.suggestions.confirm(pair, fleet.editor)
    fleet.join(*pair)
    assert fleet.machines() == [[*pair]]
    with pytest.raises(Conflict, match="split it instead"):
        fleet.services.machines.suggestions.decline(pair, fleet.editor)


def test_an_equal_id_of_a_machine_joins_without_a_person(fleet: Fleet) -> None:
    a = fleet.host("zabbix", "web", labels={"machine_id": "0123456789ab"})
    b = fleet.host("prometheus", "x:9100", labels={"machine_id": "0123456789AB"})
    fleet.tick()
    [machine] = fleet.services.machines.machines.list(ALL).items
    assert [(host["id"], host["way"]) for host in machine["hosts"]] == [(a, "rule"), (b, "rule")]
    assert machine["hosts"][0]["reason"] == "machine_id 0123456789ab"


def test_the_id_of_a_host_at_zabbix_in_a_label_joins_it_unless_two_zabbix_have_that_id(fleet: Fleet) -> None:
    a = fleet.host("zabbix", "web", external_id="10084")
    b = fleet.host("prometheus", "x:9100", labels={"zabbix_hostid": "10084"})
    fleet.tick()
    assert fleet.machines() == [[a, b]]
    fleet.services.machines.machines.split(fleet.newest(), [a], fleet.editor)
    other = fleet.host("zabbix", "mail", external_id="10085", monitor_id=fleet.monitor("zabbix", "second"))
    c = fleet.host("zabbix", "db", external_id="10085")
    d = fleet.host("prometheus", "y:9100", labels={"zabbix_hostid": "10085"})
    fleet.tick()
    assert fleet.machines() == []
    assert fleet.suggested() == sorted([tuple(sorted((other, d))), (c, d)])


def test_a_split_is_remembered_and_both_parts_stay_together(fleet: Fleet) -> None:
    ids = [fleet.host(kind, "web", labels={"machine_id": "0123456789ab"}) for kind in fleet.monitors]
    extra = fleet.host("prometheus", "web:9104", labels={"machine_id": "0123456789ab"})
    fleet.tick()
    assert fleet.machines() == [sorted([*ids, extra])]
    first = fleet.newest()
    parts = fleet.services.machines.machines.split(first, [*ids[1:2], extra], fleet.editor)
    fleet.tick()
    assert fleet.machines() == [[ids[0], ids[2]], [ids[1], extra]]
    assert [part["id"] for part in parts] == [first, fleet.newest()]
    with pytest.raises(Conflict, match=f"no part of machine {first}"):
        fleet.services.machines.machines.split(first, [extra], fleet.editor)


def test_a_machine_of_one_host_dissolves(fleet: Fleet) -> None:
    pair = fleet.web()
    machine = fleet.join(*pair)
    assert fleet.services.machines.machines.split(machine["id"], [pair[0]], fleet.editor) == []
    with pytest.raises(NotFound, match=f"there is no machine {machine['id']}"):
        fleet.services.machines.machines.get(machine["id"])
    fleet.join(*pair)
    fleet.services.inventory.monitors.delete(fleet.monitors["zabbix"])
    fleet.tick()
    assert fleet.machines() == []


def test_machines_are_merged_by_hand(fleet: Fleet) -> None:
    pair = fleet.web()
    others = fleet.host("simulator", "sim-1"), fleet.host("zabbix", "web-1 (ipmi)")
    one, two = fleet.join(*pair), fleet.join(*others)
    merged = fleet.services.machines.machines.merge(one["id"], fleet.editor, other_id=two["id"])
    assert [host["id"] for host in merged["hosts"]] == sorted([*pair, *others])
    assert len(fleet.machines()) == 1
    with pytest.raises(NotFound, match="there is no machine"):
        fleet.services.machines.machines.merge(one["id"], fleet.editor, other_id=two["id"])
    with pytest.raises(NotFound, match="there is no host 999"):
        fleet.services.machines.machines.merge(one["id"], fleet.editor, host_ids=[999])


def test_rules_are_settable_and_hosts_are_identified_anew(fleet: Fleet) -> None:
    a = fleet.host("zabbix", "a", "10.0.0.5")
    b = fleet.host("prometheus", "b:9100", "10.0.0.5", labels={"asset": "web-7.example.com"})
    c = fleet.host("simulator", "web-7.example.com")
    changes = {
        "address": {"mode": "off", "labels": []},
        "fqdn": {"mode": "join", "labels": ["asset"]},
    }
    fleet.services.machines.rules.replace({"identities": changes}, fleet.editor)
    fleet.tick()
    fleet.tick()
    assert fleet.machines() == [[b, c]]
    assert all(a not in pair for pair in fleet.suggested())
    rules = fleet.services.machines.rules.get()["identities"]
    assert (rules["address"]["mode"], rules["name"]["mode"]) == ("off", "suggest")


def test_hosts_from_before_are_identified_in_the_background(fleet: Fleet) -> None:
    fleet.web()
    with fleet.services.database.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM host_identities")
    assert fleet.suggested() == []
    fleet.tick()
    assert len(fleet.suggested()) == 1


def test_the_list_shows_what_is_wrong_and_finds_by_name_and_address(fleet: Fleet) -> None:
    machine = fleet.join(*fleet.web())
    fleet.report("zabbix", "web-1")
    service = fleet.services.machines.machines
    [found] = service.list(ALL, q="10.0.0.5").items
    assert (found["id"], found["open_alerts"], found["worst_severity"]) == (machine["id"], 1, 2)
    assert found["score"] == fleet.services.alerts.scores.score(machine_id=machine["id"])["score"] < 100
    assert service.list(ALL, q="nothing").items == []
    assert len(fleet.services.inventory.inventory.list_hosts(ALL, machine_id=machine["id"]).items) == 2
    assert len(fleet.services.alerts.alerts.list(ALL, machine_id=machine["id"]).items) == 1
