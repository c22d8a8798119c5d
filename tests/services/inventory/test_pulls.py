"""What a pull makes of what a source says, also of one that changes, repeats itself or breaks off."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from app.composition import Services
from app.connectors.base import HostPage, HostRecord, ItemPage, ItemRecord, MonitorAccess
from app.errors import (
    Conflict,
    NotFound,
    SourceError,
    SourceFailing,
    SourceRejected,
    SourceUnreachable,
    TaskInterrupted,
)
from app.services.inventory.monitor_connections import MonitorConnections
from app.services.inventory.pulls import PullService
from app.store.database.pages import PageRequest
from app.store.database.vault import Vault
from tests.services.conftest import Time

ALL = PageRequest(limit=500)


class Source:
    """A monitoring system in memory, one host a page; the connector to it is itself."""

    def __init__(self, time: Time) -> None:
        self.time = time
        self.hosts_there: list[HostRecord] = []
        self.items_there: list[ItemRecord] = []
        self.breaks_after: int | None = None
        self.unreadable: dict[str, SourceError] = {}
        self.seen: list[MonitorAccess] = []

    @contextmanager
    def open(self, _type: str, access: MonitorAccess) -> Iterator[Any]:
        self.seen.append(access)
        self.time.pass_by(1)
        yield self

    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        for record in self.hosts_there:
            if external_ids is None or record.external_id in external_ids:
                self._may_break()
                yield HostPage([record], len(self.hosts_there))

    def items(self, host_external_ids: Sequence[str]) -> Iterator[ItemPage]:
        for host in host_external_ids:
            self._may_break()
            unreadable = {host: self.unreadable[host]} if host in self.unreadable else {}
            there = [] if unreadable else [item for item in self.items_there if item.host_external_id == host]
            yield ItemPage([host], there, unreadable)

    def item(self, host_external_id: str, external_id: str) -> ItemRecord | None:
        found = [item for item in self.items_there if item.external_id == external_id]
        return found[0] if found else None

    def _may_break(self) -> None:
        if self.breaks_after is not None:
            self.breaks_after -= 1
            if self.breaks_after < 0:
                raise SourceUnreachable("连接被重置")


@pytest.fixture
def source(time: Time) -> Source:
    source = Source(time)
    source.hosts_there = [HostRecord(str(n), f"host-{n}", f"主机 {n}", groups=("web",)) for n in range(4)]
    source.items_there = [
        ItemRecord(str(n % 4), str(n), f"item {n}", f"key[{n}]", value="1", units="B") for n in range(8)
    ]
    return source


@pytest.fixture
def pulls(services: Services, source: Source) -> PullService:
    vault = Vault(services.settings.require_secret_key())
    return PullService(
        services.database, MonitorConnections(services.database, vault, source.open), services.inventory.item_values
    )


def hosts(services: Services, **filters: Any) -> dict[str, Any]:
    return {host["external_id"]: host for host in services.inventory.inventory.list_hosts(ALL, **filters).items}


def items(services: Services, **filters: Any) -> dict[str, Any]:
    return {item["external_id"]: item for item in services.inventory.inventory.list_items(ALL, **filters).items}


def counts(seen: int, created: int = 0, updated: int = 0, vanished: int = 0) -> dict[str, int]:
    unchanged = seen - created - updated
    return {"seen": seen, "created": created, "updated": updated, "unchanged": unchanged, "vanished": vanished}


READ = {"unreadable": 0}


def test_a_second_pull_changes_nothing(services: Services, pulls: PullService, monitor_id: int, time: Time) -> None:
    assert pulls.hosts(monitor_id) == counts(4, created=4)
    assert pulls.items(monitor_id) == counts(8, created=8) | READ
    before = hosts(services), items(services)
    assert pulls.hosts(monitor_id) == counts(4)
    assert pulls.items(monitor_id) == counts(8) | READ
    assert (hosts(services), items(services)) == before
    assert services.inventory.monitors.get(monitor_id)["last_pulled_at"] == time.now


def test_what_changed_is_updated_and_only_that(
    services: Services, pulls: PullService, source: Source, monitor_id: int
) -> None:
    pulls.hosts(monitor_id)
    pulls.items(monitor_id)
    source.hosts_there[1] = replace(source.hosts_there[1], display_name="数据库", error="agent is silent")
    source.items_there[2] = source.items_there[2]._replace(value="2")
    assert pulls.hosts(monitor_id) == counts(4, updated=1)
    assert pulls.items(monitor_id) == counts(8, updated=1) | READ
    host = hosts(services)["1"]
    assert (host["display_name"], host["status"], host["status_description"]) == ("数据库", 2, "agent is silent")
    assert {key for key, item in items(services).items() if item["value"] == "2"} == {"2"}


def test_a_host_that_is_gone_at_the_source_becomes_inactive_and_may_come_back(
    services: Services, pulls: PullService, source: Source, monitor_id: int
) -> None:
    pulls.hosts(monitor_id)
    pulls.items(monitor_id)
    gone = source.hosts_there.pop(2)
    before = hosts(services)["2"]["id"]
    assert pulls.hosts(monitor_id) == counts(3, vanished=1)
    assert {key: host["status"] for key, host in hosts(services).items()} == {"0": 1, "1": 1, "2": 0, "3": 1}
    assert pulls.hosts(monitor_id) == counts(3)
    source.hosts_there.append(gone)
    assert pulls.hosts(monitor_id) == counts(4, updated=1)
    assert (hosts(services)["2"]["status"], hosts(services)["2"]["id"]) == (1, before)


def test_a_host_that_comes_back_is_the_same_with_the_same_items(
    services: Services, pulls: PullService, source: Source, monitor_id: int
) -> None:
    pulls.items(monitor_id)
    host_id = hosts(services)["3"]["id"]
    before = host_id, {item["id"] for item in items(services, host_id=host_id).values()}
    pod = source.hosts_there.pop()
    pulls.hosts(monitor_id)
    source.hosts_there.append(pod)
    pulls.hosts(monitor_id)
    pulls.items(monitor_id)
    after = hosts(services)["3"]
    assert (after["id"], {item["id"] for item in items(services, host_id=after["id"]).values()}) == before


def test_an_item_that_is_gone_at_the_source_becomes_inactive(
    services: Services, pulls: PullService, source: Source, monitor_id: int
) -> None:
    pulls.items(monitor_id)
    del source.items_there[5]
    host_id = hosts(services)["1"]["id"]
    assert pulls.items(monitor_id, host_id) == counts(1, vanished=1) | READ
    assert {key for key, item in items(services).items() if item["status"] == 0} == {"5"}


def test_a_source_that_breaks_off_makes_nothing_vanish(
    services: Services, pulls: PullService, source: Source, monitor_id: int
) -> None:
    pulls.hosts(monitor_id)
    pulls.items(monitor_id)
    source.breaks_after = 2
    with pytest.raises(SourceUnreachable):
        pulls.hosts(monitor_id)
    source.breaks_after = 1
    with pytest.raises(SourceUnreachable):
        pulls.items(monitor_id)
    assert {host["status"] for host in hosts(services).values()} == {1}
    assert {item["status"] for item in items(services).values()} == {1}
    monitor = services.inventory.monitors.get(monitor_id)
    assert (monitor["status"], monitor["last_error"]) == ("error", "连接被重置")
    source.breaks_after = None
    assert pulls.hosts(monitor_id) == counts(4)
    assert services.inventory.monitors.get(monitor_id)["status"] == "ok"


def test_a_host_that_cannot_be_read_keeps_its_items_and_says_why(
    services: Services, pulls: PullService, source: Source, monitor_id: int
) -> None:
    pulls.items(monitor_id)
    source.unreadable = {"2": SourceRejected("太多序列")}
    assert pulls.items(monitor_id) == counts(6) | {"unreadable": 1}
    pulls.hosts(monitor_id)
    host = hosts(services)["2"]
    assert (host["status"], host["status_description"], host["items_error"]) == (2, "太多序列", "太多序列")
    assert len(items(services, host_id=host["id"], status=1)) == 2
    monitor = services.inventory.monitors.get(monitor_id)
    assert (monitor["status"], monitor["unreadable_hosts"], monitor["unreadable_reason"]) == ("ok", 1, "太多序列")

    source.hosts_there[2] = replace(source.hosts_there[2], error="离线")
    pulls.hosts(monitor_id)
    source.unreadable = {}
    assert pulls.items(monitor_id) == counts(8) | READ
    host = hosts(services)["2"]
    assert (host["status_description"], host["items_error"]) == ("离线", None)
    monitor = services.inventory.monitors.get(monitor_id)
    assert (monitor["unreadable_hosts"], monitor["unreadable_reason"]) == (0, None)


def test_a_pull_that_can_read_no_host_fails(
    services: Services, pulls: PullService, source: Source, monitor_id: int
) -> None:
    pulls.items(monitor_id)
    source.unreadable = {str(n): SourceFailing("过载") for n in range(4)}
    with pytest.raises(SourceFailing, match="过载"):
        pulls.items(monitor_id)
    assert services.inventory.monitors.get(monitor_id)["status"] == "error"
    with pytest.raises(SourceFailing, match="过载"):
        pulls.items(monitor_id, hosts(services)["1"]["id"])
    assert len(items(services, status=1)) == 8


def paged(source: Source, *pages: Sequence[ItemRecord], **last: Any) -> None:
    """Let the source tell the items of host 0 in several pages."""

    def items(host_external_ids: Sequence[str]) -> Iterator[ItemPage]:
        for records in pages:
            yield ItemPage(["0"], records, continues=True)
        yield ItemPage(["0"], [], **last)
        yield ItemPage([host for host in host_external_ids if host != "0"], source.items_there[2:])

    source.items = items  # type: ignore[method-assign]


def numbered(*numbers: int) -> list[ItemRecord]:
    return [ItemRecord("0", f"many {n}", f"item {n}", f"key[{n}]", value=str(n)) for n in numbers]


def test_a_host_in_several_pages_is_written_page_by_page(
    services: Services, pulls: PullService, source: Source, monitor_id: int
) -> None:
    paged(source, numbered(0, 1, 2), numbered(3, 4))
    steps: list[tuple[int, int | None]] = []
    pulls.items(monitor_id, step=lambda done, total, _: steps.append((done, total)))
    assert {f"many {n}" for n in range(5)} <= {*items(services)}
    assert steps[-1] == (4, 4)
    paged(source, numbered(0, 1), numbered(4, 5))
    result = pulls.items(monitor_id)
    assert (result["created"], result["vanished"]) == (1, 2)


@pytest.mark.parametrize(
    "last", [{"is_partial": True}, {"unreadable": {"0": SourceRejected("the metric zz has too many series")}}]
)
def test_what_a_page_does_not_say_is_not_gone(
    last: dict[str, Any], services: Services, pulls: PullService, source: Source, monitor_id: int
) -> None:
    paged(source, numbered(0, 1, 2))
    pulls.items(monitor_id)
    paged(source, numbered(0), **last)
    assert pulls.items(monitor_id)["vanished"] == 0
    paged(source, numbered(0))
    assert pulls.items(monitor_id)["vanished"] == 2


def test_hosts_that_a_partial_list_lacks_are_not_gone(
    services: Services, pulls: PullService, source: Source, monitor_id: int
) -> None:
    pulls.hosts(monitor_id)
    there, source.hosts_there = source.hosts_there, source.hosts_there[:2]
    whole = source.hosts

    def partial(external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        for page in whole(external_ids):
            yield replace(page, is_partial=True)

    source.hosts = partial  # type: ignore[method-assign]
    assert pulls.hosts(monitor_id)["vanished"] == 0
    source.hosts = whole  # type: ignore[method-assign]
    assert pulls.hosts(monitor_id)["vanished"] == len(there) - 2


def test_whole_pages_stay_when_a_first_pull_breaks_off(
    services: Services, pulls: PullService, source: Source, monitor_id: int
) -> None:
    source.breaks_after = 2
    with pytest.raises(SourceError):
        pulls.hosts(monitor_id)
    assert set(hosts(services)) == {"0", "1"}
    source.breaks_after = None
    assert pulls.hosts(monitor_id) == counts(4, created=2)


def test_a_source_that_repeats_itself_is_counted_once(
    services: Services, pulls: PullService, source: Source, monitor_id: int
) -> None:
    pulls.hosts(monitor_id)
    source.items_there.append(source.items_there[0]._replace(value="9"))
    assert pulls.items(monitor_id) == counts(8, created=8) | READ
    assert items(services)["0"]["value"] == "9"


def test_a_source_with_nothing_at_all_is_no_error(pulls: PullService, source: Source, monitor_id: int) -> None:
    source.hosts_there = []
    assert pulls.hosts(monitor_id) == counts(0)
    assert pulls.items(monitor_id) == counts(0) | READ


def test_a_pull_stops_where_it_is_told_to(services: Services, pulls: PullService, monitor_id: int) -> None:
    def step(done: int, total: int | None, message: str) -> None:
        if done == 2:
            raise TaskInterrupted("cancelled")

    with pytest.raises(TaskInterrupted):
        pulls.hosts(monitor_id, step)
    assert set(hosts(services)) == {"0", "1"}


def test_one_host_and_one_item_are_refreshed(
    services: Services, pulls: PullService, source: Source, monitor_id: int
) -> None:
    pulls.items(monitor_id)
    host_id, item_id = hosts(services)["3"]["id"], items(services)["3"]["id"]
    source.hosts_there[3] = replace(source.hosts_there[3], ip_addr="10.0.0.3")
    source.items_there[3] = source.items_there[3]._replace(value="7")
    assert pulls.host(monitor_id, host_id) == counts(1, updated=1)
    assert pulls.item(monitor_id, host_id, item_id) == counts(1, updated=1)
    assert (hosts(services)["3"]["ip_addr"], items(services)["3"]["value"]) == ("10.0.0.3", "7")
    source.hosts_there.pop(3)
    source.items_there.pop(3)
    assert pulls.host(monitor_id, host_id) == pulls.item(monitor_id, host_id, item_id) == counts(0, vanished=1)
    assert hosts(services)["3"]["status"] == items(services)["3"]["status"] == 0


def test_what_is_not_there_or_disabled_is_not_asked(
    services: Services, pulls: PullService, source: Source, monitor_id: int
) -> None:
    with pytest.raises(NotFound):
        pulls.hosts(999)
    with pytest.raises(NotFound):
        pulls.host(monitor_id, 999)
    asked = len(source.seen)
    services.inventory.monitors.update(monitor_id, {"enabled": False})
    with pytest.raises(Conflict):
        pulls.hosts(monitor_id)
    assert len(source.seen) == asked


def test_secrets_are_sealed_in_the_database_and_opened_for_the_source(
    services: Services, pulls: PullService, source: Source
) -> None:
    zabbix = {"name": "z", "type": "zabbix", "url": "http://127.0.0.1:9/zabbix", "username": "Admin"}
    monitor_id = services.inventory.monitors.create({**zabbix, "password": "密码-tr0ub4dor"})["id"]
    pulls.hosts(monitor_id)
    assert (source.seen[-1].username, source.seen[-1].password) == ("Admin", "密码-tr0ub4dor")
    with services.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM monitors").mappings().all()
    assert "tr0ub4dor" not in str([dict(row) for row in rows])
    assert "tr0ub4dor" not in str(dict(services.inventory.monitors.get(monitor_id)))
