"""The Prometheus connector against a real Prometheus; what is expected is read from its exporters, past Prometheus."""

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from app import clock
from app.connectors.base import Connector, HostRecord, ItemRecord, MonitorAccess
from app.connectors.prometheus.promql import make_key
from app.connectors.registry import open_connector
from app.errors import SourceRejected

pytestmark = pytest.mark.real

# A line of an exporter's page: metric{labels} value
SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$", re.MULTILINE)


@pytest.fixture
def connector(prometheus_url: str) -> Iterator[Connector]:
    with open_connector("prometheus", MonitorAccess(prometheus_url)) as connector:
        yield connector


def all_hosts(connector: Connector) -> dict[str, HostRecord]:
    return {host.external_id: host for page in connector.hosts() for host in page.records}


def items_of(connector: Connector, *hosts: str) -> dict[tuple[str, str], ItemRecord]:
    return {(item.host_external_id, item.key): item for page in connector.items(hosts) for item in page.records}


def host_of_job(connector: Connector, job: str) -> HostRecord:
    [host] = [host for host in all_hosts(connector).values() if host.groups == (job,)]
    return host


def test_check_returns_prometheus_version(connector: Connector, prometheus_url: str) -> None:
    page = httpx.get(f"{prometheus_url}/metrics", trust_env=False).text
    [version] = re.findall(r'prometheus_build_info\{.*[{,]version="([^"]+)"', page)
    assert connector.check() == version


def test_the_five_instances_are_hosts_and_the_dark_two_are_in_error(connector: Connector) -> None:
    hosts = all_hosts(connector)
    assert {host.groups[0] for host in hosts.values()} == {"prometheus", "node", "alertmanager", "dark"}
    assert all(host.external_id == f"{host.groups[0]}/{host.name}" for host in hosts.values())
    assert {host.ip_addr for host in hosts.values()} == {"127.0.0.1"}
    words = 'Get "http://{0}/metrics": dial tcp {0}: connect: connection refused'
    dark = ("127.0.0.1:1", "127.0.0.1:2")
    assert {host.name: host.error for host in hosts.values() if host.error} == {
        name: words.format(name) for name in dark
    }
    assert len(hosts) == 5


def test_node_exporters_series_are_its_items(connector: Connector) -> None:
    node = host_of_job(connector, "node")
    items = items_of(connector, node.external_id)
    page = httpx.get(f"http://{node.name}/metrics", trust_env=False).text
    metrics = {metric for metric, _, _ in SAMPLE.findall(page)}
    mine = {re.split("[{]", item.key)[0] for item in items.values()}
    # Prometheus adds series of its own to each target: its reachability and its scrapes, the alerts about it.
    assert metrics <= mine
    assert {name for name in mine - metrics if not name.startswith(("scrape_", "ALERTS"))} == {"up"}

    uname = next(labels for metric, labels, _ in SAMPLE.findall(page) if metric == "node_uname_info")
    info = items[node.external_id, f"node_uname_info{{{uname}}}"]
    assert (info.value, info.value_type) == ("1", "gauge")
    assert info.description == "Labeled system information as provided by the uname system call."
    [total] = [value for metric, _, value in SAMPLE.findall(page) if metric == "node_memory_MemTotal_bytes"]
    memory = items[node.external_id, "node_memory_MemTotal_bytes"]
    assert float(memory.value or "") == float(total)
    assert memory.interval == "1s"
    assert memory.value_at is not None
    assert abs(clock.now() - memory.value_at) < timedelta(minutes=1)
    assert items[node.external_id, 'node_scrape_collector_success{collector="cpu"}'].value == "1"
    assert items[node.external_id, "up"].value == "1"


def test_a_dark_target_has_the_series_that_say_so(connector: Connector) -> None:
    dark = [host.external_id for host in all_hosts(connector).values() if host.error]
    items = items_of(connector, *dark)
    assert [items[host, "up"].value for host in dark] == ["0", "0"]


def test_all_items_of_all_hosts_are_those_of_each_host_alone(connector: Connector) -> None:
    hosts = list(all_hosts(connector))
    together = items_of(connector, *hosts)
    assert {host for host, _ in together} == set(hosts)
    # Only of targets that other requests do not change, as they do Prometheus's own counters.
    for host in hosts:
        if not host.startswith("prometheus/"):
            alone = items_of(connector, host)
            assert set(alone) == {key for key in together if key[0] == host}
            assert len({item.external_id for item in alone.values()}) == len(alone)


def test_families_of_every_type_are_recognised(connector: Connector) -> None:
    items = items_of(connector, host_of_job(connector, "prometheus").external_id)
    types = {key.partition("{")[0]: item.value_type for (_, key), item in items.items()}
    assert types["prometheus_http_requests_total"] == "counter"
    assert types["prometheus_http_request_duration_seconds_bucket"] == "histogram"
    assert types["go_gc_duration_seconds"] == types["go_gc_duration_seconds_sum"] == "summary"
    assert types["go_goroutines"] == "gauge"
    assert types["up"] == "unknown"


def test_values_that_are_no_numbers_are_kept(connector: Connector) -> None:
    items = items_of(connector, host_of_job(connector, "prometheus").external_id)
    assert "NaN" in {item.value for item in items.values()}


def test_one_item_is_found_again(connector: Connector) -> None:
    node = host_of_job(connector, "node").external_id
    item = connector.item(node, "node_memory_MemTotal_bytes")
    assert item is not None
    assert item.value == items_of(connector, node)[node, "node_memory_MemTotal_bytes"].value
    assert connector.item(node, "no_such_series") is None
    assert connector.item("node/gone", "up") is None


@pytest.mark.parametrize("label", ['a"b', "a\\b", "a\nb", "a\tb\rc\x07", "磁盘", "'`{}", '\\"'])
def test_prometheus_understands_selectors_and_keys_with_any_text(label: str, prometheus_url: str) -> None:
    # `label_replace` hands the text back as Prometheus understood it; in its replacement a $ would have a meaning.
    key = make_key("up", {"odd": label})
    query = f'label_replace(vector(1), "odd", {key.removeprefix("up{odd=").removesuffix("}")}, "", "") or {key}'
    answer = httpx.get(f"{prometheus_url}/api/v1/query", params={"query": query}, trust_env=False).json()
    assert [series["metric"] for series in answer["data"]["result"]] == [{"odd": label}]


def test_a_path_that_is_not_prometheus_is_rejected(prometheus_url: str) -> None:
    access = MonitorAccess(f"{prometheus_url}/nothing/here")
    with open_connector("prometheus", access) as connector, pytest.raises(SourceRejected):
        connector.check()
