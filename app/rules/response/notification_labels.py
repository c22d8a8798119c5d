"""Chooses the labels of an alert that people need: those that tell alerts apart, and those that say where it is."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from app.rules.response.plain_text import one_line

SHOWN = 4
"""How many labels stand beside an alert's message."""
MAX_VALUE = 60
NOISE = frozenset(
    (
        *("alertname", "severity", "priority", "level", "prometheus", "prometheus_replica", "replica", "receiver"),
        *("monitor", "endpoint", "uid", "rule_uid", "datasource_uid", "ref_id", "grafana_folder", "alertgroup"),
    )
)
"""Labels that repeat what a message says anyway, or belong to the source's own machinery."""
PLACES = (
    *("cluster", "region", "zone", "datacenter", "dc", "env", "environment", "stage", "namespace", "ns"),
    *("service", "svc", "app", "application", "component", "deployment", "daemonset", "statefulset", "job_name"),
    *("cronjob", "workload", "pod", "container", "node", "host", "hostname", "instance", "device", "mountpoint"),
    *("interface", "database", "db", "queue", "topic", "index", "url", "target", "team", "job"),
)
"""Parts of the names of labels that say where something is, the widest place first."""
RANKS = {name: rank for rank, name in enumerate(PLACES)}
PARTS = re.compile(r"[^0-9A-Za-z]+")


class Labelled(Protocol):
    """An alert, or a change of one, with its labels."""

    @property
    def message(self) -> str:
        """What is wrong."""

    @property
    def host_name(self) -> str | None:
        """The name of its host."""

    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels."""


def matters(change: Labelled) -> dict[str, str]:
    """Return the labels that say something that the message and its host do not say, those of places first."""
    told = change.message.split()
    kept = {
        name: value
        for name, value in change.labels.items()
        if not _is_noise(name) and value and value != change.host_name and value not in told
    }
    return {name: kept[name] for name in sorted(kept, key=lambda name: (_rank(name), name))}


def differing(changes: Sequence[Labelled]) -> set[str]:
    """Return the names of the labels in which these alerts differ."""
    names = {name for change in changes for name in change.labels}
    return {name for name in names if len({change.labels.get(name) for change in changes}) > 1}


def beside(change: Labelled, apart: Iterable[str] = ()) -> dict[str, str]:
    """Return the few labels to show beside an alert's message; those in `apart` are the most important ones."""
    labels, wanted = matters(change), {*apart}
    # Even noise is shown if it is the only difference.
    different = {name: change.labels[name] for name in wanted if name in change.labels}
    first = [name for name in labels if name in different] or sorted(different)
    chosen = [*first, *(name for name in labels if name not in different and _rank(name) < len(PLACES))][:SHOWN]
    chosen = chosen or list(labels)[:SHOWN]
    ordered = sorted(chosen, key=lambda name: (_rank(name), name))
    return {name: change.labels[name] for name in ordered}


def written(labels: Mapping[str, str]) -> str:
    """Return labels as readable text, in their order."""
    return ", ".join(f"{one_line(name, MAX_VALUE)}={one_line(value, MAX_VALUE)}" for name, value in labels.items())


def _is_noise(name: str) -> bool:
    return name.casefold() in NOISE or name.startswith("__")


def _rank(name: str) -> int:
    ranks = [RANKS[part] for part in (name.casefold(), *PARTS.split(name.casefold())) if part in RANKS]
    return min(ranks, default=len(PLACES))
