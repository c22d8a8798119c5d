import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import islice
from pathlib import Path

import pytest

from app import clock
from app.connectors.base import HostEdit, HostRecord, ItemEdit, ItemRecord, MonitorAccess
from app.connectors.simulator.connector import SimulatorConnector
from app.errors import Invalid, SourceFailing, SourceReadOnly

ROOT = Path(__file__).parents[4]
NOON = datetime(2026, 11, 24, 12, 0, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


def simulate(query: str = "", name: str = "demo") -> SimulatorConnector:
    return SimulatorConnector(MonitorAccess(f"simulator://{name}{'?' if query else ''}{query}"))


def run_elsewhere(query: str, statement: str) -> subprocess.CompletedProcess[str]:
    """Run a statement on `simulator` in a process of its own."""
    program = f"""
from app.connectors.base import MonitorAccess
from app.connectors.simulator.connector import SimulatorConnector
simulator = SimulatorConnector(MonitorAccess("simulator://demo?{query}"))
{statement}
"""
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)


def all_hosts(connector: SimulatorConnector) -> list[HostRecord]:
    return [host for page in connector.hosts() for host in page.records]


def all_items(connector: SimulatorConnector) -> list[ItemRecord]:
    wanted = [host.external_id for host in all_hosts(connector)]
    return [item for page in connector.items(wanted) for item in page.records]


def test_the_default_fleet_has_22_hosts_of_15_items() -> None:
    connector = simulate()
    hosts, items = all_hosts(connector), all_items(connector)
    assert len({host.external_id for host in hosts}) == len({host.name for host in hosts}) == 22
    assert len({(item.host_external_id, item.external_id) for item in items}) == 22 * 15
    assert {item.host_external_id for item in items} == {host.external_id for host in hosts}
    assert all(host.enabled and host.error is None and host.groups for host in hosts)
    assert all(ip_address(host.ip_addr or "").is_private for host in hosts)
    assert any(host.display_name.startswith("上海-") for host in hosts)
    assert all(item.enabled and item.error is None and item.value and item.interval for item in items)
    assert {item.value_type for item in items} == {"float", "unsigned", "text"}


def test_two_processes_see_the_same_fleet() -> None:
    seen = run_elsewhere("hosts=3", "print([page.records for page in simulator.hosts()])")
    assert seen.stdout.strip() == str([page.records for page in simulate("hosts=3").hosts()])


def test_a_fleet_that_grows_keeps_its_hosts_and_items() -> None:
    small, large = simulate("hosts=3&items=4"), simulate("hosts=700&items=40")
    assert all_hosts(large)[:3] == all_hosts(small)
    assert [item for item in all_items(large)[: 3 * 40] if int(item.external_id) <= 4] == all_items(small)


def test_another_seed_or_name_is_another_fleet() -> None:
    fleets = [all_items(connector) for connector in (simulate(), simulate("seed=2"), simulate(name="other"))]
    values = [[item.value for item in fleet] for fleet in fleets]
    assert values[0] != values[1] != values[2] != values[0]


def test_a_value_stays_for_a_minute_of_the_clock_and_then_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    connector = simulate()
    before = all_items(connector)
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(seconds=50))
    assert all_items(connector) == before
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=1))
    after = all_items(connector)
    assert all(item.value_at == datetime(2026, 11, 24, 12, 1, tzinfo=UTC) for item in after)
    moved = sum(old.value != new.value for old, new in zip(before, after, strict=True))
    assert moved > len(before) / 2


def test_values_stay_in_their_range_all_day(monkeypatch: pytest.MonkeyPatch) -> None:
    for hour in range(24):
        monkeypatch.setattr(clock, "now", lambda moment=NOON + timedelta(hours=hour): moment)
        for item in all_items(simulate()):
            if item.units == "%":
                assert 0 < float(item.value or "") < 100
            if item.value_type == "unsigned":
                assert (item.value or "").isdigit()


def test_keys_of_a_host_are_unique_however_many_items_it_has() -> None:
    items = all_items(simulate("hosts=1&items=10000"))
    assert len({item.key for item in items}) == len({item.name for item in items}) == 10_000


def test_pages_hold_500_hosts_and_the_items_of_50() -> None:
    connector = simulate("hosts=1001&items=2")
    assert [(len(page.records), page.total) for page in connector.hosts()] == [(500, 1001), (500, 1001), (1, 1001)]
    pages = list(connector.items([str(number) for number in range(1, 102)]))
    assert [(len(page.host_external_ids), len(page.records)) for page in pages] == [(50, 100), (50, 100), (1, 2)]


def test_hosts_with_many_items_come_in_smaller_pages() -> None:
    pages = list(simulate("hosts=3&items=10000").items(["1", "2", "3"]))
    assert [len(page.records) for page in pages] == [10_000] * 3


def test_a_million_hosts_are_never_in_memory_at_once() -> None:
    first = next(simulate("hosts=1000000").hosts())
    assert (len(first.records), first.total) == (500, 1_000_000)
    [last] = simulate("hosts=1000000").hosts(["1000000"])
    assert ip_address(last.records[0].ip_addr or "").is_private


def test_only_the_hosts_that_are_asked_for_and_exist_are_given() -> None:
    [page] = simulate().hosts(["3", "22", "3", "23", "0", "03", "-1", "x", "", "٣", "9" * 5000])
    assert [host.external_id for host in page.records] == ["3", "22"]
    assert page.total == 2
    [items] = simulate("items=1").items(["3", "23"])
    assert (list(items.host_external_ids), [item.host_external_id for item in items.records]) == (["3", "23"], ["3"])


def test_a_fleet_may_be_empty() -> None:
    assert all_hosts(simulate("hosts=0")) == []
    [page] = simulate("items=0").items(["1"])
    assert (list(page.host_external_ids), list(page.records)) == (["1"], [])


def test_one_item_is_the_one_of_the_whole_fleet() -> None:
    connector = simulate()
    for item in islice(all_items(connector), 0, None, 37):
        assert connector.item(item.host_external_id, item.external_id) == item
    assert connector.item("1", "16") is None
    assert connector.item("23", "1") is None


def test_it_cannot_be_written_to() -> None:
    assert SimulatorConnector.writable is False
    with pytest.raises(SourceReadOnly):
        simulate().update_host("1", HostEdit("web", "Web", "", enabled=True))
    with pytest.raises(SourceReadOnly):
        simulate().update_item("1", ItemEdit("CPU", "", enabled=True, interval="1m", units="%"))


def test_check_returns_a_version() -> None:
    assert simulate().check() == "simulator 1"


def test_fail_is_retryable_on_every_call() -> None:
    connector = simulate("fail=1")
    for call in (
        connector.check,
        lambda: next(connector.hosts()),
        lambda: next(connector.items(["1"])),
        lambda: connector.item("1", "1"),
    ):
        with pytest.raises(SourceFailing) as failure:
            call()
        assert failure.value.retryable


def test_a_share_of_the_calls_fails_and_a_retry_can_pass() -> None:
    connector = simulate("fail=0.5")
    outcomes = set()
    for _ in range(200):
        try:
            outcomes.add(connector.check())
        except SourceFailing:
            outcomes.add("failed")
    assert outcomes == {"simulator 1", "failed"}


def test_hang_ends_only_by_a_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    naps: Iterator[None] = iter([None] * 100)

    def nap(_seconds: float) -> None:
        if next(naps, "over") == "over":
            raise TimeoutError("the task's time limit")

    monkeypatch.setattr(time, "sleep", nap)
    with pytest.raises(TimeoutError):
        simulate("hang=1").check()


def test_latency_is_slept_once_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    naps: list[float] = []
    monkeypatch.setattr(time, "sleep", naps.append)
    list(simulate("hosts=1001&latency_ms=250").hosts())
    assert naps == [0.25] * 3


def test_crash_kills_the_process_but_not_one_that_only_checks() -> None:
    ended = run_elsewhere("crash=1", "print(simulator.check(), flush=True); next(simulator.hosts())")
    assert (ended.stdout, ended.returncode) == ("simulator 1\n", -signal.SIGKILL)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("host=5", "host"),
        ("hosts=5&hosts=6", "hosts"),
        ("hosts=many", "hosts"),
        ("hosts=", "hosts"),
        ("hosts=-1", "hosts"),
        ("hosts=1.5", "hosts"),
        ("hosts=1000001", "hosts"),
        ("hosts=" + "9" * 5000, "hosts"),
        ("hosts=٣", "hosts"),
        ("items=10001", "items"),
        ("seed=-1", "seed"),
        ("seed=x", "seed"),
        ("latency_ms=-5", "latency_ms"),
        ("fail=1.01", "fail"),
        ("hang=-0.1", "hang"),
        ("crash=nan", "crash"),
        ("crash=", "crash"),
        ("fail=inf", "fail"),
    ],
)
def test_a_wrong_parameter_is_named(query: str, named: str) -> None:
    with pytest.raises(Invalid) as invalid:
        simulate(query)
    assert invalid.value.field == "url"
    assert named in str(invalid.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "simulator:",
        "simulator://",
        "simulator://?hosts=1",
        "simulator://demo/path",
        "simulator://demo?hosts",
        "simulator://demo#part",
        "simulator://user:password@demo",
        "simulator://[demo",
        "http://demo",
    ],
)
def test_an_address_that_is_no_simulator_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as invalid:
        SimulatorConnector(MonitorAccess(url))
    assert invalid.value.field == "url"


@pytest.mark.parametrize("share", ["0", "1", "1.0", "0.25", ".5"])
def test_shares_are_decimal_numbers(share: str) -> None:
    simulate(f"fail={share}&hang={share}&crash={share}")
