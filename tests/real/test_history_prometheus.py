"""The past values of a real Prometheus, which has scraped for some seconds."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from app import clock
from app.connectors.base import MonitorAccess, PastValue
from app.connectors.prometheus.connector import PrometheusConnector
from tests.cli.processes import wait_for

pytestmark = pytest.mark.real
HOUR = timedelta(hours=1)


@pytest.fixture
def connector(prometheus_url: str) -> Iterator[PrometheusConnector]:
    connector = PrometheusConnector(MonitorAccess(prometheus_url))
    yield connector
    connector.close()


def past(connector: PrometheusConnector, host: str, key: str, *, by_hour: bool) -> list[PastValue]:
    # Until an hour ahead, so that the hour that is not over is one of them.
    before = clock.now() + HOUR
    pages = connector.history(host, key, "gauge", before - 30 * HOUR, before, by_hour=by_hour)
    return [value for page in pages for value in page]


def test_the_past_of_a_series_is_what_prometheus_says(connector: PrometheusConnector, prometheus_url: str) -> None:
    hosts = [host.external_id for page in connector.hosts() for host in page.records]
    [node] = [host for host in hosts if host.startswith("node/")]
    wait_for(lambda: past(connector, node, "node_memory_MemTotal_bytes", by_hour=False), "a whole minute", 90)
    asked = {"query": 'node_memory_MemTotal_bytes{job="node"}'}
    answer = httpx.get(f"{prometheus_url}/api/v1/query", params=asked, trust_env=False).json()
    total = float(answer["data"]["result"][0]["value"][1])
    minutes = past(connector, node, "node_memory_MemTotal_bytes", by_hour=False)
    assert {value.last for value in minutes} == {total}
    [hour, *_] = past(connector, node, "node_memory_MemTotal_bytes", by_hour=True)
    assert (hour.lowest, hour.highest, hour.mean, hour.last) == (total,) * 4
    assert hour.count > 1 and hour.at.minute == 0
    collector = past(connector, node, 'node_scrape_collector_success{collector="cpu"}', by_hour=False)
    assert {value.last for value in collector} == {1.0}
    assert past(connector, node, "node_there_is_none", by_hour=False) == []
