"""What becomes of hosts that their source no longer has."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.composition import Services
from app.connectors.base import HostRecord
from app.errors import Conflict, NotFound
from app.models import Alert, MaintenanceWindow
from app.services.access.audit import Editor
from app.services.alerts.alert_targets import link_alerts
from app.services.inventory import gone_hosts
from app.services.inventory.gone_hosts import GoneHosts
from app.services.inventory.pulls import PullService
from app.store.database.pages import PageRequest
from tests.services.alert_rows import add_alert, end_alert
from tests.services.conftest import Time
from tests.services.inventory.test_pulls import Source, pulls, source

__all__ = ["pulls", "source"]

ALL = PageRequest(limit=500)
DAY_S = 86400
EDITOR = Editor(1, "值班")


def listed(services: Services, *, archived: bool = False) -> list[str]:
    page = services.inventory.inventory.list_hosts(ALL, archived=archived)
    return [host["external_id"] for host in page.items]


def host_id(services: Services, external_id: str) -> int:
    for archived in (False, True):
        for host in services.inventory.inventory.list_hosts(ALL, archived=archived).items:
            if host["external_id"] == external_id:
                return int(host["id"])
    raise AssertionError(external_id)


@pytest.fixture
def gone(services: Services, pulls: PullService, source: Source, monitor_id: int) -> HostRecord:
    """Return a host that its source does not have any more."""
    pulls.items(monitor_id)
    record = source.hosts_there.pop()
    pulls.hosts(monitor_id)
    return record


def test_a_host_that_stays_away_is_archived_and_returns_with_its_source(
    services: Services, pulls: PullService, source: Source, gone: HostRecord, monitor_id: int, time: Time
) -> None:
    time.pass_by(6 * DAY_S)
    pulls.hosts(monitor_id)
    services.inventory.gone_hosts.tick()
    assert gone.external_id in listed(services), "it has not been gone for a week yet"
    time.pass_by(2 * DAY_S)
    services.inventory.gone_hosts.tick()
    assert (listed(services), listed(services, archived=True)) == (["0", "1", "2"], ["3"])
    assert {item["host_id"] for item in services.inventory.inventory.list_items(ALL).items} == {
        host_id(services, name) for name in ("0", "1", "2")
    }
    assert len(services.inventory.inventory.list_items(ALL, host_id=host_id(services, "3")).items) == 2
    source.hosts_there.append(gone)
    pulls.hosts(monitor_id)
    found = services.inventory.inventory.get_host(host_id(services, "3"))
    assert (listed(services), found["archived_at"], found["vanished_at"]) == (["0", "1", "2", "3"], None, None)


def test_another_look_at_a_host_that_is_gone_does_not_begin_its_time_anew(
    services: Services, pulls: PullService, gone: HostRecord, monitor_id: int, time: Time
) -> None:
    since = services.inventory.inventory.get_host(host_id(services, "3"))["vanished_at"]
    time.pass_by(5 * DAY_S)
    pulls.host(monitor_id, host_id(services, "3"))
    assert services.inventory.inventory.get_host(host_id(services, "3"))["vanished_at"] == since


def test_an_archived_host_is_deleted_later_and_its_alerts_keep_its_name(
    services: Services, gone: HostRecord, monitor_id: int, time: Time
) -> None:
    gone_id = host_id(services, "3")
    [item_id, _] = [row["id"] for row in services.inventory.inventory.list_items(ALL, host_id=gone_id).items]
    with services.database.transaction() as connection:
        ended = add_alert(connection, monitor_id, host_id=gone_id, item_id=item_id)
        end_alert(connection, ended)
    ends_at = time.now + timedelta(days=1)
    window = {"name": "升级", "comment": "", "host_id": gone_id, "starts_at": time.now, "ends_at": ends_at}
    services.maintenance.windows.create(window, EDITOR)
    for days in (8, 91):
        time.pass_by(days * DAY_S)
        services.inventory.gone_hosts.tick()
    with pytest.raises(NotFound):
        services.inventory.inventory.get_host(gone_id)
    with services.database.transaction() as connection:
        columns = (Alert.host, Alert.item, Alert.host_id, Alert.item_id)
        assert tuple(connection.execute(select(*columns)).one()) == ("host-3", "item 3", None, None)
        scope = (MaintenanceWindow.host_id, MaintenanceWindow.monitor_id, MaintenanceWindow.match)
        assert tuple(connection.execute(select(*scope)).one()) == (None, monitor_id, '{alert.host="host-3"}')


def test_an_alert_of_a_deleted_host_finds_it_again_when_it_returns(
    services: Services, pulls: PullService, source: Source, gone: HostRecord, monitor_id: int
) -> None:
    with services.database.transaction() as connection:
        add_alert(connection, monitor_id, host_id=host_id(services, "3"))
    services.inventory.gone_hosts.delete(host_id(services, "3"), EDITOR)
    source.hosts_there.append(gone)
    pulls.hosts(monitor_id)
    with services.database.transaction() as connection:
        link_alerts(connection, monitor_id, [host_id(services, "3")])
        assert connection.execute(select(Alert.host_id)).scalar_one() == host_id(services, "3")


@pytest.mark.parametrize("use", ["alert", "window"])
def test_a_host_that_people_still_work_on_is_not_deleted(
    services: Services, gone: HostRecord, monitor_id: int, time: Time, use: str
) -> None:
    gone_id = host_id(services, "3")
    with services.database.transaction() as connection:
        if use == "alert":
            add_alert(connection, monitor_id, host_id=gone_id)
    if use == "window":
        ends_at = time.now + timedelta(days=1000)
        window = {"name": "升级", "comment": "", "host_id": gone_id, "starts_at": time.now, "ends_at": ends_at}
        services.maintenance.windows.create(window, EDITOR)
    for days in (8, 91):
        time.pass_by(days * DAY_S)
        services.inventory.gone_hosts.tick()
    assert services.inventory.inventory.get_host(gone_id)["archived_at"] is not None


def test_zero_days_mean_never(services: Services, gone: HostRecord, time: Time) -> None:
    time.pass_by(1000 * DAY_S)
    GoneHosts(services.database, archive_days=0, prune_days=1).tick()
    assert "3" in listed(services)
    kept = GoneHosts(services.database, archive_days=1, prune_days=0)
    kept.tick()
    time.pass_by(1000 * DAY_S)
    kept.tick()
    assert listed(services, archived=True) == ["3"]


def test_many_go_in_short_transactions(
    services: Services,
    pulls: PullService,
    source: Source,
    monitor_id: int,
    time: Time,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, size in (("HOST_BATCH_SIZE", 2), ("REMOVED_HOST_BATCH_SIZE", 2), ("ITEM_BATCH_SIZE", 3)):
        monkeypatch.setattr(gone_hosts, name, size)
    pulls.items(monitor_id)
    source.hosts_there = []
    pulls.hosts(monitor_id)
    kept = GoneHosts(services.database, archive_days=1, prune_days=1)
    seen: list[tuple[int, ...]] = []
    for _ in range(3):
        time.pass_by(1.5 * DAY_S)
        for _ in range(4):
            kept.tick()
            counts = [len(listed(services, archived=archived)) for archived in (False, True)]
            seen += [tuple(counts)] if not seen or seen[-1] != tuple(counts) else []
    assert seen == [(2, 2), (0, 4), (0, 2), (0, 0)]


def test_a_host_is_deleted_by_a_person_with_its_items_and_leaves_an_entry(services: Services, gone: HostRecord) -> None:
    gone_id = host_id(services, "3")
    services.inventory.gone_hosts.delete(gone_id, EDITOR)
    assert services.inventory.inventory.list_items(ALL, host_id=gone_id).items == []
    [entry] = services.access.audit.list(ALL, object_id=gone_id).items
    assert (entry["object_type"], entry["before"]["name"], entry["after"]) == ("host", "host-3", {})
    with pytest.raises(NotFound):
        services.inventory.gone_hosts.delete(gone_id, EDITOR)


def test_a_host_that_its_source_has_or_a_window_names_is_not_deleted(
    services: Services, gone: HostRecord, time: Time
) -> None:
    with pytest.raises(Conflict, match="remove it there and pull"):
        services.inventory.gone_hosts.delete(host_id(services, "0"), EDITOR)
    window = {"name": "升级", "comment": "", "host_id": host_id(services, "3"), "starts_at": time.now}
    services.maintenance.windows.create({**window, "ends_at": time.now + timedelta(hours=1)}, EDITOR)
    with pytest.raises(Conflict, match="maintenance window 1"):
        services.inventory.gone_hosts.delete(host_id(services, "3"), EDITOR)
    time.pass_by(3601)
    services.inventory.gone_hosts.delete(host_id(services, "3"), EDITOR)
