"""The past values of series, by range queries."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.connectors.base import MonitorAccess, PastValue
from app.connectors.prometheus.connector import PrometheusConnector
from app.connectors.prometheus.history import HOURLY
from app.connectors.prometheus.promql import with_labels
from app.errors import SourceGarbled
from app.rules.alerts.prometheus_labels import fit_external_id
from tests.unit.connectors.prometheus.fake_prometheus import FakePrometheus, series, success

HOST = "node/10.0.0.1:9100"
OF_TARGET = '{instance="10.0.0.1:9100",job="node"}'
NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PATH = "/api/v1/query_range"


def matrix(*found: Any) -> Any:
    return success({"resultType": "matrix", "result": list(found)})


def past(values: list[Any], **labels: str) -> Any:
    return {"metric": {"instance": "10.0.0.1:9100", "job": "node", **labels}, "values": values}


def second(at: datetime) -> int:
    return int(at.timestamp())


@pytest.fixture
def connector(prometheus: FakePrometheus) -> Iterator[PrometheusConnector]:
    connector = PrometheusConnector(MonitorAccess(prometheus.url))
    yield connector
    connector.close()


def read(connector: PrometheusConnector, key: str, span: timedelta, *, by_hour: bool = False) -> list[PastValue]:
    pages = connector.history(HOST, key, "gauge", NOON - span, NOON, by_hour=by_hour)
    return [value for page in pages for value in page]


def asked(prometheus: FakePrometheus) -> list[dict[str, str]]:
    return [{name: texts[0] for name, texts in params.items()} for path, params, _ in prometheus.asked if path == PATH]


def test_values_are_read_at_each_minute_of_one_grid(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    first = second(NOON - HOUR) + 60
    values = [[first, "1.5"], [first + 60, "NaN"], [first + 120, "-2e3"]]
    prometheus.answers[PATH] = matrix(past([[1, "9"]], mode="idle"), past(values))
    start = timedelta(minutes=59, seconds=40)
    times = (datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(first + 120, UTC))
    assert read(connector, "node_load1", start) == [
        PastValue.single(times[0], 1.5),
        PastValue.single(times[1], -2e3),
    ]
    [query] = asked(prometheus)
    assert query == {
        "query": f"node_load1{OF_TARGET}",
        "start": str(first),
        "end": str(second(NOON)),
        "step": "60",
    }


def test_a_query_stays_below_prometheus_limit_of_steps(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.answers[PATH] = matrix()
    assert read(connector, "node_load1", 168 * HOUR) == []
    spans = [(int(query["start"]), int(query["end"])) for query in asked(prometheus)]
    assert all((end - start) // 60 < 11_000 for start, end in spans)
    assert [start for start, _ in spans[1:]] == [end + 60 for _, end in spans[:-1]]
    assert (spans[0][0], spans[-1][1]) == (second(NOON - 168 * HOUR), second(NOON))


def test_hours_are_summed_up_by_prometheus(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    ends = (second(NOON - HOUR), second(NOON))
    numbers = dict(zip(HOURLY, (4.0, 1.0, 3.0, 2.0, 2.5), strict=True))
    answers = {
        f"{call}(node_load1{OF_TARGET}[1h])": matrix(past([[end, str(numbers[name])] for end in ends]))
        for name, call in HOURLY.items()
    }
    usual = prometheus.answer
    prometheus.answer = (  # type: ignore[method-assign]
        lambda path, params: answers[params["query"][0]] if path == PATH else usual(path, params)
    )
    assert read(connector, "node_load1", 2 * HOUR, by_hour=True) == [
        PastValue(NOON - 2 * HOUR, 4, 1.0, 3.0, 2.0, 2.5),
        PastValue(NOON - HOUR, 4, 1.0, 3.0, 2.0, 2.5),
    ]


def test_a_series_with_a_long_key_is_found_by_it(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    prometheus.answers[PATH] = matrix()
    prometheus.series[OF_TARGET] = [series("node_load1", path="x" * 600)]
    key = f'node_load1{{path="{"x" * 600}"}}'
    assert read(connector, fit_external_id(key), HOUR) == []
    assert asked(prometheus)[0]["query"] == with_labels(key, {"instance": "10.0.0.1:9100", "job": "node"})
    prometheus.series.clear()
    assert read(connector, fit_external_id(key), HOUR) == []
    assert len(asked(prometheus)) == 1, "it is gone"


def test_an_unknown_host_has_no_past(prometheus: FakePrometheus, connector: PrometheusConnector) -> None:
    assert [*connector.history("node/gone:1", "up", "gauge", NOON - HOUR, NOON, by_hour=False)] == []
    assert asked(prometheus) == []


@pytest.mark.parametrize(
    ("key", "selector"),
    [
        ("up", '{instance="a"}'),
        ('up{mode="idle"}', '{mode="idle",instance="a"}'),
        ('{"温度",x="1"}', '{"温度",x="1",instance="a"}'),
        ("{}", '{instance="a"}'),
    ],
)
def test_a_key_becomes_the_selector_of_one_series(key: str, selector: str) -> None:
    assert with_labels(key, {"instance": "a"}).removeprefix("up") == selector


@pytest.mark.parametrize(
    "data",
    [
        {"resultType": "vector", "result": []},
        {"resultType": "matrix"},
        {"resultType": "matrix", "result": [1]},
        *(
            {"resultType": "matrix", "result": [past(values)]}
            for values in ([1], [[1]], [["x", "1"]], [[1, 1]], [[1, "x"]], [[1e99, "1"]], [[None, "1"]])
        ),
        {"resultType": "matrix", "result": [{"metric": {}, "values": {}}]},
        None,
    ],
)
def test_what_is_no_past_is_garbled(prometheus: FakePrometheus, connector: PrometheusConnector, data: Any) -> None:
    prometheus.answers[PATH] = success(data)
    with pytest.raises(SourceGarbled):
        read(connector, "up", HOUR)


def test_a_native_histogram_has_no_single_past_value(
    prometheus: FakePrometheus, connector: PrometheusConnector
) -> None:
    prometheus.answers[PATH] = matrix({"metric": {}, "histograms": [[1, {"count": "1"}]]})
    assert read(connector, "up", HOUR) == []
