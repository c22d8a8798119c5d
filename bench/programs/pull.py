"""Pulls a big fleet as a worker does, in a process of its own, and prints the time and memory it took."""

import argparse
import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, cast

from app.connectors.base import Connector, ItemPage, ItemRecord, MonitorAccess
from app.services.inventory.item_values import ItemValues
from app.services.inventory.monitor_connections import MonitorConnections
from app.services.inventory.pulls import PullService
from app.store.database.engine import Database
from app.store.database.vault import Vault
from bench.garbage_collection import as_in_a_worker

HOSTS_A_PAGE = 50


class FleetConnector:
    """A source that responds immediately: each host has the same items, with other values in each generation."""

    def __init__(self, items_a_host: int, generation: int, began_at: datetime) -> None:
        self._items = items_a_host
        self._generation = generation
        self._value_at = began_at + timedelta(seconds=generation)

    def items(self, host_external_ids: Sequence[str]) -> Iterator[ItemPage]:
        hosts = iter(host_external_ids)
        while page := list(islice(hosts, HOSTS_A_PAGE)):
            yield ItemPage(page, [self._record(host, number) for host in page for number in range(self._items)])

    def _record(self, host: str, number: int) -> ItemRecord:
        return ItemRecord(
            host_external_id=host,
            external_id=f"{host}-{number}",
            name=f"指标 {number}",
            key=f"metric[{number}]",
            value=f"{self._generation}.{number}",
            value_type="float",
            units="B",
            description="used memory",
            interval="1m",
            value_at=self._value_at,
        )

    def close(self) -> None:
        pass


def main() -> None:
    """Pull all items of the first monitor."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    for name in ("items-a-host", "generation", "values-hours"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--began-at", type=datetime.fromisoformat, required=True)
    asked = parser.parse_args()

    @contextmanager
    def open_connector(_type: str, _access: MonitorAccess) -> Iterator[Connector]:
        yield cast(Connector, FleetConnector(asked.items_a_host, asked.generation, asked.began_at))

    with closing(Database(asked.url, durable=False)) as database:
        monitor_connections = MonitorConnections(database, Vault("a secret key for the bench"), open_connector)
        service = PullService(database, monitor_connections, ItemValues(database, asked.values_hours))
        before_mb = memory_mb()
        with as_in_a_worker():
            begun_at = time.perf_counter()
            counts: dict[str, Any] = service.items(1)
            seconds = time.perf_counter() - begun_at
    print(json.dumps({**counts, "seconds": seconds, "before_mb": before_mb, "memory_mb": memory_mb()}))


def memory_mb() -> float:
    """Return the peak memory of this program; `getrusage` would return the parent's if that was larger."""
    (peak,) = re.findall(r"^VmHWM:\s*(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(peak) / 1024


if __name__ == "__main__":
    main()
