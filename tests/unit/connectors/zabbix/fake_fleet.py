"""A Zabbix with a large fleet, for benches: `python -m tests.unit.connectors.zabbix.fake_fleet HOSTS ITEMS [VERSION]`.

Prints its address (sign in as Admin / zabbix) and serves until its standard input ends.
"""

import sys
from typing import Any

from app.connectors.conformance.server import serving
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix, Row


class FleetZabbix(FakeZabbix):
    """Hosts with equal items, which are made when they are read: millions need no memory."""

    def __init__(self, hosts: int, items: int, version: str = "7.0.6") -> None:
        super().__init__(version)
        self.items_a_host = items
        for n in range(1, hosts + 1):
            self.add_host(str(n))
        self.add_item("0", "0")
        self.template = self.items.pop("0")
        self.item_ids.clear()

    def respond(self, request: Any) -> None:
        """Answer like a Zabbix, and forget the call."""
        super().respond(request)
        self.calls.clear()

    def host_get(self, params: Row) -> list[Row]:
        """Answer counts of items without making items."""
        if "selectItems" in params and "hostids" in params:
            return [{"hostid": one, "items": str(self.items_a_host)} for one in params["hostids"] if one in self.hosts]
        return super().host_get(params)

    def item_get(self, params: Row) -> list[Row]:
        """Make the rows of a page: no item has another type of value than the template."""
        wanted = params.get("filter", {}).get("value_type")
        if wanted is not None and self.template["value_type"] not in wanted:
            return []
        return super().item_get(params)

    def items_of(self, host_id: str) -> list[Row]:
        """Return new rows of a host's items."""
        start = int(host_id) * 100_000
        return [self._item(host_id, start + n) for n in range(self.items_a_host)] if host_id in self.hosts else []

    def _item(self, host_id: str, number: int) -> Row:
        return self.template | {"itemid": str(number), "hostid": host_id, "key_": f"metric[{number % 100_000}]"}


def main() -> None:
    """Serve a fleet until the standard input ends."""
    hosts, items, *version = sys.argv[1:]
    with serving(FleetZabbix(int(hosts), int(items), *version).respond) as url:
        print(f"{url}/zabbix", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
