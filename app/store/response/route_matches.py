"""Statements on the open alerts that a route's filters and those of the routes above it hold for."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, func, select

from app.enums import OPEN_STATUSES, Severity
from app.models import Alert
from app.rules.matchers.matcher import Matcher, Operator
from app.rules.response.notifications import Rule
from app.store.selection.alert_filters import IS_OPEN, AlertFilter, conditions

ALERTS = Alert.__table__.c
MAX_LOOKED_AT = 10_000
SHOWN = (ALERTS.id, ALERTS.message, ALERTS.host, ALERTS.severity, ALERTS.status, ALERTS.suppressed)
NOTHING = (-1,)


@dataclass(frozen=True, slots=True)
class Matches:
    """How many of the newest open alerts match, and the first of them."""

    count: int
    looked_at: int
    is_exact: bool
    """Whether all open alerts were looked at."""
    alerts: Sequence[RowMapping]


def find(connection: Connection, rules: Sequence[Rule], limit: int) -> Matches:
    """Return the open alerts, the newest first, for which the filters of all these rules hold."""
    newest = select(ALERTS.id).where(IS_OPEN).order_by(ALERTS.id.desc())
    some = newest.limit(MAX_LOOKED_AT + 1).subquery()
    there_are: int = connection.execute(select(func.count()).select_from(some)).scalar_one()
    wanted = conditions(connection, _filter_of(rules))
    matching = select(*SHOWN).where(ALERTS.id.in_(select(newest.limit(MAX_LOOKED_AT).subquery().c.id)), *wanted)
    count: int = connection.execute(select(func.count()).select_from(matching.subquery())).scalar_one()
    first = connection.execute(matching.order_by(ALERTS.id.desc()).limit(limit)).mappings().all()
    return Matches(count, min(there_are, MAX_LOOKED_AT), there_are <= MAX_LOOKED_AT, first)


def _filter_of(rules: Sequence[Rule]) -> AlertFilter:
    monitor_ids = {rule.monitor_id for rule in rules} - {None}
    least = max((rule.min_severity for rule in rules), default=0)
    groups = [
        Matcher("alert.group", Operator.EQUAL, rule.group, is_field=True) for rule in rules if rule.group is not None
    ]
    return AlertFilter(
        monitor_id=NOTHING if len(monitor_ids) > 1 else tuple(each for each in monitor_ids if each is not None),
        severity=tuple(int(each) for each in Severity if each >= least),
        status=tuple(map(int, OPEN_STATUSES)),
        match=(*groups, *(matcher for rule in rules for matcher in rule.match)),
    )
