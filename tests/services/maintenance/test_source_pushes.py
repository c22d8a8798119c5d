"""What monitors are told of windows: when, again after failures, and how it is taken back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.composition import Services
from app.connectors.base import MonitorAccess
from app.errors import Conflict, Invalid, SourceFailing
from app.rules.maintenance.source_maintenance import SourceMaintenance
from app.services.access.audit import Editor
from app.services.inventory.monitor_connections import MonitorConnections
from app.services.maintenance.push_planner import PushPlanner
from app.services.maintenance.source_pushes import SourcePushes
from app.store.database.pages import PageRequest
from app.store.database.vault import Vault
from tests.services.conftest import Time, add_user

ALL = PageRequest(limit=500)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Source:
    """An Alertmanager in memory; the connector to it is itself."""

    def __init__(self, services: Services) -> None:
        self.services = services
        fields = {"name": "am", "type": "alertmanager", "url": "http://am.example:9093"}
        self.monitor_id = int(services.inventory.monitors.create(fields)["id"])
        self.has: dict[str, SourceMaintenance] = {}
        self.fails = False
        self.meanwhile: Any = None
        connections = MonitorConnections(services.database, Vault("a secret for tests"), self.open)
        outbox = services.ledger.outbox
        planner, dead_letters = PushPlanner(outbox), services.ledger.dead_letters
        self.pushes = SourcePushes(services.database, connections, outbox, planner, dead_letters)

    @contextmanager
    def open(self, _type: str, _access: MonitorAccess) -> Iterator[Any]:
        yield self

    def set_maintenance(self, mark: str, wanted: SourceMaintenance | None) -> list[str]:
        if self.fails:
            raise SourceFailing("am.example returned HTTP 500")
        if wanted:
            self.has[mark] = wanted
        else:
            self.has.pop(mark, None)
        if self.meanwhile:
            change, self.meanwhile = self.meanwhile, None
            change()
        return [f"id of {mark}"] if wanted else []

    def tasks(self, state: str = "queued") -> list[Any]:
        return list(self.services.ledger.tasks.list(ALL, type="push_maintenance", state=state).items)

    def run(self) -> int:
        """Run the queued tasks as a worker does; return how many."""
        tasks = self.tasks()
        for task in tasks:
            claim = self.services.ledger.lifecycle.begin(task["task_id"], "worker@here/1")
            assert claim is not None
            try:
                result = self.pushes.push(**claim.params)
            except SourceFailing as error:
                self.services.ledger.lifecycle.fail(claim, error)
            else:
                self.services.ledger.lifecycle.succeed(claim, result)
        return len(tasks)

    def begins(self) -> list[datetime]:
        return [one.starts_at for each in self.has.values() for one in each.periods]


@pytest.fixture
def source(services: Services) -> Source:
    return Source(services)


@pytest.fixture
def editor(services: Services) -> Editor:
    return Editor(add_user(services, "王伟"), "王伟")


@pytest.fixture
def fields(source: Source, time: Time) -> dict[str, Any]:
    times = {"starts_at": time.now, "ends_at": time.now + HOUR, "rrule": "FREQ=DAILY"}
    return {"name": "重启", "comment": "", "monitor_id": source.monitor_id, "push_to_source": True, **times}


def shown(services: Services, window_id: int) -> Any:
    found = services.maintenance.windows.get(window_id)["at_source"]
    return found[0] if found else None


def test_a_window_is_told_and_its_end_is_taken_back(
    services: Services, source: Source, fields: dict[str, Any], time: Time, editor: Editor
) -> None:
    window = services.maintenance.windows.create(fields, editor)
    assert shown(services, window["id"])["state"] == "waiting"
    [task] = source.tasks()
    assert task["params"] == {"monitor_id": source.monitor_id, "window_id": window["id"]}
    assert source.run() == 1
    [(mark, told)] = source.has.items()
    assert mark.startswith(f"nagare #{window['id']}-")
    assert (told.name, source.begins()) == ("重启", [time.now])
    assert shown(services, window["id"])["state"] == "done"
    assert shown(services, window["id"])["external_ids"] == [f"id of {mark}"]
    services.maintenance.windows.delete(window["id"], editor)
    assert source.run() == 1
    assert source.has == {}
    services.recovery.tick("leader")
    assert source.tasks() == []


def test_the_leader_tells_each_occurrence_shortly_before_it_begins(
    services: Services, source: Source, fields: dict[str, Any], time: Time, editor: Editor
) -> None:
    first = time.now
    services.maintenance.windows.create(fields, editor)
    source.run()
    time.now = first + 2 * HOUR
    services.recovery.tick("leader")
    source.run()
    assert source.has == {}
    time.now = first + DAY - HOUR
    services.recovery.tick("leader")
    assert source.tasks() == []
    time.now = first + DAY - HOUR / 4
    services.recovery.tick("leader")
    source.run()
    assert source.begins() == [first + DAY]


def test_a_change_reaches_the_source_and_leaving_it_out_takes_it_back(
    services: Services, source: Source, fields: dict[str, Any], time: Time, editor: Editor
) -> None:
    window = services.maintenance.windows.create(fields, editor)
    source.run()
    services.maintenance.windows.update(window["id"], {"match": '{team="pay"}'}, editor)
    source.run()
    [told] = source.has.values()
    assert [(one.name, one.value) for one in told.matcher_sets[0]] == [("team", "pay")]
    time.now += HOUR / 2
    services.maintenance.windows.end(window["id"], editor)
    source.run()
    assert source.has == {}
    services.maintenance.windows.update(window["id"], {"starts_at": time.now, "ends_at": time.now + HOUR}, editor)
    source.run()
    assert len(source.has) == 1
    services.maintenance.windows.update(window["id"], {"push_to_source": False}, editor)
    source.run()
    assert (source.has, shown(services, window["id"])) == ({}, None)


def test_a_change_while_the_source_is_told_is_told_by_the_same_task(
    services: Services, source: Source, fields: dict[str, Any], editor: Editor
) -> None:
    window = services.maintenance.windows.create(fields, editor)
    source.meanwhile = lambda: services.maintenance.windows.update(window["id"], {"name": "新名字"}, editor)
    assert source.run() == 1
    assert [told.name for told in source.has.values()] == ["新名字"]
    assert (source.tasks(), shown(services, window["id"])["state"]) == ([], "done")


def test_a_failure_is_shown_and_a_later_change_asks_again(
    services: Services, source: Source, fields: dict[str, Any], time: Time, editor: Editor
) -> None:
    window = services.maintenance.windows.create(fields, editor)
    source.fails = True
    for _ in range(4):
        source.run()
        time.pass_by(60)
        services.recovery.tick("leader")
    failed = shown(services, window["id"])
    assert (failed["state"], failed["error"]) == ("failed", "am.example returned HTTP 500")
    assert failed["attempts"] == len(source.tasks("dead")) * 4 == 4
    source.fails = False
    services.maintenance.windows.update(window["id"], {"push_to_source": True}, editor)
    assert source.run() == 1
    assert (shown(services, window["id"])["state"], shown(services, window["id"])["error"]) == ("done", None)


def test_a_repeated_task_does_the_same_and_one_for_what_is_gone_does_nothing(
    services: Services, source: Source, fields: dict[str, Any], editor: Editor
) -> None:
    window = services.maintenance.windows.create(fields, editor)
    source.run()
    source.pushes.push(window["id"], source.monitor_id)
    assert len(source.has) == 1
    assert source.pushes.push(999, source.monitor_id) == {"external_ids": []}


def test_a_disabled_monitor_is_not_told(
    services: Services, source: Source, fields: dict[str, Any], editor: Editor
) -> None:
    window = services.maintenance.windows.create(fields, editor)
    services.inventory.monitors.update(source.monitor_id, {"enabled": False})
    with pytest.raises(Conflict, match="disabled"):
        source.pushes.push(window["id"], source.monitor_id)
    with pytest.raises(Invalid, match="is disabled") as refused:
        services.maintenance.windows.update(window["id"], {"push_to_source": True}, editor)
    assert refused.value.field == "push_to_source"
    services.maintenance.windows.update(window["id"], {"push_to_source": False}, editor)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"match": '{alert.severity="critical"}'}, "match", "cannot be told to am"),
        ({"group": "没有"}, "push_to_source", "No monitor that can be told"),
    ],
)
def test_what_the_source_cannot_say_is_refused(
    services: Services, fields: dict[str, Any], editor: Editor, changes: Any, field: str, words: str
) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        services.maintenance.windows.create({**fields, **changes}, editor)
    assert refused.value.field == field
    assert services.maintenance.windows.list(ALL).items == []


def test_a_monitor_that_cannot_be_told_is_refused(
    services: Services, fields: dict[str, Any], monitor_id: int, editor: Editor, time: Time
) -> None:
    with pytest.raises(Invalid, match="it is of type simulator"):
        services.maintenance.windows.create({**fields, "monitor_id": monitor_id}, editor)
    prometheus = {"name": "prom", "type": "prometheus", "url": "http://prom.example:9090"}
    prometheus_id = services.inventory.monitors.create(prometheus)["id"]
    with pytest.raises(Invalid, match="has no alertmanager_urls"):
        services.maintenance.windows.create({**fields, "monitor_id": prometheus_id}, editor)
    zabbix = {"name": "zbx", "type": "zabbix", "url": "http://zbx.example", "api_token": "t" * 64}
    zabbix_id = services.inventory.monitors.create(zabbix)["id"]
    short = {"monitor_id": zabbix_id, "ends_at": time.now + timedelta(minutes=4)}
    with pytest.raises(Invalid, match="zbx knows no maintenance of less than 5 minutes") as refused:
        services.maintenance.windows.create({**fields, **short}, editor)
    assert refused.value.field == "ends_at"


def test_a_window_without_a_monitor_is_told_to_those_that_can_be_told(
    services: Services, source: Source, fields: dict[str, Any], monitor_id: int, editor: Editor
) -> None:
    made = services.maintenance.windows.create({**fields, "monitor_id": None, "match": '{team="pay"}'}, editor)
    assert [each["monitor_id"] for each in made["at_source"]] == [source.monitor_id]
    assert monitor_id != source.monitor_id
