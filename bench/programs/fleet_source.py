"""Serves a fake system with a large fleet in a process of its own, until its input ends: `KIND HOSTS ITEMS`."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

from app.connectors.conformance.server import serving
from tests.unit.connectors.icinga2.fake_icinga import fleet as icinga2_fleet
from tests.unit.connectors.nagios.fake_nagios import FakeNagios
from tests.unit.connectors.zabbix.fake_fleet import FleetZabbix

Respond = Callable[[Any], None]


def nagios(hosts: int, items: int) -> Respond:
    """Return what answers as a Nagios with this fleet."""
    fake = FakeNagios()
    for host in range(hosts):
        fake.add_host(f"web-{host}")
        for number in range(items):
            fake.add_service(f"web-{host}", f"disk-{number}", perf_data="/=97%;80;90;0;100")
    return fake.respond


SOURCES: Mapping[str, tuple[Callable[[int, int], Respond], str]] = {
    "zabbix": (lambda hosts, items: FleetZabbix(hosts, items).respond, "/zabbix"),
    "icinga2": (lambda hosts, items: icinga2_fleet(hosts, items).respond, ""),
    "nagios": (nagios, "/nagios4/cgi-bin"),
}
"""How each kind is filled, and the path of its address."""


def main() -> None:
    """Serve until the standard input ends."""
    kind, hosts, items = sys.argv[1:]
    make, path = SOURCES[kind]
    with serving(make(int(hosts), int(items))) as url:
        print(f"{url}{path}", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
