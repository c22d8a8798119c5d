"""What the state of Prometheus's alert rules says about alerts that it does not list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.connectors.answers import cut
from app.connectors.prometheus.records import read_labels, read_member
from app.errors import SourceGarbled
from app.rules.alerts.source_times import read_time

ALERTING = "alerting"
FAILING = ("err", "error")
"""Prometheus's word, and Grafana's."""
DEFAULT_INTERVAL = timedelta(minutes=1)
MAX_INTERVAL_S = 7 * 86_400
MAX_ERROR = 200
MAX_NAMESAKES = 20
"""Rules of one name that are compared with an alert; thousands of both would take minutes."""


@dataclass(frozen=True, slots=True)
class AlertRule:
    """An alert rule as `/api/v1/rules` shows it."""

    name: str
    query: str
    labels: Mapping[str, str]
    """They may be templates."""
    error: str | None
    """Why its last evaluation failed."""
    has_run: bool
    evaluated_at: datetime | None
    """None if the source does not say it."""
    interval: timedelta


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How far a Prometheus has evaluated its alert rules; by its own clock, so that a wrong one does no harm."""

    rules: Sequence[AlertRule] | None = None
    """None if the source does not show them."""
    started_at: datetime | None = None
    scrape_interval: timedelta = DEFAULT_INTERVAL
    by_name: Mapping[str, Sequence[AlertRule]] = field(default_factory=dict)

    def settled_at(self, rule: AlertRule | None = None) -> datetime | None:
        """Return from when on an evaluation counts: after a start there are no fresh values for two scrapes."""
        if self.started_at is None:
            return None
        interval = rule.interval if rule else DEFAULT_INTERVAL
        return self.started_at + 2 * max(self.scrape_interval, min(interval, DEFAULT_INTERVAL))

    def is_undecided(self, rule: AlertRule) -> bool:
        """Return whether the rule has not run, or only so soon after a start that it saw no values."""
        settled_at = self.settled_at(rule)
        if not rule.has_run:
            return True
        return settled_at is not None and rule.evaluated_at is not None and rule.evaluated_at < settled_at

    def is_waiting_since_start(self, name: str, active_at: datetime | None) -> bool:
        """Return whether a pending alert may have fired before the start, after which `for` begins anew.

        If the start is unknown, it may.
        """
        rule = next(iter(self.by_name.get(name, ())), None)
        settled_at = self.settled_at(rule)
        if settled_at is None or active_at is None:
            return True
        return active_at <= settled_at + (rule.interval if rule else DEFAULT_INTERVAL)

    def query_of(self, labels: Mapping[str, str]) -> str | None:
        """Return the expression of the rule that made an alert with these labels; None if it is not known for sure."""
        rules = self.by_name.get(labels.get("alertname", ""), ())
        if len(rules) > MAX_NAMESAKES:
            return None
        if len(rules) > 1:
            rules = [rule for rule in rules if _fits(rule, labels)]
        queries = {rule.query for rule in rules if rule.query}
        return queries.pop() if len(queries) == 1 else None


def read_alert_rules(data: object) -> list[AlertRule]:
    """Return the alert rules of `/api/v1/rules`. Raises SourceGarbled."""
    return [rule for group in _read_list(data, "groups") for rule in _read_group(group)]


def read_start(data: object) -> datetime | None:
    """Return when the server started, by `/api/v1/status/runtimeinfo`. Raises SourceGarbled."""
    return read_moment(read_member(data, "startTime", str))


def read_moment(text: object) -> datetime | None:
    """Return a time of a response; None if it says none, or nothing that is a time."""
    try:
        moment = read_time(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment is None or 1970 <= moment.year < 9999 else None


def evaluation_of(
    rules: Sequence[AlertRule] | None, started_at: datetime | None, scrape_interval: timedelta
) -> Evaluation:
    """Return an evaluation whose rules can be found by their names."""
    by_name: dict[str, list[AlertRule]] = {}
    for rule in rules or ():
        by_name.setdefault(rule.name, []).append(rule)
    return Evaluation(rules, started_at, scrape_interval, by_name)


def _read_group(group: object) -> Iterator[AlertRule]:
    interval = _read_interval(group)
    evaluated_at = group.get("lastEvaluation") if isinstance(group, dict) else None
    for rule in _read_list(group, "rules"):
        if read_member(rule, "type", str) == ALERTING:
            yield _read_rule(rule, interval, evaluated_at)


def _read_rule(rule: object, interval: timedelta, group_evaluated_at: object) -> AlertRule:
    if not isinstance(rule, dict):
        raise SourceGarbled("Prometheus returned a rule that is not an object")
    health, told = rule.get("health"), rule.get("lastEvaluation", group_evaluated_at)
    evaluated_at = read_moment(told)
    error = rule.get("lastError")
    words = cut(error, MAX_ERROR) if isinstance(error, str) and error else "it does not say why"
    query = rule.get("query")
    return AlertRule(
        name=read_member(rule, "name", str),
        query=query if isinstance(query, str) else "",
        labels=read_labels(rule, "labels") if rule.get("labels") else {},
        error=words if health in FAILING else None,
        has_run=evaluated_at is not None or (told is None and health != "unknown"),
        evaluated_at=evaluated_at,
        interval=interval,
    )


def _read_interval(group: object) -> timedelta:
    seconds = group.get("interval") if isinstance(group, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= MAX_INTERVAL_S:
        return DEFAULT_INTERVAL
    return timedelta(seconds=seconds)


def _read_list(tree: object, name: str) -> Sequence[object]:
    """Return a list; programs in Go write an empty one as null."""
    if isinstance(tree, dict) and name in tree and tree[name] is None:
        return ()
    found: Sequence[object] = read_member(tree, name, list)
    return found


def _fits(rule: AlertRule, labels: Mapping[str, str]) -> bool:
    return all(labels.get(name) == value for name, value in rule.labels.items() if "{{" not in value)
