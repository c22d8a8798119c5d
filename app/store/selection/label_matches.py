"""Translates matchers of labels to conditions on alerts."""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Connection, Text, cast, false, func, literal, select, true

from app.models import Alert, AlertLabel, LabelPair
from app.rules.matchers.matcher import Matcher
from app.store.database.dialects import is_listed
from app.store.database.index_hints import unindexed
from app.store.selection.label_values import Ids, decisive

ALERTS = Alert.__table__.c
LABELS = AlertLabel.__table__.c
PAIRS = LabelPair.__table__.c
FEW = 10
"""Up to this many pairs are looked up one by one; of more, all labels of an alert are compared."""


def ids_of(connection: Connection, matcher: Matcher, *, is_writing: bool) -> Ids | None:
    """Return the pairs that only alerts have for which the matcher of a label holds; None if it is not about pairs."""
    if does_hold_for_missing(matcher) or not (matcher.value or matcher.is_pattern):
        return None
    return decisive(connection, matcher, is_writing=is_writing)


def does_hold_for_missing(matcher: Matcher) -> bool:
    """Return whether a matcher of a label holds for alerts without the label."""
    return matcher.holds({}, {})


def label_condition(connection: Connection, matcher: Matcher, *, is_writing: bool = False) -> ColumnElement[bool]:
    """Return the condition that a matcher of a label holds for an alert."""
    if not matcher.is_pattern and not matcher.value:
        named = select(PAIRS.id).where(PAIRS.name == matcher.name)
        has = _has(connection, unindexed(LABELS.pair_id).in_(named))
    else:
        has = has_pair(connection, decisive(connection, matcher, is_writing=is_writing))
    return ~has if does_hold_for_missing(matcher) else has


def has_pair(connection: Connection, ids: Ids) -> ColumnElement[bool]:
    """Return the condition that an alert has one of these pairs."""
    if ids.count == 0:
        return false()
    if ids.count == 1:
        return _has(connection, LABELS.pair_id == literal(int(ids.text)))
    if ids.count <= FEW:
        return _has(connection, is_listed(connection, LABELS.pair_id, ids.text))
    # An expression, which no index has: both databases would look up each of the pairs for each alert.
    column = LABELS.pair_id + 0
    if connection.dialect.name == "sqlite":
        return _has(connection, is_listed(connection, column, ids.text))
    # PostgreSQL makes a hash table of a subquery, but only of one that it cannot make a join of.
    listed = select(func.unnest(cast(literal(f"{{{ids.text}}}", Text), ARRAY(BigInteger))))
    return _has(connection, column.in_(listed).is_(true()))


def _has(connection: Connection, condition: ColumnElement[Any]) -> ColumnElement[bool]:
    found = select(LABELS.alert_id).where(LABELS.alert_id == ALERTS.id, condition).correlate(Alert)
    # Without OFFSET, PostgreSQL would join all alerts that have a pair, also where a few alerts are looked at.
    return (found.offset(0) if connection.dialect.name == "postgresql" else found).exists()
