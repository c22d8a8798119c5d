"""Counts, groups and the timeline of the alerts of a filter, and the words that matchers are completed with."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.enums import AlertStatus, Severity
from app.errors import Invalid
from app.rules.alerts import alert_counts
from app.rules.alerts.alert_counts import Bucket, Group
from app.rules.matchers.fields import ALERT_FIELDS
from app.rules.matchers.matcher import Matcher, Matchers, Operator
from app.rules.matchers.texts import text_of_all
from app.store.database.engine import Database
from app.store.database.pages import PageRequest
from app.store.inventory import monitors
from app.store.selection import alert_choices, alert_samples
from app.store.selection.alert_filters import AlertFilter

MAX_COUNT = 1_000_000
MAX_VALUES = 10
MAX_LABELS = 4
MAX_GROUPS = 200
MAX_BUCKETS = 40
MAX_WORDS = 30
MAX_NAMES = 1000
GROUPINGS = ("host", "message", "group", "monitor", "label")


@dataclass(frozen=True, slots=True)
class Facet:
    """The most frequent values of a field or a label, each with its number of alerts."""

    name: str
    """The parameter that filters by it; `label` for labels, `group` for the groups of hosts."""
    label: str | None
    values: Sequence[tuple[Any, int]]


@dataclass(frozen=True, slots=True)
class Facets:
    """The counts of a filter. If they are not exact, they are of the newest alerts."""

    total: int
    is_exact: bool
    facets: Sequence[Facet]
    buckets: Sequence[Bucket]


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of alerts, the worst first, and what a filter must have besides for the alerts of each."""

    total: int
    is_exact: bool
    groups: Sequence[tuple[Group, Mapping[str, Any]]]


class AlertFacets:
    """`filters` are those of `AlertFilter.of`. Methods raise DatabaseUnavailable, and Invalid for a filter."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, **filters: Any) -> int:
        """Return how many alerts a filter wants, up to `MAX_COUNT`."""
        with self._database.reading() as connection:
            return alert_choices.count(connection, AlertFilter.of(**filters), MAX_COUNT)

    def statuses(self, **filters: Any) -> dict[AlertStatus, int]:
        """Return how many alerts have which status, whatever status the filter names; at most one above the limit."""
        wanted = AlertFilter.of(**filters)
        limit = alert_samples.MAX_ALERTS + 1
        with self._database.reading() as connection:
            return {
                status: alert_choices.count(connection, replace(wanted, status=(int(status),)), limit)
                for status in AlertStatus
            }

    def facets(self, labels: Sequence[str] = (), **filters: Any) -> Facets:
        """Return the counts of a filter, with those of some labels.

        By default these are the labels that the filter is narrowed down by, and those that tell most apart.
        """
        wanted = AlertFilter.of(**filters)
        narrowed = [each.name for each in wanted.match if each.operator is Operator.EQUAL and not each.is_field]
        with self._database.reading() as connection:
            alerts, is_exact = alert_samples.fetch(connection, wanted)
            host_ids = {alert["host_id"] for alert in alerts} - {None}
            hosts = alert_samples.hosts(connection, host_ids)
            pairs = alert_samples.labels(connection, [alert["id"] for alert in alerts])
        facets = [
            *(
                _facet(name, (alert[name] for alert in alerts))
                for name in ("severity", "status", "monitor_id", "source")
            ),
            _facet("host", (name for alert in alerts if (name := _host_name(alert, hosts)))),
            _facet("group", (group for alert in alerts for group in _groups_of(alert, hosts))),
            *_label_facets(pairs, labels, narrowed),
        ]
        buckets = alert_counts.timeline(alerts, clock.now(), MAX_BUCKETS)
        return Facets(len(alerts), is_exact, [facet for facet in facets if facet.values], buckets)

    def groups(self, by: str, label: str | None = None, **filters: Any) -> Groups:
        """Return the alerts of a filter by what they have in common. Raises Invalid if `by` is `label` without one."""
        if by == "label" and not label:
            raise Invalid("label", "Give the name of the label to group by.")
        wanted = AlertFilter.of(**filters)
        with self._database.reading() as connection:
            alerts, is_exact = alert_samples.fetch(connection, wanted)
            keys = self._keys(connection, alerts, by, label or "")
        groups = alert_counts.grouped(alerts, keys)[:MAX_GROUPS]
        found = [(group, _filter_of(group.key, by, label or "", wanted.match)) for group in groups]
        return Groups(len(alerts), is_exact, found)

    def label_names(self, beginning: str = "") -> Sequence[str]:
        """Return the names of fields and labels that matchers can begin with this text."""
        with self._database.reading() as connection:
            names = [*ALERT_FIELDS.takes_patterns, *alert_samples.label_names(connection, MAX_NAMES)]
        return [name for name in names if name.startswith(beginning)][:MAX_WORDS]

    def label_values(self, name: str, beginning: str = "") -> Sequence[str]:
        """Return values of a field or a label that begin with this text."""
        words: Sequence[str] = ()
        with self._database.reading() as connection:
            if name == "alert.host":
                return alert_samples.host_names(connection, beginning, MAX_WORDS)
            if name == "alert.monitor":
                words = [row["name"] for row in monitors.fetch(connection, PageRequest(500)).items]
            elif name in CODES:
                words = [code.name.lower() for code in CODES[name]]
            elif name not in ALERT_FIELDS.takes_patterns:
                return alert_samples.label_values(connection, name, beginning, MAX_WORDS)
        return [word for word in words if word.startswith(beginning)][:MAX_WORDS]

    def _keys(
        self, connection: Connection, alerts: Sequence[Mapping[Any, Any]], by: str, label: str
    ) -> Mapping[int, Sequence[Hashable]]:
        if by == "label":
            values = {row[0]: row[2] for row in alert_samples.labels(connection, [a["id"] for a in alerts], label)}
            return {alert["id"]: [values.get(alert["id"], "")] for alert in alerts}
        if by in ("message", "monitor"):
            column = "monitor_id" if by == "monitor" else by
            return {alert["id"]: [alert[column]] for alert in alerts}
        hosts = alert_samples.hosts(connection, {alert["host_id"] for alert in alerts} - {None})
        if by == "host":
            return {alert["id"]: [_host_name(alert, hosts)] for alert in alerts}
        return {alert["id"]: [*_groups_of(alert, hosts)] or [""] for alert in alerts}


CODES: Mapping[str, Any] = {"alert.severity": Severity, "alert.status": AlertStatus}


def _facet(name: str, values: Any, label: str | None = None) -> Facet:
    return Facet(name, label, alert_counts.most_common(values, MAX_VALUES))


def _label_facets(pairs: Sequence[tuple[Any, ...]], chosen: Sequence[str], narrowed: Sequence[str]) -> Sequence[Facet]:
    values: dict[str, list[str]] = {}
    for _, name, value in pairs:
        values.setdefault(name, []).append(value)
    # A label that has one value, or another one at each alert, tells nothing apart.
    telling = [name for name, each in values.items() if 1 < len(set(each)) <= max(2, len(each) // 2)]
    frequent = [name for name, _ in Counter({name: len(values[name]) for name in telling}).most_common(MAX_LABELS)]
    names = chosen or dict.fromkeys([*narrowed, *frequent])
    return [_facet("label", values.get(name, ()), name) for name in names]


def _host_name(alert: Mapping[Any, Any], hosts: Mapping[int, Mapping[Any, Any]]) -> str:
    host = hosts.get(alert["host_id"])
    return str(alert["host"] or (host["name"] if host else ""))


def _groups_of(alert: Mapping[Any, Any], hosts: Mapping[int, Mapping[Any, Any]]) -> Sequence[str]:
    host = hosts.get(alert["host_id"])
    return tuple(dict.fromkeys(host["groups"])) if host else ()


def _filter_of(key: Hashable, by: str, label: str, given: Matchers) -> dict[str, Any]:
    if by == "monitor":
        return {"monitor_id": key}
    is_label = by == "label"
    mine = Matcher(label if is_label else f"alert.{by}", Operator.EQUAL, str(key), is_field=not is_label)
    return {"match": text_of_all([*given, mine])}
