"""Converts the responses of Prometheus's API to records; any unexpected shape is SourceGarbled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from app.connectors.answers import cut
from app.connectors.base import ItemRecord
from app.connectors.prometheus.promql import make_key, make_name
from app.errors import SourceGarbled
from app.rules.alerts.prometheus_labels import fit_external_id

METRIC_TYPES = ("counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset", "untyped", "unknown")
# Prometheus has metadata per metric family, whose name differs from that of some of its series.
FAMILY_SUFFIXES = {
    "_bucket": ("histogram", "gaugehistogram"),
    "_sum": ("histogram", "summary"),
    "_count": ("histogram", "summary"),
    "_gsum": ("gaugehistogram",),
    "_gcount": ("gaugehistogram",),
    "_total": ("counter",),
    "_created": ("counter", "histogram", "summary"),
    "_info": ("info",),
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Family:
    """The metadata of a metric family."""

    type: str = "unknown"
    unit: str = ""
    help: str = ""


def read_version(data: object) -> str:
    """Return the version from `/api/v1/status/buildinfo`."""
    return read_member(data, "version", str)


def read_families(data: object) -> dict[str, Family]:
    """Return `/api/v1/metadata` by name; if targets disagree on a metric, the first one counts."""
    if not isinstance(data, dict):
        raise garbled("metadata")
    families: dict[str, Family] = {}
    for name, entries in data.items():
        if not isinstance(entries, list) or not entries:
            raise garbled("metadata")
        type_ = read_member(entries[0], "type", str)
        families[name] = Family(
            type_ if type_ in METRIC_TYPES else "unknown",
            cut(optional_text(entries[0], "unit")),
            cut(optional_text(entries[0], "help")),
        )
    return families


def read_vector(data: object) -> Sequence[object]:
    """Return the series of an instant query's result. Raises SourceGarbled if it is of another type."""
    if read_member(data, "resultType", str) != "vector":
        raise garbled("resultType")
    return read_member(data, "result", list)


def read_counts(data: object, *names: str) -> dict[tuple[str, ...], int]:
    """Return the values of a query's series by those of these labels; one that is no number is left out."""
    counts: dict[tuple[str, ...], int] = {}
    for series in read_vector(data):
        labels, value = read_labels(series, "metric"), read_member(series, "value", list)
        if len(value) == 2 and isinstance(value[1], str) and value[1].isdecimal() and len(value[1]) < 10:
            counts[tuple(labels.get(name, "") for name in names)] = int(value[1])
    return counts


def make_item(
    labels: dict[str, str], series: object, host_external_id: str, interval: str, families: Mapping[str, Family]
) -> ItemRecord:
    """Return a series as an item of a host; `labels` are its own, without those of the host. Raises SourceGarbled."""
    metric = labels.pop("__name__", "")
    family = _find_family(metric, families)
    key = make_key(metric, labels)
    value, value_at = _read_sample(series)
    return ItemRecord(
        host_external_id=host_external_id,
        external_id=fit_external_id(key),
        name=cut(make_name(metric, labels)),
        key=cut(key),
        value=cut(value),
        value_type=family.type,
        units=family.unit,
        description=family.help,
        interval=interval,
        value_at=value_at,
    )


def _read_sample(series: object) -> tuple[str, datetime]:
    """Return a series' value and the time of its evaluation.

    A native histogram has no single value: its count and sum are used instead, in the text format's notation.
    """
    is_histogram = isinstance(series, dict) and "histogram" in series
    sample = read_member(series, "histogram" if is_histogram else "value", list)
    if len(sample) != 2 or isinstance(sample[0], bool) or not isinstance(sample[0], int | float):
        raise garbled("value")
    try:
        moment = datetime.fromtimestamp(sample[0], UTC)
    except (ValueError, OverflowError, OSError):
        raise garbled("value") from None
    if is_histogram:
        return f"{{count:{read_member(sample[1], 'count', str)},sum:{read_member(sample[1], 'sum', str)}}}", moment
    if not isinstance(sample[1], str):
        raise garbled("value")
    return sample[1], moment


def _find_family(metric: str, families: Mapping[str, Family]) -> Family:
    if metric in families:
        return families[metric]
    for suffix, types in FAMILY_SUFFIXES.items():
        family = families.get(metric.removesuffix(suffix))
        if family and family.type in types:
            return family
    return Family()


def read_labels(tree: object, name: str) -> dict[str, str]:
    """Return a member that is a set of labels."""
    labels = read_member(tree, name, dict)
    if not all(isinstance(value, str) for value in labels.values()):
        raise garbled(name)
    return dict(labels)


def optional_text(tree: object, name: str) -> str:
    """Return a member that some versions of Prometheus leave out. Raises SourceGarbled if it is no text."""
    return read_member(tree, name, str) if isinstance(tree, dict) and name in tree else ""


def read_member(tree: object, name: str, kind: type[T]) -> T:
    """Return a member of a response. Raises SourceGarbled if it is missing or has the wrong type."""
    value = tree.get(name) if isinstance(tree, dict) else None
    if not isinstance(value, kind):
        raise garbled(name)
    return value


def garbled(name: str) -> SourceGarbled:
    """Return the error of a response without this member, or with one of another type."""
    return SourceGarbled(f"Prometheus returned an unexpected response: {name} is missing or has the wrong type")
