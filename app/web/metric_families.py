"""The counters of all processes as Prometheus metric families."""

from collections.abc import Iterable, Mapping

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

from app.metrics import METRICS
from app.metrics_registry import SUM, Field, Histogram


def families(sums: Mapping[Field, float]) -> Iterable[Metric]:
    """Yield a family for each metric, including empty ones; ignore fields of other versions."""
    by_name: dict[str, dict[Field, float]] = {}
    for (name, *rest), amount in sums.items():
        by_name.setdefault(name, {})[tuple(rest)] = amount
    for measure in METRICS:
        amounts = by_name.get(measure.name, {})
        if isinstance(measure, Histogram):
            yield _histogram(measure, amounts)
        else:
            counter = CounterMetricFamily(measure.name, measure.help, labels=measure.labels)
            for labels, amount in sorted((dict.fromkeys(measure.known, 0.0) | amounts).items()):
                if len(labels) == len(measure.labels):
                    counter.add_metric(labels, amount)
            yield counter


def _histogram(measure: Histogram, amounts: Mapping[Field, float]) -> Metric:
    histogram = HistogramMetricFamily(measure.name, measure.help, labels=measure.labels)
    for labels in sorted({field[:-1] for field in amounts if len(field) == len(measure.labels) + 1}):
        buckets, count = [], 0.0
        for bound in measure.bounds:
            count += amounts.get((*labels, bound), 0)
            buckets.append((bound, count))
        histogram.add_metric(labels, buckets, amounts.get((*labels, SUM), 0))
    return histogram
