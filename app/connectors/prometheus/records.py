"""Converts the responses of Prometheus's API to records; any unexpected shape is SourceGarbled."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

from app.connectors.base import MAX_NAME, MAX_TEXT, HostRecord, ItemRecord
from app.connectors.prometheus.promql import make_key, make_name, make_selector
from app.errors import SourceGarbled
from app.rules.alerts.alert_bounds import bounded_labels
from app.rules.alerts.prometheus_labels import fit_external_id, host_external_id, list_labels

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
class Target:
    """A scrape target, as a host; its series have the labels `job` and `instance`."""

    host: HostRecord
    job: str
    instance: str
    interval: str

    @property
    def selector(self) -> str:
        """The PromQL selector of all the target's series."""
        return make_selector({"instance": self.instance, "job": self.job})


@dataclass(frozen=True, slots=True)
class Family:
    """The metadata of a metric family."""

    type: str = "unknown"
    unit: str = ""
    help: str = ""


def read_version(data: object) -> str:
    """Return the version from `/api/v1/status/buildinfo`."""
    return read_member(data, "version", str)


def read_targets(data: object) -> dict[str, Target]:
    """Return the active targets of `/api/v1/targets` by external id; those with equal job and instance are merged."""
    targets: dict[str, Target] = {}
    for entry in read_member(data, "activeTargets", list):
        target = _read_target(entry)
        known = targets.setdefault(target.host.external_id, target)
        if known.host.error is None and target.host.error is not None:
            host = replace(known.host, error=target.host.error)
            targets[host.external_id] = replace(known, host=host)
    return targets


def read_families(data: object) -> dict[str, Family]:
    """Return `/api/v1/metadata` by name; if targets disagree on a metric, the first one counts."""
    if not isinstance(data, dict):
        raise _garbled("metadata")
    families: dict[str, Family] = {}
    for name, entries in data.items():
        if not isinstance(entries, list) or not entries:
            raise _garbled("metadata")
        type_ = read_member(entries[0], "type", str)
        families[name] = Family(
            type_ if type_ in METRIC_TYPES else "unknown",
            cut(_text(entries[0], "unit")),
            cut(_text(entries[0], "help")),
        )
    return families


def read_items(data: object, target: Target, families: Mapping[str, Family]) -> list[ItemRecord]:
    """Return the result of an instant query as the target's items, without series of other targets."""
    if read_member(data, "resultType", str) != "vector":
        raise _garbled("resultType")
    items: dict[str, ItemRecord] = {}
    for series in read_member(data, "result", list):
        labels = read_labels(series, "metric")
        if labels.pop("instance", "") == target.instance and labels.pop("job", "") == target.job:
            item = _make_item(labels, series, target, families)
            items[item.external_id] = item
    return list(items.values())


def _read_target(entry: object) -> Target:
    labels = read_labels(entry, "labels")
    instance, job = labels.pop("instance", ""), labels.pop("job", "")
    if not instance:
        raise _garbled("instance")
    is_down = read_member(entry, "health", str) == "down"
    host = HostRecord(
        external_id=host_external_id(job, instance),
        name=cut(instance, MAX_NAME),
        display_name=cut(labels.get("nodename") or (f"{instance} ({job})" if job else instance), MAX_NAME),
        description=cut(list_labels(labels)),
        ip_addr=_find_ip(instance, _text(entry, "scrapeUrl")),
        groups=(cut(job, MAX_NAME),) if job else (),
        error=(cut(_text(entry, "lastError")) or "The target is down") if is_down else None,
        labels=bounded_labels({"instance": instance, "job": job, **labels}),
    )
    return Target(host, job, instance, cut(_text(entry, "scrapeInterval")))


def _make_item(labels: dict[str, str], series: object, target: Target, families: Mapping[str, Family]) -> ItemRecord:
    metric = labels.pop("__name__", "")
    family = _find_family(metric, families)
    key = make_key(metric, labels)
    value, value_at = _read_sample(series)
    return ItemRecord(
        host_external_id=target.host.external_id,
        external_id=fit_external_id(key),
        name=cut(make_name(metric, labels)),
        key=cut(key),
        value=cut(value),
        value_type=family.type,
        units=family.unit,
        description=family.help,
        interval=target.interval,
        value_at=value_at,
    )


def _read_sample(series: object) -> tuple[str, datetime]:
    """Return a series' value and the time of its evaluation.

    A native histogram has no single value: its count and sum are used instead, in the text format's notation.
    """
    is_histogram = isinstance(series, dict) and "histogram" in series
    sample = read_member(series, "histogram" if is_histogram else "value", list)
    if len(sample) != 2 or isinstance(sample[0], bool) or not isinstance(sample[0], int | float):
        raise _garbled("value")
    try:
        moment = datetime.fromtimestamp(sample[0], UTC)
    except (ValueError, OverflowError, OSError):
        raise _garbled("value") from None
    if is_histogram:
        return f"{{count:{read_member(sample[1], 'count', str)},sum:{read_member(sample[1], 'sum', str)}}}", moment
    if not isinstance(sample[1], str):
        raise _garbled("value")
    return sample[1], moment


def _find_family(metric: str, families: Mapping[str, Family]) -> Family:
    if metric in families:
        return families[metric]
    for suffix, types in FAMILY_SUFFIXES.items():
        family = families.get(metric.removesuffix(suffix))
        if family and family.type in types:
            return family
    return Family()


def _find_ip(instance: str, scrape_url: str) -> str | None:
    """Return the target's IP address, if it is known."""
    addresses = [instance if "://" in instance else f"//{instance}"]
    try:
        # A probe (blackbox, SNMP) is scraped at the exporter's address, not the target's.
        if "target" not in parse_qs(urlsplit(scrape_url).query):
            addresses.append(scrape_url)
    except ValueError:
        pass
    for address in addresses:
        try:
            return str(ip_address((urlsplit(address).hostname or "").partition("%")[0]))
        except ValueError:
            continue
    return None


def cut(text: str, longest: int = MAX_TEXT) -> str:
    """Return a text cut to a length that people can read and an index can hold."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def read_labels(tree: object, name: str) -> dict[str, str]:
    """Return a member that is a set of labels."""
    labels = read_member(tree, name, dict)
    if not all(isinstance(value, str) for value in labels.values()):
        raise _garbled(name)
    return dict(labels)


def _text(tree: object, name: str) -> str:
    """Return a member that some versions of Prometheus leave out."""
    return read_member(tree, name, str) if isinstance(tree, dict) and name in tree else ""


def read_member(tree: object, name: str, kind: type[T]) -> T:
    """Return a member of a response. Raises SourceGarbled if it is missing or has the wrong type."""
    value = tree.get(name) if isinstance(tree, dict) else None
    if not isinstance(value, kind):
        raise _garbled(name)
    return value


def _garbled(name: str) -> SourceGarbled:
    return SourceGarbled(f"Prometheus returned an unexpected response: {name} is missing or has the wrong type")
