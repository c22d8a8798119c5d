"""The hosts of a Prometheus: its targets, and the pairs of job and instance that its series name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

from app.connectors.answers import cut
from app.connectors.base import MAX_NAME, HostRecord
from app.connectors.prometheus.promql import make_selector
from app.connectors.prometheus.records import garbled, optional_text, read_labels, read_member, read_vector
from app.rules.alerts.alert_bounds import bounded_labels
from app.rules.alerts.prometheus_labels import host_external_id, list_labels

DOWN = "up is 0: the last scrape failed"


@dataclass(frozen=True, slots=True)
class Target:
    """What a Prometheus scrapes or was sent, as a host; its series have the labels `job` and `instance`."""

    host: HostRecord
    job: str
    instance: str
    interval: str
    pool: str = ""
    """The entry of the configuration that it is scraped by."""

    @property
    def selector(self) -> str:
        """The PromQL selector of all the target's series."""
        return make_selector({"instance": self.instance, "job": self.job})


def read_targets(data: object) -> dict[str, Target]:
    """Return the active targets of `/api/v1/targets` by external id; those with equal job and instance are merged."""
    return _merged(map(_read_target, read_member(data, "activeTargets", list)))


def read_up(data: object) -> dict[str, Target]:
    """Return the hosts that the series of `up` name; 0 is one that could not be scraped."""
    return _merged(_named(read_labels(series, "metric"), series) for series in read_vector(data))


def read_pairs(data: object) -> dict[str, Target]:
    """Return the hosts that the series of any name name."""
    return _merged(_named(read_labels(series, "metric"), None) for series in read_vector(data))


def _merged(found: Iterable[Target | None]) -> dict[str, Target]:
    targets: dict[str, Target] = {}
    for target in found:
        if target is None:
            continue
        known = targets.setdefault(target.host.external_id, target)
        if known.host.error is None and target.host.error is not None:
            host = replace(known.host, error=target.host.error)
            targets[host.external_id] = replace(known, host=host)
    return targets


def _read_target(entry: object) -> Target:
    labels = read_labels(entry, "labels")
    instance, job = labels.pop("instance", ""), labels.pop("job", "")
    if not instance:
        raise garbled("instance")
    is_down = read_member(entry, "health", str) == "down"
    error = (cut(optional_text(entry, "lastError")) or "The target is down") if is_down else None
    interval = cut(optional_text(entry, "scrapeInterval"))
    target = _make_target(job, instance, labels, error, interval, optional_text(entry, "scrapeUrl"))
    return replace(target, pool=optional_text(entry, "scrapePool") or job)


def _named(labels: dict[str, str], up: object) -> Target | None:
    """Return the host of a series; None if the series has neither a job nor an instance."""
    labels.pop("__name__", None)
    instance, job = labels.pop("instance", ""), labels.pop("job", "")
    if not instance and not job:
        return None
    sample = read_member(up, "value", list) if up is not None else []
    return _make_target(job, instance, labels, DOWN if sample[1:] == ["0"] else None)


def _make_target(
    job: str, instance: str, labels: Mapping[str, str], error: str | None, interval: str = "", scrape_url: str = ""
) -> Target:
    both = f"{instance} ({job})" if job and instance else instance or job
    given = {name: value for name, value in (("instance", instance), ("job", job)) if value or scrape_url}
    host = HostRecord(
        external_id=host_external_id(job, instance),
        name=cut(instance or job, MAX_NAME),
        display_name=cut(labels.get("nodename") or both, MAX_NAME),
        description=cut(list_labels(labels)),
        ip_addr=_find_ip(instance, scrape_url),
        groups=(cut(job, MAX_NAME),) if job else (),
        error=error,
        labels=bounded_labels({**given, **labels}),
    )
    return Target(host, job, instance, interval)


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
