"""Many hosts a query, one host's failure, and hosts with very many series."""

from collections.abc import Sequence
from typing import Any

import pytest

from app.connectors.base import ItemPage, ItemRecord, MonitorAccess
from app.connectors.http.client import HttpLimits
from app.connectors.prometheus import connector as module
from app.connectors.prometheus.connector import PrometheusConnector
from app.errors import SourceFailing, SourceGarbled, SourceRefusedLogin, SourceRejected, SourceUnreachable
from tests.unit.connectors.prometheus.fake_prometheus import FakePrometheus, Refusal, series, success, target, vector

SIZE = "scrape_samples_post_metric_relabeling"


def fill(prometheus: FakePrometheus, hosts: int, metrics: int = 3, job: str = "node") -> list[str]:
    names = [f"web-{number:05}" for number in range(hosts)]
    prometheus.targets = [target(name, job) for name in names]
    prometheus.stored = [series(f"metric_{n}", str(n), name, job) for name in names for n in range(metrics)]
    prometheus.stored += [series(SIZE, str(metrics), name, job) for name in names]
    return [f"{job}/{name}" for name in names]


def too_many(words: str = "too many samples") -> Refusal:
    return Refusal(422, {"status": "error", "errorType": "execution", "error": words})


def read(connector: PrometheusConnector, wanted: Sequence[str]) -> tuple[list[ItemPage], dict[str, list[ItemRecord]]]:
    pages = list(connector.items(wanted))
    told = [host for page in pages if not page.continues for host in page.host_external_ids]
    assert sorted(told) == sorted(wanted)
    by_host: dict[str, list[ItemRecord]] = {host: [] for host in wanted}
    for page in pages:
        for item in page.records:
            by_host[item.host_external_id].append(item)
    return pages, by_host


def unreadable(pages: Sequence[ItemPage]) -> dict[str, str]:
    return {host: str(error) for page in pages for host, error in page.unreadable.items()}


def test_one_query_asks_for_many_hosts(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    wanted = fill(prometheus, 250)
    pages, items = read(connector, wanted)
    assert {len(own) for own in items.values()} == {4}
    assert len([query for query in prometheus.queries() if "instance=~" in query]) == 3
    assert all(len(page.records) <= 10_000 for page in pages)


def test_hosts_with_many_series_are_asked_for_in_smaller_groups(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    wanted = fill(prometheus, 10, metrics=2000)
    _, items = read(connector, wanted)
    assert {len(own) for own in items.values()} == {2001}
    assert len([query for query in prometheus.queries() if "instance=~" in query]) == 5


@pytest.mark.parametrize("instance", ["a.b+c|d:1", 'q"u\\o', "(x)[y]{z}^$*?", "磁盘 1", "line\nbreak", "web-01"])
def test_instances_of_any_text_are_asked_for_together(
    instance: str, prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.targets = [target(instance), target("other")]
    prometheus.stored = [series("one", instance=instance), series("two", instance="other"), series("x", instance="a")]
    _, items = read(connector, [f"node/{instance}", "node/other"])
    assert [[item.key for item in own] for own in items.values()] == [["one"], ["two"]]


def test_the_failure_of_one_host_is_its_own(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    wanted = fill(prometheus, 60)
    prometheus.refuses = lambda query: too_many() if "web-00017" in query and "vector" not in query else None
    pages, items = read(connector, wanted)
    assert unreadable(pages) == {wanted[17]: f"127.0.0.1:{port(prometheus)} returned HTTP 422: too many samples"}
    assert {host for host, own in items.items() if not own} == {wanted[17]}


def test_a_series_of_another_shape_makes_only_its_host_unreadable(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    wanted = fill(prometheus, 9)
    prometheus.stored.append({"metric": {"__name__": "bad", "instance": "web-00003", "job": "node"}, "value": [1, 2]})
    pages, _ = read(connector, wanted)
    assert [*unreadable(pages)] == [wanted[3]]


def test_a_host_that_does_not_answer_in_time_is_not_waited_for_again_and_again(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    wanted = fill(prometheus, 40)
    prometheus.refuses = lambda query: Refusal(408, "slow") if "web-00007" in query else None
    pages, items = read(connector, wanted)
    assert [*unreadable(pages)] == [wanted[7]]
    assert {host for host, own in items.items() if not own} == {wanted[7]}
    # Together, alone, and for its metric names.
    assert len([query for query in prometheus.queries() if "web-00007" in query]) == 3


@pytest.mark.parametrize(
    ("status", "expected", "most"),
    [(401, SourceRefusedLogin, 1), (403, SourceRefusedLogin, 1), (503, SourceFailing, 20), (422, SourceRejected, 160)],
)
def test_a_source_that_fails_as_a_whole_is_not_asked_for_each_host(
    status: int,
    expected: type[Exception],
    most: int,
    prometheus: FakePrometheus,
    connector: PrometheusConnector,
) -> None:
    wanted = fill(prometheus, 1000)
    list(connector.hosts())
    prometheus.refuses = lambda query: Refusal(status, "no") if "web-" in query else None
    prometheus.asked.clear()
    with pytest.raises(expected):
        list(connector.items(wanted))
    assert len(prometheus.asked) <= most + 6


def test_a_source_that_is_gone_is_not_asked_for_each_host(connector: PrometheusConnector) -> None:
    connector.close()
    with pytest.raises(SourceUnreachable):
        list(connector.items(["node/a"]))


def test_a_host_with_more_series_than_an_answer_may_have_comes_metric_by_metric(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    wanted = fill(prometheus, 3)
    prometheus.stored += [series(f"big_{n % 50}", instance="web-00001", path=f"/{n}") for n in range(30_000)]
    prometheus.stored += [series(SIZE, "30000", "web-00001", kind="big")]
    pages, items = read(connector, wanted)
    assert len(items[wanted[1]]) == 30_005
    assert max(len(page.records) for page in pages) <= 10_000
    assert unreadable(pages) == {}
    assert [page.continues for page in pages if wanted[1] in page.host_external_ids] == [True] * 7 + [False]


def test_a_limit_of_the_server_is_met_metric_by_metric(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    wanted = fill(prometheus, 2, metrics=1200)
    prometheus.max_series = 300
    prometheus.stored = [one for one in prometheus.stored if one["metric"]["__name__"] != SIZE]
    pages, items = read(connector, wanted)
    assert [len(own) for own in items.values()] == [1200, 1200]
    assert unreadable(pages) == {}
    assert prometheus.count("/api/v1/label/__name__/values") == 2


def test_one_metric_that_is_too_large_leaves_what_was_read(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    wanted = fill(prometheus, 1)
    prometheus.stored += [series("zz_big", instance="web-00000", path=f"/{n}") for n in range(500)]
    prometheus.max_series = 300
    pages, items = read(connector, wanted)
    assert {item.key for item in items[wanted[0]]} == {"metric_0", "metric_1", "metric_2", SIZE}
    assert "max number of series" in unreadable(pages)[wanted[0]]


def test_an_answer_of_too_many_bytes_is_asked_for_in_parts(
    prometheus: FakePrometheus, connector: PrometheusConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SERIES_LIMITS", HttpLimits(max_bytes=64 * 2**10))
    wanted = fill(prometheus, 20, metrics=500)
    with_limit = PrometheusConnector(MonitorAccess(prometheus.url))
    pages, items = read(with_limit, wanted)
    with_limit.close()
    assert {len(own) for own in items.values()} == {501}
    assert unreadable(pages) == {}


@pytest.mark.parametrize(
    "answer",
    [success(None), success([]), success({"up": "gauge"}), "<html>", {"status": "error", "errorType": "internal"}],
)
def test_metadata_that_cannot_be_read_leave_types_unknown(
    answer: Any, prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.answers["/api/v1/metadata"] = answer
    _, items = read(connector, fill(prometheus, 1))
    assert {item.value_type for own in items.values() for item in own} == {"unknown"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 503])
def test_a_server_without_metadata_and_buildinfo_is_read(
    status: int, prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.missing = {"/api/v1/metadata": status}
    if status < 500:
        prometheus.missing["/api/v1/status/buildinfo"] = status
        assert connector.check() == "unknown (no version in /api/v1/status/buildinfo)"
    _, items = read(connector, fill(prometheus, 1))
    assert len(items["node/web-00000"]) == 4


@pytest.mark.parametrize("answer", [success({}), success({"version": ""}), "<html>"])
def test_a_server_that_does_not_say_its_version_is_checked_by_a_query(
    answer: Any, prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.answers["/api/v1/status/buildinfo"] = answer
    assert connector.check().startswith("unknown")
    prometheus.missing["/api/v1/query"] = 404
    if answer != success({"version": ""}):
        with pytest.raises(SourceGarbled):
            connector.check()


def test_what_a_partial_answer_lacks_is_not_gone(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    wanted = fill(prometheus, 2)
    prometheus.warnings = ["a store is unreachable"]
    assert all(page.is_partial for page in connector.hosts())
    assert all(page.is_partial for page in connector.items(wanted))


def test_one_series_is_asked_for_by_its_key(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    fill(prometheus, 2)
    prometheus.stored.append(series("disk", "7", "web-00001", device="sda"))
    list(connector.hosts())
    prometheus.asked.clear()
    item = connector.item("node/web-00001", 'disk{device="sda"}')
    assert item is not None and item.value == "7"
    assert prometheus.queries() == ['disk{device="sda",instance="web-00001",job="node"}']


def port(prometheus: FakePrometheus) -> str:
    return prometheus.url.rpartition(":")[2]


def test_an_empty_answer_has_no_items(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    prometheus.answers["/api/v1/query"] = vector([])
    assert read(connector, ["node/10.0.0.1:9100"])[1] == {"node/10.0.0.1:9100": []}
