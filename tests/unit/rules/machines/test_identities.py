"""What identifies a host, whatever its source makes of it."""

from typing import Any

import pytest

from app.rules.machines.identities import HostFacts, identities_of, without_port
from app.rules.machines.settings import IdentityRules

RULES = IdentityRules.of(None)


def identities(**facts: Any) -> set[str]:
    host = HostFacts(**{"monitor_type": "prometheus", "external_id": "x", "name": "?", **facts})
    return {f"{kind} {value}" for kind, value in identities_of(host, RULES)}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("web-1:9100", "web-1"),
        ("WEB-1.Example.COM.", "web-1.example.com"),
        ("[2001:db8::1]:9100", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("https://web-1.example.com/health", ""),
        ("[", ""),
        ("", ""),
    ],
)
def test_ports_and_dots_do_not_count(text: str, name: str) -> None:
    assert without_port(text) == name


def test_names_addresses_and_labels_identify() -> None:
    found = identities(
        name="Web-1.example.com:9100",
        ip_addr="10.0.0.5",
        labels={"instance": "10.0.0.6:9100", "machine_id": "0123456789AB", "zabbix_hostid": "10084", "other": "x"},
        details={"interfaces": [{"ip": "2001:DB8::1", "dns": "web.example.net."}, "x", {"ip": 7}]},
    )
    assert found == {
        *("fqdn web-1.example.com", "fqdn web.example.net", "name web-1", "name web"),
        *("address 10.0.0.5", "address 10.0.0.6", "address 2001:db8::1"),
        *("machine_id 0123456789ab", "source_id 10084"),
    }


def test_zabbix_numbers_its_hosts_itself() -> None:
    assert identities(monitor_type="zabbix", external_id="10084", labels={"zabbix_hostid": "7"}) == {"source_id 10084"}


@pytest.mark.parametrize(
    "name",
    [
        *(
            "localhost",
            "localhost.localdomain:9100",
            "127.0.0.1:9100",
            "::1",
            "0.0.0.0",
            "::ffff:127.0.0.1",
            "fe80::1%e",
        ),
        *("unknown", "server", "Zabbix server", "-", "1.2.3", "a" * 300, "x..y", "\x00", "主机"),
    ],
)
def test_what_many_machines_say_of_themselves_identifies_none(name: str) -> None:
    assert identities(name=name, display_name=name, ip_addr=name, labels={"instance": name}) == set()


@pytest.mark.parametrize(
    "value", ["00000000-0000", "ffffffff-ffff", "Not Specified", "short", "To be filled by O.E.M."]
)
def test_an_id_that_nobody_filled_in_identifies_none(value: str) -> None:
    assert identities(labels={"machine_id": value}) == set()
