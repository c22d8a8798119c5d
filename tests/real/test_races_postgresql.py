"""Who loses a race on a real PostgreSQL is told so, and may try again."""

import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import pytest

from app import clock
from app.composition import Services
from app.connectors.base import HostPage, HostRecord, ItemPage, ItemRecord, MonitorAccess, NewHost
from app.enums import Role, TaskType
from app.errors import ConcurrentChange, Conflict, NotFound
from app.rules.task_params.pull import PullHosts
from app.services.access.audit import Editor
from app.services.inventory.monitor_connections import MonitorConnections
from app.services.inventory.pulls import PullService
from app.services.inventory.pushes import PushService
from app.services.ledger.outbox import new_entry, new_task_id
from app.services.ledger.requester import Requester
from app.store.database.pages import PageRequest
from app.store.database.vault import Vault
from app.store.inventory import hosts, monitors
from app.store.ledger import schedules, task_inserts
from tests.real.services_postgresql import migrated, services, time

__all__ = ["migrated", "services", "time"]

pytestmark = pytest.mark.real
RACERS = 8
HOSTS = 5
EDITOR = Editor(7, "王芳")
ITEMS = 500
FIELDS = {"cron": "* * * * *", "timezone": "UTC", "task_type": "generate_alerts", "params": {"count": 1}}


def race(act: Callable[[], Any]) -> list[Any]:
    """Do the same in many threads at once, and return what each got."""
    start = Barrier(RACERS)

    def run(_: int) -> Any:
        start.wait()
        try:
            return act()
        except Conflict as error:
            return error

    with ThreadPoolExecutor(RACERS) as threads:
        return list(threads.map(run, range(RACERS)))


@pytest.mark.parametrize("name", [f"同名 {n}" for n in range(5)])
def test_of_many_who_take_a_name_at_once_one_gets_it(services: Services, name: str) -> None:
    outcomes = race(lambda: services.ledger.schedules.create({**FIELDS, "name": name, "enabled": True}))
    assert sum(not isinstance(outcome, Conflict) for outcome in outcomes) == 1


def test_who_refers_to_what_was_deleted_meanwhile_is_told_so(services: Services) -> None:
    now = clock.now()
    row = {**FIELDS, "name": "孤儿", "monitor_id": 999_999_999, "created_at": now, "next_run_at": now}
    with pytest.raises(ConcurrentChange, match="try again"), services.database.transaction() as connection:
        schedules.add(connection, row)


@pytest.mark.parametrize("is_keyed", [False, True])
def test_no_task_is_accepted_of_a_monitor_that_is_being_deleted(services: Services, is_keyed: bool) -> None:
    monitor_id = services.inventory.monitors.create({"name": "告别", "type": "simulator", "url": "simulator://demo"})[
        "id"
    ]
    user_id = services.access.users.create("阿离", "a long password", Role.OPERATOR)["id"]
    by = Requester(user_id, "最后一次" if is_keyed else None)
    with ThreadPoolExecutor(1) as threads:
        with services.database.transaction() as connection:
            assert monitors.remove(connection, monitor_id)
            asked = threads.submit(services.ledger.submit.accept, by, PullHosts(monitor_id=monitor_id))
            with pytest.raises(TimeoutError):
                asked.result(0.5)
        with pytest.raises(NotFound):
            asked.result()


def test_who_deletes_a_monitor_cancels_the_task_that_is_just_accepted(services: Services) -> None:
    monitor_id = services.inventory.monitors.create({"name": "告别", "type": "simulator", "url": "simulator://demo"})[
        "id"
    ]
    task_id = new_task_id(TaskType.PULL_HOSTS)
    with ThreadPoolExecutor(1) as threads:
        with services.database.transaction() as connection:
            entry = new_entry(task_id, PullHosts(monitor_id=monitor_id), monitor_id=monitor_id)
            assert task_inserts.add(connection, [entry]) == 1
            deleted = threads.submit(services.inventory.monitors.delete, monitor_id)
            with pytest.raises(TimeoutError):
                deleted.result(0.5)
        deleted.result()
    assert services.ledger.tasks.get(task_id)["state"] == "cancelled"


def test_pulls_of_the_same_hosts_at_once_neither_deadlock_nor_make_items_twice(services: Services) -> None:
    source = Countless()
    vault = Vault(services.settings.require_secret_key())
    pulls = PullService(
        services.database, MonitorConnections(services.database, vault, source.open), services.inventory.item_values
    )
    monitor_id = services.inventory.monitors.create({"name": "双重", "type": "simulator", "url": "simulator://demo"})[
        "id"
    ]
    pulls.hosts(monitor_id)
    outcomes = race(lambda: pulls.items(monitor_id))
    outcomes += race(lambda: pulls.items(monitor_id))
    assert {outcome["seen"] for outcome in outcomes} == {ITEMS}
    assert sum(outcome["created"] for outcome in outcomes) == ITEMS
    assert sum(outcome["vanished"] for outcome in outcomes) == 0
    assert services.inventory.monitors.get(monitor_id)["item_count"] == ITEMS


def test_who_deletes_a_host_while_it_is_pushed_leaves_a_task_that_says_so(services: Services) -> None:
    monitor_id = add_monitor(services)
    source = Deleting()
    pulls, connections = pulls_from(services, source)
    fields = {"name": "new-1", "display_name": "新", "description": "", "enabled": True, "ip_addr": None, "groups": []}
    host_id = int(services.inventory.inventory.create_host(monitor_id, fields, EDITOR)["id"])
    source.meanwhile = lambda: services.inventory.gone_hosts.delete(host_id, EDITOR)
    with pytest.raises(NotFound, match=f"host {host_id} was deleted while it was pushed: the monitor has it as 90"):
        PushService(services.database, connections, pulls).host(monitor_id, host_id)


@pytest.mark.parametrize("is_there", [True, False])
def test_who_deletes_a_host_while_its_item_is_pulled_leaves_a_task_that_says_so(
    services: Services, is_there: bool
) -> None:
    monitor_id = add_monitor(services)
    source = Deleting()
    pulls, _ = pulls_from(services, source)
    pulls.hosts(monitor_id)
    pulls.items(monitor_id)
    item = services.inventory.inventory.list_items(PageRequest(limit=1), monitor_id=monitor_id).items[0]
    with services.database.transaction() as connection:
        hosts.mark_gone(connection, [item["host_id"]], clock.now())
    source.is_there = is_there
    source.meanwhile = lambda: services.inventory.gone_hosts.delete(item["host_id"], EDITOR)
    with pytest.raises(NotFound, match=f"host {item['host_id']} was deleted while its item {item['id']} was read"):
        pulls.item(monitor_id, item["host_id"], item["id"])


def add_monitor(services: Services) -> int:
    row = services.inventory.monitors.create(
        {"name": "竞争", "type": "zabbix", "url": "http://zabbix", "api_token": "t"}
    )
    return int(row["id"])


def pulls_from(services: Services, source: "Countless") -> tuple[PullService, MonitorConnections]:
    vault = Vault(services.settings.require_secret_key())
    connections = MonitorConnections(services.database, vault, source.open)
    return PullService(services.database, connections, services.inventory.item_values), connections


class Countless:
    """A source whose hosts and items come in another order each time, with new values."""

    def __init__(self) -> None:
        self._random = random.Random(1)

    @contextmanager
    def open(self, _type: str, _access: MonitorAccess) -> Iterator[Any]:
        yield self

    def hosts(self) -> Iterator[HostPage]:
        yield HostPage([HostRecord(str(n), f"host-{n}", f"主机 {n}") for n in range(HOSTS)], HOSTS)

    def items(self, host_external_ids: Sequence[str]) -> Iterator[ItemPage]:
        records = [
            ItemRecord(str(n % HOSTS), str(n), f"item {n}", f"key[{n}]", value=str(self._random.random()))
            for n in range(ITEMS)
        ]
        self._random.shuffle(records)
        yield ItemPage(self._random.sample(host_external_ids, HOSTS), records)


class Deleting(Countless):
    """A source that is asked for one item, or to create a host, while somebody does something else."""

    is_there = True
    meanwhile: Callable[[], None]

    def item(self, host_external_id: str, external_id: str) -> ItemRecord | None:
        self.meanwhile()
        return ItemRecord(host_external_id, external_id, "item", "key", value="1") if self.is_there else None

    def create_host(self, _host: NewHost) -> str:
        self.meanwhile()
        return "90"
