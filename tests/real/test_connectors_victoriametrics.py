"""The Prometheus connector against a real VictoriaMetrics: its own targets, and what was sent to it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from app.connectors.base import AlertPage, Completeness, HostRecord, ItemRecord, MonitorAccess, alert_page
from app.connectors.prometheus.targets import DOWN
from app.connectors.registry import open_connector
from app.errors import SourceFailing
from tests.cli.processes import wait_for
from tests.real.victoriametrics_servers import VictoriaMetrics, Vmalert

pytestmark = pytest.mark.real

SENT = [
    'up{job="sent",instance="10.0.0.1:9100",zone="a"} 1',
    'up{job="sent",instance="web-02:9100"} 0',
    'node_load1{job="sent",instance="10.0.0.1:9100"} 0.5',
    'free_bytes{job="sent",instance="10.0.0.1:9100",path="磁盘 \\"a\\""} 7',
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VictoriaMetrics]:
    server = VictoriaMetrics(tmp_path_factory.mktemp("victoriametrics"))
    server.send(SENT)
    dark = "dark/127.0.0.1:1"
    wait_for(lambda: (dark, "up") in items_of(server.url, dark), "a first scrape")
    wait_for(lambda: "sent/web-02:9100" in hosts_of(server.url), "what was sent")
    yield server
    server.kill()


def hosts_of(url: str) -> dict[str, HostRecord]:
    with open_connector("prometheus", MonitorAccess(url)) as connector:
        return {host.external_id: host for page in connector.hosts() for host in page.records}


def items_of(url: str, *hosts: str) -> Mapping[tuple[str, str], ItemRecord]:
    with open_connector("prometheus", MonitorAccess(url)) as connector:
        pages = [*connector.items(hosts)]
    assert not any(page.unreadable or page.is_partial for page in pages)
    return {(item.host_external_id, item.key): item for page in pages for item in page.records}


def first_alerts(url: str) -> AlertPage:
    with open_connector("prometheus", MonitorAccess(url)) as connector:
        return next(map(alert_page, connector.alerts()), AlertPage([]))


@pytest.mark.parametrize("path", ["", "/prometheus"])
def test_its_targets_and_what_was_sent_are_hosts(path: str, server: VictoriaMetrics) -> None:
    hosts = hosts_of(server.url + path)
    vm = f"vm/127.0.0.1:{server.port}"
    assert [*hosts] == sorted(["dark/127.0.0.1:1", "sent/10.0.0.1:9100", "sent/web-02:9100", vm])
    assert hosts["sent/web-02:9100"].error == DOWN
    assert "connection refused" in (hosts["dark/127.0.0.1:1"].error or "")
    assert (hosts["sent/10.0.0.1:9100"].error, hosts["sent/10.0.0.1:9100"].ip_addr) == (None, "10.0.0.1")


def test_series_of_all_hosts_are_items(server: VictoriaMetrics) -> None:
    items = items_of(server.url, *hosts_of(server.url))
    assert items["sent/10.0.0.1:9100", "node_load1"].value == "0.5"
    assert items["sent/10.0.0.1:9100", 'free_bytes{path="磁盘 \\"a\\""}'].value == "7"
    assert items["dark/127.0.0.1:1", "up"].value == "0"
    # It keeps no metadata in the version of Debian.
    assert {item.value_type for item in items.values()} == {"unknown"}


def test_one_series_is_found_again(server: VictoriaMetrics) -> None:
    with open_connector("prometheus", MonitorAccess(server.url)) as connector:
        item = connector.item("sent/10.0.0.1:9100", 'free_bytes{path="磁盘 \\"a\\""}')
        assert item is not None and item.value == "7"
        assert connector.item("sent/10.0.0.1:9100", "gone") is None


def test_it_does_not_say_its_version(server: VictoriaMetrics) -> None:
    with open_connector("prometheus", MonitorAccess(server.url)) as connector:
        assert connector.check() == "unknown (no version in /api/v1/status/buildinfo)"


def test_without_a_vmalert_an_empty_list_says_little(tmp_path: Path) -> None:
    server = VictoriaMetrics(tmp_path, scrapes=False, has_vmalert=False)
    try:
        server.send(['up{job="pods",instance="pod-1"} 1'])
        assert first_alerts(server.url).completeness is Completeness.DOUBTFUL
    finally:
        server.kill()


def test_without_up_hosts_are_the_pairs_of_all_series_and_many_series_come_in_pages(tmp_path: Path) -> None:
    server = VictoriaMetrics(tmp_path, scrapes=False)
    try:
        lines = (f'big_{n % 40}{{job="huge",instance="h1",n="{n}"}} {n}' for n in range(30_000))
        server.send(
            [
                *lines,
                'small{job="huge",instance="h2"} 1',
                'scrape_samples_post_metric_relabeling{job="huge",instance="h1"} 30000',
            ]
        )
        wait_for(lambda: [*hosts_of(server.url)] == ["huge/h1", "huge/h2"], "both hosts")
        with open_connector("prometheus", MonitorAccess(server.url)) as connector:
            pages = [*connector.items(["huge/h1", "huge/h2"])]
        assert sum(len(page.records) for page in pages) == 30_002
        assert max(len(page.records) for page in pages) <= 10_000
        assert not any(page.unreadable for page in pages)
    finally:
        server.kill()


def test_alerts_are_those_of_vmalert(server: VictoriaMetrics, tmp_path: Path) -> None:
    with pytest.raises(SourceFailing, match="HTTP 502"):
        first_alerts(server.url)
    rule: dict[str, object] = {"alert": "SentDown", "expr": 'up{job="sent"} == 0', "labels": {"severity": "page"}}
    vmalert = Vmalert(tmp_path, server, [rule])
    try:
        wait_for(lambda: len(first_alerts(server.url).records) == 1, "the alert to fire")
        [report] = first_alerts(server.url).records
        assert report.labels["instance"] == "web-02:9100"
    finally:
        vmalert.kill()
