"""Ten thousand items with their values, pulled from a real Zabbix."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

from app.composition import Services, build
from app.connectors.zabbix.item_records import ITEM_FIELDS
from app.settings import load_settings
from app.store.operation.migrate import upgrade
from bench.environment import KINDS, Environment
from bench.figures import Figure
from bench.garbage_collection import as_in_a_worker
from bench.zabbix_lab import zabbix
from tests.acceptance.stack import SETTINGS

HOSTS = 100
ITEMS_A_HOST = 100
ONE_CALL = "one item.get"


def measure(environment: Environment) -> Iterator[Figure]:
    """Pull the items of 100 hosts as a worker does, beside one client's item.get for the same hosts in one call."""
    with zabbix(HOSTS, ITEMS_A_HOST) as (api, host_ids), ExitStack() as exits, as_in_a_worker():
        whole = {"hostids": host_ids, "output": ITEM_FIELDS}
        pulls = {kind: _monitor(exits, environment.new_database(kind), api.url) for kind in KINDS}
        first = {kind: _seconds(pull) for kind, pull in pulls.items()}
        again: dict[str, list[float]] = {name: [] for name in (ONE_CALL, *KINDS)}
        for _ in range(environment.sizes.rounds):
            again[ONE_CALL].append(_seconds(lambda: api.call("item.get", whole)))
            for kind, pull in pulls.items():
                again[kind].append(_seconds(pull))
        beside = {ONE_CALL: statistics.median(again[ONE_CALL])}
        for kind in KINDS:
            what = f"{kind}, {HOSTS * ITEMS_A_HOST:,} items"
            yield Figure(f"{what}, first pull", "s", first[kind], beside, aim_ratio=1)
            yield Figure(f"{what}, later pulls", "s", statistics.median(again[kind]), beside, aim_ratio=1)


def _monitor(exits: ExitStack, database_url: str, zabbix_url: str) -> Callable[[], object]:
    """Return a function that pulls the items of a new monitor with known hosts."""
    upgrade(database_url)
    settings = load_settings({**SETTINGS, "DATABASE_URL": database_url})
    services: Services = exits.enter_context(closing(build(settings, durable=False)))
    access = {"type": "zabbix", "url": zabbix_url, "username": "Admin", "password": "zabbix"}
    monitor_id = services.inventory.monitors.create({"name": "zabbix", **access})["id"]
    services.inventory.pulls.hosts(monitor_id)
    return lambda: services.inventory.pulls.items(monitor_id)


def _seconds(action: Callable[[], object]) -> float:
    begun_at = time.perf_counter()
    action()
    return time.perf_counter() - begun_at
