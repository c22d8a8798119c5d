"""Hosts of systems that answer as a Prometheus but have no targets, and hosts behind one target."""

import pytest

from app.connectors.base import HostRecord, MonitorAccess
from app.connectors.prometheus.connector import PrometheusConnector
from app.connectors.prometheus.targets import DOWN
from app.errors import SourceFailing, SourceRejected
from tests.unit.connectors.prometheus.fake_prometheus import FakePrometheus, Refusal, series, success, target

CONFIG = """global:
  scrape_interval: 15s
scrape_configs:
- job_name: federation
  honor_labels: true
  honor_timestamps: true
  metrics_path: /federate
- job_name: node
  honor_timestamps: true
"""


def fresh(prometheus: FakePrometheus) -> PrometheusConnector:
    return PrometheusConnector(MonitorAccess(prometheus.url))


def hosts_of(connector: PrometheusConnector) -> dict[str, HostRecord]:
    return {host.external_id: host for page in connector.hosts() for host in page.records}


def keys_of(connector: PrometheusConnector, *hosts: str) -> list[str]:
    pages = [*connector.items(hosts)]
    assert not any(page.unreadable for page in pages)
    return [item.key for page in pages for item in page.records]


@pytest.fixture
def without_targets(prometheus: FakePrometheus) -> FakePrometheus:
    prometheus.targets = []
    prometheus.stored = [
        series("up", "1", "web-01:9100", zone="a"),
        series("up", "0", "web-02:9100", zone="b"),
        series("node_load1", "3", "web-01:9100", zone="a"),
    ]
    return prometheus


@pytest.mark.parametrize("status", [None, 400, 403, 404, 405, 422])
def test_hosts_come_from_up_where_there_are_no_targets(
    status: int | None, without_targets: FakePrometheus, connector: PrometheusConnector
) -> None:
    if status:
        without_targets.missing["/api/v1/targets"] = status
    hosts = hosts_of(connector)
    assert hosts["node/web-01:9100"] == HostRecord(
        external_id="node/web-01:9100",
        name="web-01:9100",
        display_name="web-01:9100 (node)",
        description="zone=a",
        groups=("node",),
        labels={"instance": "web-01:9100", "job": "node", "zone": "a"},
    )
    assert hosts["node/web-02:9100"].error == DOWN
    assert keys_of(connector, "node/web-01:9100") == ['up{zone="a"}', 'node_load1{zone="a"}']


def test_a_host_has_one_identity_as_a_target_and_by_up(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.stored = [series("up")]
    listed = hosts_of(connector)
    prometheus.targets = []
    assert [*hosts_of(fresh(prometheus))] == [*listed] == ["node/10.0.0.1:9100"]


def test_hosts_come_from_all_series_where_there_is_no_up(
    without_targets: FakePrometheus, connector: PrometheusConnector
) -> None:
    alone = {"metric": {"__name__": "alone"}, "value": [1, "1"]}
    without_targets.stored = [
        *(series("pushed", "1", "p1", "batch"), series("total", "2", "", "batch"), series("bare", "3", "sensor", "")),
        alone,
    ]
    hosts = hosts_of(connector)
    assert {id: (host.name, host.groups) for id, host in hosts.items()} == {
        "/sensor": ("sensor", ()),
        "batch/": ("batch", ("batch",)),
        "batch/p1": ("p1", ("batch",)),
    }
    assert keys_of(connector, *hosts) == ["bare", "total", "pushed"]


def test_federated_instances_and_pushed_groups_are_hosts_too(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.config = CONFIG
    prometheus.targets = [target("far:9090", "federation", scrapePool="federation"), target(scrapePool="node")]
    prometheus.stored = [
        *(series("up", "1", "far:9090", "federation"), series("up")),
        *(series("requests", "5", "shop-1", "shop"), series("job:requests:rate5m", "9", "", "shop")),
        series("node_rule", "1", ""),
    ]
    hosts = hosts_of(connector)
    assert [*hosts] == ["federation/far:9090", "node/10.0.0.1:9100", "shop/", "shop/shop-1"]
    assert keys_of(connector, "shop/", "shop/shop-1") == ["job:requests:rate5m", "requests"]
    assert 'count by (job, instance) ({__name__!="",job!~"node"})' in prometheus.queries()


def test_without_kept_labels_the_series_are_not_counted(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.config = CONFIG.replace("true", "false", 1)
    prometheus.targets = [target("far:9090", "federation", scrapePool="federation")]
    assert [*hosts_of(connector)] == ["federation/far:9090"]
    assert prometheus.queries() == ["up"]


@pytest.mark.parametrize("status", [500, 503, 408])
def test_hosts_are_partial_while_the_configuration_fails(
    status: int, prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.missing["/api/v1/status/config"] = status
    [page] = connector.hosts()
    assert page.is_partial


def test_targets_are_partial_where_queries_are_refused(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.refuses = lambda query: Refusal(422, "no")
    [page] = connector.hosts()
    assert (len(page.records), page.is_partial) == (1, True)


def test_a_server_without_anything_is_told_by_its_targets(
    without_targets: FakePrometheus, connector: PrometheusConnector
) -> None:
    without_targets.stored = []
    assert hosts_of(connector) == {}
    without_targets.missing["/api/v1/targets"] = 404
    with pytest.raises(SourceRejected, match="HTTP 404"):
        hosts_of(fresh(without_targets))


def test_a_limit_of_series_without_up_is_told(without_targets: FakePrometheus, connector: PrometheusConnector) -> None:
    without_targets.stored = [series(f"m{n}", instance=f"i{n}") for n in range(9)]
    without_targets.max_series = 3
    with pytest.raises(SourceRejected, match="max number of series limit"):
        hosts_of(connector)


def test_up_that_cannot_be_asked_for_fails_the_pull(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    prometheus.refuses = lambda query: Refusal(503, "no")
    with pytest.raises(SourceFailing):
        hosts_of(connector)


def test_victoriametrics_own_targets_and_what_was_pushed_to_it(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    own = target("vm:8428", "vm", scrapePool="vm")
    del own["scrapeInterval"]
    prometheus.targets = [own]
    prometheus.config = "scrape_configs:\n- job_name: vm\n"
    prometheus.answers = {"/api/v1/metadata": success({}), "/api/v1/status/buildinfo": success({})}
    prometheus.stored = [series("up", "1", "vm:8428", "vm"), series("up", "1", "agent:9100", "node")]
    assert [*hosts_of(connector)] == ["node/agent:9100", "vm/vm:8428"]
    assert connector.check().startswith("unknown")


def test_a_partial_answer_of_victoriametrics_is_partial(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.answers["/api/v1/query"] = success({"resultType": "vector", "result": []}) | {"isPartial": True}
    assert [page.is_partial for page in connector.hosts()] == [True]
    prometheus.targets = []
    with pytest.raises(SourceFailing, match="partial"):
        hosts_of(fresh(prometheus))
