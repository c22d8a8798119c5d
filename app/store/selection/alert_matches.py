"""Translates matchers to conditions on alerts, for SELECT, UPDATE and DELETE; they agree with the evaluator in memory.

No database evaluates a regular expression: RE2 does, over the distinct values, and conditions name what it matched.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    column,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    text,
    true,
)

from app.enums import AlertStatus, Severity
from app.models import Alert, Host, Item, Monitor
from app.models.alerts import LISTED
from app.rules.matchers.fields import severity_words, status_words
from app.rules.matchers.matcher import Matcher, Matchers
from app.store.database.dialects import is_among, is_listed
from app.store.database.index_hints import unindexed
from app.store.selection.label_matches import label_condition

ALERTS = Alert.__table__.c
HOSTS = Host.__table__.c
ITEMS = Item.__table__.c
MONITORS = Monitor.__table__.c
DISTINCT = f"""
WITH RECURSIVE each (text) AS (
    SELECT (SELECT {{0}} FROM alerts WHERE {LISTED} ORDER BY {{0}} LIMIT 1)
    UNION ALL
    SELECT (SELECT {{0}} FROM alerts WHERE {LISTED} AND {{0}} > each.text ORDER BY {{0}} LIMIT 1) FROM each
    WHERE each.text IS NOT NULL
) SELECT text FROM each WHERE text IS NOT NULL"""  # noqa: S608 - a column's name


def conditions(connection: Connection, matchers: Matchers, *, is_writing: bool = False) -> list[ColumnElement[bool]]:
    """Return the conditions that all matchers hold for an alert.

    `is_writing` says that the transaction writes labels, which may not be committed in the end.
    """
    return [condition(connection, matcher, is_writing=is_writing) for matcher in matchers]


def condition(connection: Connection, matcher: Matcher, *, is_writing: bool = False) -> ColumnElement[bool]:
    """Return the condition that one matcher holds for an alert."""
    if not matcher.is_field:
        return label_condition(connection, matcher, is_writing=is_writing)
    is_value = FIELDS[matcher.name](connection, matcher)
    return not_(is_value) if matcher.is_negative else is_value


def _severity(_: Connection, matcher: Matcher) -> ColumnElement[bool]:
    return unindexed(ALERTS.severity).in_(_codes(Severity, severity_words, matcher))


def _status(_: Connection, matcher: Matcher) -> ColumnElement[bool]:
    return unindexed(ALERTS.status).in_(_codes(AlertStatus, status_words, matcher))


def _codes(codes: Iterable[int], words: Callable[[int], Iterable[str]], matcher: Matcher) -> list[int]:
    return [int(code) for code in codes if any(map(matcher.is_value, words(code)))]


def _source(connection: Connection, matcher: Matcher) -> ColumnElement[bool]:
    if not matcher.is_pattern:
        return unindexed(ALERTS.source) == matcher.value
    sources = filter(matcher.is_value, _distinct(connection, "source"))
    return is_among(connection, unindexed(ALERTS.source), list(sources))


def _monitor(connection: Connection, matcher: Matcher) -> ColumnElement[bool]:
    rows = connection.execute(select(MONITORS.id, MONITORS.name))
    return _ids(connection, unindexed(ALERTS.monitor_id), [row.id for row in rows if matcher.is_value(row.name)])


def _message(_: Connection, matcher: Matcher) -> ColumnElement[bool]:
    return ALERTS.message == matcher.value


def _source_severity(_: Connection, matcher: Matcher) -> ColumnElement[bool]:
    return func.coalesce(ALERTS.source_severity, "") == matcher.value


def _item(_: Connection, matcher: Matcher) -> ColumnElement[bool]:
    linked = exists().where(ITEMS.id == ALERTS.item_id, ITEMS.name == matcher.value).correlate(Alert)
    if matcher.value:
        return or_(ALERTS.item == matcher.value, linked)
    is_linked = exists().where(ITEMS.id == ALERTS.item_id, ITEMS.name != "").correlate(Alert)
    return and_(ALERTS.item == "", ~is_linked)


def _host(connection: Connection, matcher: Matcher) -> ColumnElement[bool]:
    """Return whether the reported name, or a name of the linked host, is the value."""
    is_linked = exists().where(HOSTS.id == ALERTS.host_id, or_(HOSTS.name != "", HOSTS.display_name != ""))
    is_nameless = and_(ALERTS.host == "", ~is_linked.correlate(Alert))
    if not matcher.is_pattern and not matcher.value:
        return is_nameless
    if matcher.is_pattern:
        reported = filter(matcher.is_value, _distinct(connection, "host"))
        is_reported = is_among(connection, unindexed(ALERTS.host), [name for name in reported if name])
    else:
        is_reported = unindexed(ALERTS.host) == matcher.value
    is_named = or_(is_reported, _ids(connection, unindexed(ALERTS.host_id), _hosts(connection, matcher)))
    return or_(is_named, is_nameless) if matcher.is_value("") else is_named


def _hosts(connection: Connection, matcher: Matcher) -> list[int]:
    statement = select(HOSTS.id, HOSTS.name, HOSTS.display_name)
    if not matcher.is_pattern:
        statement = statement.where(or_(HOSTS.name == matcher.value, HOSTS.display_name == matcher.value))
    rows = connection.execute(statement)
    return [row.id for row in rows if any(name and matcher.is_value(name) for name in (row.name, row.display_name))]


def _group(connection: Connection, matcher: Matcher) -> ColumnElement[bool]:
    if matcher.is_pattern:
        members = _members(connection)
        groups = select(members.c.value).select_from(HOSTS.id.table.join(members, true())).distinct()
        wanted = [group for group in connection.execute(groups).scalars() if group and matcher.is_value(group)]
    else:
        wanted = [matcher.value] if matcher.value else []
    is_member = _has_group(connection, lambda group: is_among(connection, group, wanted)) if wanted else false()
    return or_(is_member, ~_has_group(connection, lambda group: group != "")) if matcher.is_value("") else is_member


def _members(connection: Connection) -> Any:
    if connection.dialect.name == "postgresql":
        return func.jsonb_array_elements_text(HOSTS.groups).table_valued(column("value", Text)).render_derived()
    return func.json_each(HOSTS.groups).table_valued(column("value", Text))


def _has_group(
    connection: Connection, is_wanted: Callable[[ColumnElement[str]], ColumnElement[bool]]
) -> ColumnElement[bool]:
    members = _members(connection)
    hosts = select(HOSTS.id).select_from(HOSTS.id.table.join(members, true()))
    return hosts.where(HOSTS.id == ALERTS.host_id, is_wanted(members.c.value)).correlate(Alert).exists()


FIELDS: Mapping[str, Callable[[Connection, Matcher], ColumnElement[bool]]] = {
    "alert.host": _host,
    "alert.item": _item,
    "alert.severity": _severity,
    "alert.status": _status,
    "alert.source": _source,
    "alert.monitor": _monitor,
    "alert.group": _group,
    "alert.message": _message,
    "alert.source_severity": _source_severity,
}


def _ids(connection: Connection, number: ColumnElement[Any], ids: list[int]) -> ColumnElement[bool]:
    # Not NULL for an alert without a host: its negation must hold.
    is_one = is_listed(connection, number, ",".join(map(str, ids)))
    return and_(number.is_not(None), is_one) if ids else false()


def _distinct(connection: Connection, name: str) -> Iterable[str]:
    """Return the distinct texts of a column, by one step in its index for each."""
    return connection.execute(text(DISTINCT.format(name))).scalars().all()
