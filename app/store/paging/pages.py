"""Statements on pages."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, delete, not_, or_, select, text, update

from app.enums import AlertStatus, PageState
from app.models import Alert, AlertDecision, PageDelivery, TaskRun
from app.models import Page as PageRow
from app.models.pages import OPEN_PAGE, UNENDED
from app.store.database.dialects import dialect_insert, table_of
from app.store.database.pages import Keyset, Page, PageRequest, fetch_page

PAGES = PageRow.__table__.c
ALERTS = Alert.__table__.c
DECISIONS = AlertDecision.__table__.c
DELIVERIES = PageDelivery.__table__.c
RUNS = TaskRun.__table__.c
# Literals instead of bound parameters: the partial indexes need them.
IS_UNENDED = text(f"pages.{UNENDED}")
IS_OPEN = text(f"pages.{OPEN_PAGE}")
UNENDED_PAGES = select(PAGES.id).where(IS_UNENDED)
CONCERNS_ANYBODY = or_(ALERTS.suppressed.is_(False), ALERTS.witness_of.is_not(None))
"""A witness on a page is there because its route does not take the alert that stands for it."""


def find(connection: Connection, page_id: int) -> RowMapping | None:
    """Return one page."""
    return connection.execute(select(*PAGES).where(PAGES.id == page_id)).mappings().one_or_none()


def lock(connection: Connection, page_id: int) -> RowMapping | None:
    """Return one page, and lock it until the transaction ends."""
    return next(iter(lock_all(connection, [page_id])), None)


def lock_all(connection: Connection, page_ids: Sequence[int]) -> Sequence[RowMapping]:
    """Return pages in the order of their ids, and lock them until the transaction ends."""
    statement = select(*PAGES).where(PAGES.id.in_(page_ids)).order_by(PAGES.id)
    return connection.execute(statement.with_for_update(key_share=True)).mappings().all()


def some(connection: Connection, page_ids: Sequence[int]) -> Sequence[RowMapping]:
    """Return those of these pages that exist, the most severe ones first."""
    statement = select(*PAGES).where(PAGES.id.in_(page_ids)).order_by(PAGES.severity.desc(), PAGES.id)
    return connection.execute(statement).mappings().all()


def lock_open(connection: Connection, groups: Collection[tuple[int, str]]) -> dict[tuple[int, str], RowMapping]:
    """Return the open pages of groups, each a route and its key, and lock them until the transaction ends."""
    routes, keys = ({group[at] for group in groups} for at in (0, 1))
    statement = select(*PAGES).where(IS_OPEN, PAGES.route_id.in_(routes), PAGES.group_key.in_(keys))
    # In the order of their ids: two that lock pages in different orders would deadlock.
    found = connection.execute(statement.order_by(PAGES.id).with_for_update(key_share=True)).mappings()
    return {group: row for row in found if (group := (row["route_id"], row["group_key"])) in groups}


def is_another_open(connection: Connection, page: Mapping[Any, Any]) -> bool:
    """Return whether another page of the same group of the same route is open."""
    same = (PAGES.route_id == page["route_id"], PAGES.group_key == page["group_key"], PAGES.id != page["id"])
    return connection.execute(select(PAGES.id).where(IS_OPEN, *same).limit(1)).first() is not None


def add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[int, str], int]:
    """Add open pages and return their ids by group, without those of groups that have one already."""
    statement = dialect_insert(connection, PageRow).on_conflict_do_nothing()
    returned = connection.execute(statement.returning(PAGES.id, PAGES.route_id, PAGES.group_key), rows)
    return {(row.route_id, row.group_key): row.id for row in returned}


def change(connection: Connection, page_id: int, values: Mapping[str, Any]) -> None:
    """Change some columns of a page."""
    connection.execute(update(PageRow).where(PAGES.id == page_id).values(values))


def fetch(
    connection: Connection,
    page: PageRequest,
    *,
    state: str | None = None,
    route_id: int | None = None,
    user_id: int | None = None,
) -> Page:
    """Return a page of pages, newest first; `user_id` chooses those of which a user was or will be told."""
    statement = select(*(column for column in PAGES if column.name not in ("plan", "history")))
    if state is not None:
        statement = statement.where(PAGES.state == state)
    if route_id is not None:
        statement = statement.where(PAGES.route_id == route_id)
    if user_id is not None:
        of_user = (DELIVERIES.page_id == PAGES.id, DELIVERIES.user_id == user_id)
        statement = statement.where(select(DELIVERIES.id).where(*of_user).exists())
    return fetch_page(connection, statement, Keyset({"id": PAGES.id}, descending=True), page)


def unended(connection: Connection) -> Sequence[RowMapping]:
    """Return the open pages first, then the acknowledged ones, each newest first."""
    statement = select(*(column for column in PAGES if column.name not in ("plan", "history"))).where(IS_UNENDED)
    return connection.execute(statement.order_by(PAGES.state.desc(), PAGES.id.desc())).mappings().all()


def of_alerts(connection: Connection, route_ids: Collection[int], alert_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return `route_id`, `alert_id`, `page_id` and `state` of pages that routes opened for alerts, the oldest first."""
    columns = (DECISIONS.route_id, DECISIONS.alert_id, DECISIONS.page_id, PAGES.state)
    statement = select(*columns).join_from(AlertDecision, PageRow, PAGES.id == DECISIONS.page_id).distinct()
    mine = (DECISIONS.route_id.in_(route_ids), DECISIONS.alert_id.in_(alert_ids))
    return connection.execute(statement.where(*mine).order_by(DECISIONS.page_id)).mappings().all()


def to_turn(connection: Connection, now: datetime, limit: int) -> Sequence[int]:
    """Return pages whose alerts or whose acknowledgement may give them another state."""
    statement = select(PAGES.id).where(IS_UNENDED, or_(_is_answered(), _is_over(), PAGES.acknowledged_until <= now))
    return connection.execute(statement.order_by(PAGES.id).limit(limit)).scalars().all()


def exhausted_and_over(connection: Connection, since: datetime | None, limit: int) -> Sequence[int]:
    """Return exhausted pages whose alerts are all over, one of them since a time; None for any time."""
    standing = _alerts_of().where(ALERTS.status != AlertStatus.RESOLVED)
    statement = select(PAGES.id).where(PAGES.state == PageState.EXHAUSTED, not_(standing.exists()))
    if since is not None:
        # By the alerts, which are few and in an index: none has the exhausted pages of a month.
        joined = select(DECISIONS.page_id).join_from(AlertDecision, Alert, ALERTS.id == DECISIONS.alert_id)
        statement = statement.where(PAGES.id.in_(joined.where(ALERTS.resolved_at > since)))
    return connection.execute(statement.order_by(PAGES.id).limit(limit)).scalars().all()


def _is_answered() -> ColumnElement[bool]:
    active = _alerts_of().where(ALERTS.status == AlertStatus.ACTIVE, CONCERNS_ANYBODY)
    return and_(PAGES.state == PageState.OPEN, not_(active.exists()))


def _is_over() -> ColumnElement[bool]:
    standing = _alerts_of().where(ALERTS.status != AlertStatus.RESOLVED, CONCERNS_ANYBODY)
    return and_(PAGES.state == PageState.ACKNOWLEDGED, not_(standing.exists()))


def _alerts_of() -> Select[Any]:
    joined = select(ALERTS.id).join_from(AlertDecision, Alert, ALERTS.id == DECISIONS.alert_id)
    return joined.where(DECISIONS.page_id == PAGES.id).correlate(PageRow)


def without_step(connection: Connection, limit: int) -> Sequence[RowMapping]:
    """Return open pages whose next step has no task that will take it, each with `task_state`, None if it is gone."""
    joined = table_of(PageRow).outerjoin(table_of(TaskRun), RUNS.id == PAGES.step_task_id)
    statement = select(PAGES.id, PAGES.step_task_id, RUNS.state.label("task_state")).select_from(joined)
    has_ended = or_(RUNS.id.is_(None), RUNS.finished_at.is_not(None))
    return connection.execute(statement.where(IS_OPEN, has_ended).limit(limit)).mappings().all()


def prune(connection: Connection, ended_before: datetime, limit: int) -> int:
    """Delete some pages that ended before a time, with their deliveries; return how many."""
    old = select(PAGES.id).where(PAGES.ended_at < ended_before).order_by(PAGES.ended_at).limit(limit)
    return connection.execute(delete(PageRow).where(PAGES.id.in_(old.scalar_subquery()))).rowcount
