import signal
import threading
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from app.connectors.base import HostRecord, ItemRecord, MonitorAccess
from app.connectors.prometheus.connector import PrometheusConnector
from app.connectors.registry import open_connector
from app.errors import (
    Invalid,
    SourceFailing,
    SourceGarbled,
    SourceReadOnly,
    SourceRefusedLogin,
    SourceRejected,
    SourceUnreachable,
)
from tests.unit.connectors.prometheus.fake_prometheus import MOMENT, FakePrometheus, series, success, target


def only_host(connector: PrometheusConnector) -> HostRecord:
    [page] = connector.hosts()
    [host] = page.records
    return host


def items_of(connector: PrometheusConnector, *external_ids: str) -> dict[str, ItemRecord]:
    return {item.key: item for page in connector.items(external_ids) for item in page.records}


def read_items(connector: PrometheusConnector) -> None:
    """Read the items of a host as a pull of this host does."""
    for page in connector.items(["node/10.0.0.1:9100"]):
        for error in page.unreadable.values():
            raise error


def test_check_returns_the_version(connector: PrometheusConnector) -> None:
    assert connector.check() == "2.42.0+ds"


def test_a_target_is_a_host(connector: PrometheusConnector) -> None:
    assert only_host(connector) == HostRecord(
        external_id="node/10.0.0.1:9100",
        name="10.0.0.1:9100",
        display_name="10.0.0.1:9100 (node)",
        ip_addr="10.0.0.1",
        groups=("node",),
        labels={"instance": "10.0.0.1:9100", "job": "node"},
    )


def test_other_labels_describe_the_host(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    prometheus.targets = [target("web-01", labels={"zone": "上海", "env": "prod", "nodename": "web 一号"})]
    host = only_host(connector)
    assert host.display_name == "web 一号"
    assert host.description == "env=prod, nodename=web 一号, zone=上海"


def test_a_target_that_is_down_is_a_host_in_error(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    words = 'Get "http://10.0.0.1:9100/metrics": dial tcp 10.0.0.1:9100: connect: connection refused'
    prometheus.targets = [target(health="down", lastError=words)]
    assert only_host(connector).error == words


def test_a_target_that_is_down_without_a_reason_is_still_in_error(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.targets = [target(health="down")]
    assert only_host(connector).error


def test_a_target_not_yet_scraped_is_not_in_error(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    prometheus.targets = [target(health="unknown")]
    assert only_host(connector).error is None


def test_two_paths_of_one_target_are_one_host_in_error_if_either_is(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.targets = [target(), target(health="down", lastError="no such page"), target()]
    assert only_host(connector).error == "no such page"


def test_the_same_instance_in_two_jobs_is_two_hosts(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    prometheus.targets = [target(job="a/b"), target(job="a"), target(job="")]
    [page] = connector.hosts()
    assert [host.external_id for host in page.records] == ["/10.0.0.1:9100", "a%2Fb/10.0.0.1:9100", "a/10.0.0.1:9100"]
    assert [host.groups for host in page.records] == [(), ("a/b",), ("a",)]
    assert page.records[0].display_name == "10.0.0.1:9100"


@pytest.mark.parametrize(
    ("instance", "scrape_url", "ip_addr"),
    [
        ("10.0.0.1:9100", "http://10.0.0.1:9100/metrics", "10.0.0.1"),
        ("web-01", "http://10.0.0.2:9100/metrics", "10.0.0.2"),
        ("web-01:9100", "http://web-01:9100/metrics", None),
        ("[2001:db8::1]:9100", "http://[2001:db8::1]:9100/metrics", "2001:db8::1"),
        ("https://shop.example", "http://10.0.0.3:9115/probe?target=https%3A%2F%2Fshop.example", None),
        ("10.0.0.4", "http://10.0.0.3:9116/snmp?target=10.0.0.4", "10.0.0.4"),
        ("[broken", "http://[broken/metrics", None),
        ("web-01", "", None),
    ],
)
def test_the_address_is_the_targets_own(
    instance: str, scrape_url: str, ip_addr: str | None, prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.targets = [target(instance, scrapeUrl=scrape_url)]
    assert only_host(connector).ip_addr == ip_addr


def test_a_long_identity_is_cut_and_stays_unique(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    prometheus.targets = [target("x" * 600 + "1"), target("x" * 600 + "2")]
    [page] = connector.hosts()
    one, two = (host.external_id for host in page.records)
    assert len(one) == len(two) == 500
    assert one != two
    assert one.startswith("node/xxx")
    for n in "12":
        instance = "x" * 600 + n
        prometheus.series[f'{{instance="{instance}",job="node"}}'] = [series("up", instance=instance)]
    for host in (one, two):
        assert [item.host_external_id for item in items_of(connector, host).values()] == [host]


def test_pages_hold_500_hosts(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    prometheus.targets = [target(f"web-{number}:9100") for number in range(1001)]
    assert [(len(page.records), page.total) for page in connector.hosts()] == [(500, 1001), (500, 1001), (1, 1001)]


def test_only_the_hosts_that_are_asked_for_and_exist_are_given(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.targets = [target("a"), target("b"), target("c")]
    [page] = connector.hosts(["node/c", "node/gone", "node/a", "node/c"])
    assert ([host.name for host in page.records], page.total) == (["c", "a"], 2)
    assert list(connector.hosts(["node/gone"])) == []


def test_a_series_is_an_item(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    selector = '{instance="10.0.0.1:9100",job="node"}'
    prometheus.series = {selector: [series("node_memory_free", "1.5e+09", numa="0", zone="DMA")]}
    assert list(items_of(connector, "node/10.0.0.1:9100").values()) == [
        ItemRecord(
            host_external_id="node/10.0.0.1:9100",
            external_id='node_memory_free{numa="0",zone="DMA"}',
            name="node_memory_free numa=0, zone=DMA",
            key='node_memory_free{numa="0",zone="DMA"}',
            value="1.5e+09",
            value_type="gauge",
            units="bytes",
            description="Free memory.",
            interval="15s",
            value_at=datetime(2026, 11, 24, 1, 53, 51, 779000, UTC),
        )
    ]


def test_keys_are_canonical_and_escaped(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    odd = series("node_load1", b='a\\b"c\nd', a="", Z="1")
    utf8 = series("my.metric", **{"my.label": "x"})
    prometheus.series = {'{instance="10.0.0.1:9100",job="node"}': [odd, utf8, series("up")]}
    assert list(items_of(connector, "node/10.0.0.1:9100")) == [
        'node_load1{Z="1",a="",b="a\\\\b\\"c\\nd"}',
        '{"my.metric","my.label"="x"}',
        "up",
    ]


def test_the_query_escapes_what_the_labels_hold(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    prometheus.targets = [target('a\\b"c\nd', job='j"')]
    list(connector.items([only_host(connector).external_id]))
    assert prometheus.asked[-1][1] == {"query": ['{instance="a\\\\b\\"c\\nd",job="j\\""}']}


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "0", "1e-320", "18446744073709551616"])
def test_values_are_kept_as_they_were_sent(
    value: str, prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.series = {'{instance="10.0.0.1:9100",job="node"}': [series("node_load1", value)]}
    assert items_of(connector, "node/10.0.0.1:9100")["node_load1"].value == value


@pytest.mark.parametrize(
    ("metric", "value_type", "description"),
    [
        ("node_load1", "gauge", "1m load average."),
        ("http_seconds_bucket", "histogram", "Latency."),
        ("http_seconds_count", "histogram", "Latency."),
        ("gc_seconds_sum", "summary", "Collections."),
        ("gc_seconds", "summary", "Collections."),
        ("requests_total", "counter", "Requests."),
        ("node_load1_count", "unknown", ""),
        ("up", "unknown", ""),
        ("odd", "unknown", "Odd."),
    ],
)
def test_a_series_is_described_by_its_family(
    metric: str, value_type: str, description: str, prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.series = {'{instance="10.0.0.1:9100",job="node"}': [series(metric)]}
    [item] = items_of(connector, "node/10.0.0.1:9100").values()
    assert (item.value_type, item.description) == (value_type, description)


def test_a_native_histogram_shows_its_count_and_sum(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    histogram = series("http_seconds")
    del histogram["value"]
    histogram["histogram"] = [MOMENT, {"count": "5", "sum": "18.4", "buckets": [[0, "1", "2", "5"]]}]
    prometheus.series = {'{instance="10.0.0.1:9100",job="node"}': [histogram]}
    assert items_of(connector, "node/10.0.0.1:9100")["http_seconds"].value == "{count:5,sum:18.4}"


def test_a_series_of_another_target_is_no_item(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    strangers = [series("up1", instance="other"), series("up2", job="other"), {"metric": {}, "value": [1, "1"]}]
    prometheus.series = {'{instance="10.0.0.1:9100",job="node"}': [*strangers, series("up3")]}
    assert list(items_of(connector, "node/10.0.0.1:9100")) == ["up3"]


def test_every_host_that_was_asked_for_is_in_a_page_once(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.targets = [target(f"web-{number}") for number in range(9)]
    prometheus.series = {
        f'{{instance="web-{number}",job="node"}}': [series("up", instance=f"web-{number}"), series("down")]
        for number in range(9)
    }
    wanted = ["node/gone", *(f"node/web-{number}" for number in range(9)), "node/web-3"]
    pages = list(connector.items(wanted))
    assert [name for page in pages for name in page.host_external_ids] == wanted[:-1]
    for page in pages:
        assert {item.host_external_id for item in page.records} == {*page.host_external_ids} - {"node/gone"}


def test_targets_and_families_are_asked_for_once(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    prometheus.targets = [target(f"web-{number}") for number in range(9)]
    wanted = [host.external_id for page in connector.hosts() for host in page.records]
    list(connector.items(wanted))
    connector.item(wanted[0], "up")
    assert prometheus.count("/api/v1/targets") == prometheus.count("/api/v1/metadata") == 1
    # `up`, the numbers of series, all of the nine hosts at once; then one item, and its host because it is not there.
    assert prometheus.count("/api/v1/query") == 5


def test_one_item_is_found_by_its_external_id(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    long = "y" * 600
    prometheus.series = {'{instance="10.0.0.1:9100",job="node"}': [series("up"), series("node_load1", "7", path=long)]}
    [_, cut] = items_of(connector, "node/10.0.0.1:9100").values()
    assert len(cut.external_id) == 500 < len(cut.key)
    assert connector.item("node/10.0.0.1:9100", cut.external_id) == cut
    assert connector.item("node/10.0.0.1:9100", "gone") is None
    assert connector.item("node/gone", "up") is None


def test_a_time_limit_does_not_sit_out_the_answers(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    prometheus.targets = [target("web", f"job {number}") for number in range(4)]
    wanted = [host.external_id for page in connector.hosts() for host in page.records]
    prometheus.go_on.clear()
    prometheus.answered = 0

    def stop(_signal: int, _frame: object) -> None:
        raise TimeoutError("the task's time limit")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(TimeoutError):
            next(connector.items(wanted))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert prometheus.answered == 0
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPoolExecutor")]


CALLS: list[tuple[str, Callable[[PrometheusConnector], object]]] = [
    ("/api/v1/targets", lambda connector: list(connector.hosts())),
    ("/api/v1/query", read_items),
]


@pytest.mark.parametrize(("path", "call"), CALLS)
@pytest.mark.parametrize(
    ("error_type", "expected"),
    [
        ("timeout", SourceFailing),
        ("unavailable", SourceFailing),
        ("internal", SourceFailing),
        ("bad_data", SourceRejected),
        ("execution", SourceRejected),
        (["?"], SourceRejected),
    ],
)
def test_an_error_is_told_in_prometheus_own_words(
    path: str,
    call: Callable[[PrometheusConnector], object],
    error_type: object,
    expected: type[Exception],
    prometheus: FakePrometheus,
    connector: PrometheusConnector,
) -> None:
    prometheus.answers[path] = {"status": "error", "errorType": error_type, "error": "query timed out in 磁盘"}
    with pytest.raises(expected, match="query timed out in 磁盘"):
        call(connector)


@pytest.mark.parametrize(("path", "call"), CALLS)
@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "text",
        {},
        {"status": "success"},
        {"status": ["success"], "data": {}},
        success(None),
        success([]),
        success({"version": 2, "activeTargets": {}, "resultType": "vector", "result": None}),
        success({"activeTargets": [None], "resultType": "matrix", "result": []}),
        success({"activeTargets": [{"labels": None}], "resultType": "vector", "result": [None]}),
        success({"activeTargets": [target("")], "resultType": "vector", "result": [{"metric": {"a": 1}}]}),
        success({"activeTargets": [target(health=1)], "resultType": "vector", "result": [{"metric": []}]}),
        success({"activeTargets": [target(lastError=None, health="down")], "metric": [{"type": "gauge", "help": 1}]}),
        success({"activeTargets": [target(labels={"a": None})], "metric": []}),
        success({"activeTargets": [target(scrapeInterval=15)], "metric": [{"type": None}]}),
        success({"activeTargets": "x", "metric": "x"}),
    ],
)
def test_an_answer_of_another_shape_is_garbled(
    path: str,
    call: Callable[[PrometheusConnector], object],
    answer: object,
    prometheus: FakePrometheus,
    connector: PrometheusConnector,
) -> None:
    prometheus.answers[path] = answer
    with pytest.raises(SourceGarbled):
        call(connector)


@pytest.mark.parametrize(
    "value",
    [None, [], [MOMENT], [MOMENT, 1], [MOMENT, None], ["now", "1"], [True, "1"], [1e300, "1"], [MOMENT, "1", "2"], "1"],
)
@pytest.mark.parametrize("member", ["value", "histogram"])
def test_a_sample_of_another_shape_is_garbled(
    member: str, value: object, prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    broken = series("up")
    del broken["value"]
    broken[member] = value
    prometheus.series = {'{instance="10.0.0.1:9100",job="node"}': [broken]}
    with pytest.raises(SourceGarbled):
        read_items(connector)


def test_the_token_is_sent_as_a_bearer(prometheus: FakePrometheus) -> None:
    with open_connector("prometheus", MonitorAccess(prometheus.url, "u", "p", "t0ken")) as connector:
        connector.check()
    assert prometheus.asked[-1][2] == "Bearer t0ken"


def test_the_password_is_sent_as_basic_authentication(prometheus: FakePrometheus) -> None:
    with open_connector("prometheus", MonitorAccess(prometheus.url, "运维", "p:w")) as connector:
        connector.check()
    assert prometheus.asked[-1][2] == f"Basic {b64encode('运维:p:w'.encode()).decode()}"


def test_without_credentials_none_are_sent(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    connector.check()
    assert prometheus.asked[-1][2] is None


@pytest.mark.parametrize(
    ("access", "field"),
    [
        (MonitorAccess("http://127.0.0.1:9090", api_token="two words"), "api_token"),
        (MonitorAccess("http://127.0.0.1:9090", api_token="密钥"), "api_token"),
        (MonitorAccess("http://127.0.0.1:9090", api_token="line\nbreak"), "api_token"),
        (MonitorAccess("http://127.0.0.1:9090", password="alone-4711"), "username"),
        (MonitorAccess("http://127.0.0.1:9090", username="a:b", password="alone-4711"), "username"),
        (MonitorAccess("ftp://127.0.0.1"), "url"),
    ],
)
def test_an_access_that_cannot_be_right_is_refused(access: MonitorAccess, field: str) -> None:
    with pytest.raises(Invalid) as invalid:
        PrometheusConnector(access)
    assert invalid.value.field == field
    assert not any(secret in str(invalid.value) for secret in (access.api_token, access.password) if secret)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, SourceRejected),
        (404, SourceRejected),
        (422, SourceRejected),
        (503, SourceFailing),
    ],
)
def test_an_http_error_keeps_prometheus_own_words(
    status: int, expected: type[Exception], prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.status = status
    prometheus.answers["/api/v1/targets"] = {"status": "error", "errorType": "bad_data", "error": "too many samples"}
    with pytest.raises(expected, match="too many samples"):
        next(connector.hosts())


@pytest.mark.parametrize("status", [401, 403])
def test_of_a_refused_login_no_words_are_told(
    status: int, prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.status = status
    prometheus.answers["/api/v1/targets"] = {"status": "error", "errorType": "bad_data", "error": "too many samples"}
    with pytest.raises(SourceRefusedLogin, match=f"returned HTTP {status}$"):
        next(connector.hosts())


def test_a_server_that_is_gone_is_unreachable() -> None:
    with (
        open_connector("prometheus", MonitorAccess("http://127.0.0.1:1")) as connector,
        pytest.raises(SourceUnreachable) as unreachable,
    ):
        connector.check()
    assert unreachable.value.retryable


def test_it_cannot_be_written_to(connector: PrometheusConnector) -> None:
    assert PrometheusConnector.writable is False
    with pytest.raises(SourceReadOnly):
        connector.update_host("node/10.0.0.1:9100", None)  # type: ignore[arg-type]
    with pytest.raises(SourceReadOnly):
        connector.update_item("up", None)  # type: ignore[arg-type]


def test_the_hosts_come_in_one_order_whatever_the_order_of_the_targets(prometheus: FakePrometheus) -> None:
    prometheus.targets = [target("b:1"), target("a:1")]
    ids = []
    for _ in range(2):
        with open_connector("prometheus", MonitorAccess(prometheus.url)) as connector:
            ids.append([record.external_id for page in connector.hosts() for record in page.records])
        prometheus.targets.reverse()
    assert ids == [["node/a:1", "node/b:1"]] * 2
