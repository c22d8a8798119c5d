"""A push writes what was edited here, and nothing over what was edited at the source."""

from dataclasses import asdict, replace
from typing import Any

import pytest

from app.composition import Services
from app.connectors.base import HostEdit, HostRecord, ItemEdit, ItemRecord, NewHost, NewItem
from app.connectors.simulator.connector import SimulatorConnector
from app.errors import Conflict, SourceConflict, SourceRejected
from app.rules.task_params.pull import PullHost, PullItems
from app.rules.task_params.push import PushHost, PushItem
from app.services.access.audit import Editor
from app.services.inventory.monitor_connections import MonitorConnections
from app.services.inventory.pulls import PullService
from app.services.inventory.pushes import PushService
from app.services.ledger.requester import Requester
from app.store.database.pages import PageRequest
from app.store.database.vault import Vault
from tests.services.inventory.test_pulls import READ, Source, counts, hosts, items, pulls, source

__all__ = ["pulls", "source"]

EDITOR = Editor(7, "王芳")


class WritableSource(Source):
    """A source that takes edits."""

    def update_host(self, external_id: str, edit: HostEdit) -> None:
        self.hosts_there = [
            replace(host, **asdict(edit)) if host.external_id == external_id else host for host in self.hosts_there
        ]

    def update_item(self, external_id: str, edit: ItemEdit) -> None:
        self.items_there = [
            item._replace(**asdict(edit)) if item.external_id == external_id else item for item in self.items_there
        ]

    def create_host(self, host: NewHost) -> str:
        self.hosts_there.append(HostRecord("90", **asdict(host.edit), ip_addr=host.ip_addr, groups=host.groups))
        return "90"

    def create_item(self, host_external_id: str, item: NewItem) -> str:
        self.items_there.append(
            ItemRecord(host_external_id, "91", key=item.key, value_type=item.value_type, **asdict(item.edit))
        )
        return "91"


@pytest.fixture
def there(source: Source) -> WritableSource:
    writable = WritableSource(source.time)
    writable.hosts_there, writable.items_there = source.hosts_there, source.items_there
    return writable


@pytest.fixture
def pushes(services: Services, there: WritableSource, monitor_id: int) -> PushService:
    """Return the pushes to the source, whose hosts and items are here."""
    vault = Vault(services.settings.require_secret_key())
    monitor_connections = MonitorConnections(services.database, vault, there.open)
    pulls = PullService(services.database, monitor_connections, services.inventory.item_values)
    pulls.hosts(monitor_id)
    pulls.items(monitor_id)
    return PushService(services.database, monitor_connections, pulls)


def edit_host(services: Services, external_id: str, **changes: Any) -> int:
    host_id = int(hosts(services)[external_id]["id"])
    services.inventory.inventory.edit_host(host_id, changes, EDITOR)
    return host_id


def test_only_what_was_edited_here_is_written(
    services: Services, pushes: PushService, there: WritableSource, monitor_id: int
) -> None:
    host_id = edit_host(services, "1", display_name="网关")
    there.hosts_there[1] = replace(there.hosts_there[1], description="written there")
    assert pushes.host(monitor_id, host_id) == counts(1, updated=1)
    assert (there.hosts_there[1].display_name, there.hosts_there[1].description) == ("网关", "written there")
    host = hosts(services)["1"]
    assert (host["display_name"], host["description"]) == ("网关", "written there")


def test_a_field_that_was_changed_on_both_sides_is_a_conflict_that_shows_them(
    services: Services, pushes: PushService, there: WritableSource, monitor_id: int
) -> None:
    host_id = edit_host(services, "1", display_name="here", enabled=False)
    there.hosts_there[1] = replace(there.hosts_there[1], display_name="there", enabled=False)
    with pytest.raises(SourceConflict) as conflict:
        pushes.host(monitor_id, host_id)
    assert not conflict.value.retryable
    sides = "display_name is 'there' at the monitor, 'here' in nagare, and was '主机 1'"
    assert f"since the last pull: {sides}. Push with force" in str(conflict.value)
    assert there.hosts_there[1].display_name == "there"
    pushes.host(monitor_id, host_id, force=True)
    assert there.hosts_there[1].display_name == "here"
    pushes.host(monitor_id, host_id)


def test_an_item_is_pushed_by_the_same_rules(
    services: Services, pushes: PushService, there: WritableSource, monitor_id: int
) -> None:
    item = items(services)["2"]
    services.inventory.inventory.edit_item(item["id"], {"interval": "5m"}, EDITOR)
    there.items_there[2] = there.items_there[2]._replace(interval="30s", value="3")
    with pytest.raises(SourceConflict, match="interval is '30s' at the monitor, '5m' in nagare"):
        pushes.item(monitor_id, item["host_id"], item["id"])
    pushes.item(monitor_id, item["host_id"], item["id"], force=True)
    assert there.items_there[2].interval == "5m"
    assert items(services)["2"]["value"] == "3"


def test_what_is_gone_at_the_source_cannot_be_pushed(
    services: Services, pushes: PushService, there: WritableSource, monitor_id: int
) -> None:
    host_id = edit_host(services, "1", display_name="网关")
    del there.hosts_there[1]
    with pytest.raises(SourceRejected, match="no longer exists"):
        pushes.host(monitor_id, host_id, force=True)


@pytest.fixture
def new_host(services: Services, pushes: PushService, monitor_id: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return the id of a host that was made here."""
    monkeypatch.setattr(SimulatorConnector, "writable", True)
    fields = {
        "name": "new",
        "display_name": "新主机",
        "description": "",
        "enabled": True,
        "ip_addr": None,
        "groups": [],
    }
    return int(services.inventory.inventory.create_host(monitor_id, fields, EDITOR)["id"])


@pytest.fixture
def new_item(services: Services, new_host: int) -> int:
    """Return the id of an item of that host that was made here as well."""
    fields = {"name": "Load", "description": "", "enabled": True, "interval": "1m", "units": "%"}
    return int(
        services.inventory.inventory.create_item(new_host, fields | {"key": "load", "value_type": "float"}, EDITOR)[
            "id"
        ]
    )


def test_what_was_made_here_is_made_at_the_source_and_found_there_from_then_on(
    services: Services, pushes: PushService, there: WritableSource, monitor_id: int, new_host: int, new_item: int
) -> None:
    assert pushes.host(monitor_id, new_host)["seen"] == 1
    assert services.inventory.inventory.get_host(new_host)["external_id"] == "90"
    assert pushes.item(monitor_id, new_host, new_item)["seen"] == 1
    assert services.inventory.inventory.get_item(new_item)["external_id"] == "91"
    services.inventory.inventory.edit_host(new_host, {"display_name": "改名"}, EDITOR)
    pushes.host(monitor_id, new_host)
    assert [host.display_name for host in there.hosts_there if host.external_id == "90"] == ["改名"]


def test_a_pull_leaves_alone_what_is_not_at_the_source_yet(
    services: Services, pushes: PushService, there: WritableSource, monitor_id: int, new_host: int, new_item: int
) -> None:
    pulls = pushes._pulls
    assert pulls.hosts(monitor_id) == counts(4)
    assert pulls.items(monitor_id) == counts(8) | READ
    pushes.host(monitor_id, new_host)
    assert pulls.items(monitor_id, new_host) == counts(0) | READ
    assert (
        services.inventory.inventory.get_host(new_host)["status"]
        == services.inventory.inventory.get_item(new_item)["status"]
        == 1
    )


def test_a_pull_that_saw_the_new_host_first_leaves_one_of_them(
    services: Services, pushes: PushService, there: WritableSource, monitor_id: int, new_host: int
) -> None:
    create = there.create_host

    def create_while_a_pull_runs(host: NewHost) -> str:
        external_id = create(host)
        pushes._pulls.hosts(monitor_id)
        return external_id

    there.create_host = create_while_a_pull_runs  # type: ignore[method-assign]
    pushes.host(monitor_id, new_host)
    assert [host["id"] for host in hosts(services).values() if host["name"] == "new"] == [new_host]


def test_only_a_push_can_be_asked_of_what_is_not_at_the_source_yet(
    services: Services, by: Requester, monitor_id: int, new_host: int, new_item: int
) -> None:
    for pull in (PullHost, PullItems):
        with pytest.raises(Conflict, match="push it first"):
            services.ledger.submit.accept(by, pull(monitor_id=monitor_id, host_id=new_host))
    with pytest.raises(Conflict, match="push it first"):
        services.ledger.submit.accept(by, PushItem(monitor_id=monitor_id, host_id=new_host, item_id=new_item))
    assert services.ledger.submit.accept(by, PushHost(monitor_id=monitor_id, host_id=new_host)).startswith("push_host:")


def test_each_edit_that_changes_something_is_in_the_trail(services: Services, pushes: PushService) -> None:
    host_id = edit_host(services, "1", display_name="网关", enabled=True)
    edit_host(services, "1", display_name="网关")
    edit_host(services, "1", display_name="网关 2")
    entries = services.access.audit.list(PageRequest(limit=9)).items
    assert [(entry["before"], entry["after"]) for entry in entries] == [
        ({"display_name": "网关"}, {"display_name": "网关 2"}),
        ({"display_name": "主机 1"}, {"display_name": "网关"}),
    ]
    assert {(entry["username"], entry["object_type"], entry["object_id"]) for entry in entries} == {
        ("王芳", "host", host_id)
    }
