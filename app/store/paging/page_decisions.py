"""Statements on the decisions of pages: which alerts a page is about, and which of its events are told."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, case, delete, func, select, text, update

from app.enums import AlertStatus, DecisionOutcome
from app.models import AlertDecision
from app.models import Page as PageRow
from app.models.decisions import OPEN_DECISION
from app.models.pages import OPEN_PAGE, UNSETTLED
from app.store.paging.pages import ALERTS, CONCERNS_ANYBODY, DECISIONS, DELIVERIES, PAGES
from app.store.response import notification_changes
from app.store.response.notification_changes import EVENTS

# A literal instead of a bound parameter: the partial index needs it.
IS_PENDING = text(f"alert_decisions.{OPEN_DECISION}")
IS_CLOSED = text(f"NOT (pages.{OPEN_PAGE})")
PENDING_OF_PAGES = select(DECISIONS.id).where(IS_PENDING, DECISIONS.page_id.is_not(None))


def _alert_ids(page_ids: Sequence[int], up_to: int | None = None) -> Select[Any]:
    statement = select(DECISIONS.alert_id).where(DECISIONS.page_id.in_(page_ids))
    return statement if up_to is None else statement.where(DECISIONS.id <= up_to)


def counts(connection: Connection, page_id: int) -> RowMapping:
    """Return how many alerts of a page are `active`, `acknowledged` and `suppressed`."""

    def number(*conditions: Any) -> Any:
        return func.coalesce(func.sum(case((and_(*conditions), 1), else_=0)), 0)

    columns = (
        number(ALERTS.status == AlertStatus.ACTIVE, CONCERNS_ANYBODY).label("active"),
        number(ALERTS.status == AlertStatus.ACKNOWLEDGED, CONCERNS_ANYBODY).label("acknowledged"),
        number(ALERTS.status != AlertStatus.RESOLVED, ~CONCERNS_ANYBODY).label("suppressed"),
    )
    return connection.execute(select(*columns).where(ALERTS.id.in_(_alert_ids([page_id])))).mappings().one()


def open_alert_ids(connection: Connection, page_id: int) -> list[int]:
    """Return the ids of a page's alerts that are not over."""
    is_open = ALERTS.status != AlertStatus.RESOLVED
    statement = select(ALERTS.id).where(ALERTS.id.in_(_alert_ids([page_id])), is_open)
    return list(connection.execute(statement.order_by(ALERTS.id)).scalars())


def last_acknowledger(connection: Connection, page_id: int) -> str | None:
    """Return who acknowledged one of the page's alerts last."""
    kind = EVENTS.kind == "acknowledged"
    statement = select(EVENTS.username).where(EVENTS.alert_id.in_(_alert_ids([page_id])), kind)
    return connection.execute(statement.order_by(EVENTS.id.desc()).limit(1)).scalar_one_or_none()


def newest(connection: Connection, page_id: int) -> int | None:
    """Return the id of the page's newest decision."""
    last = connection.execute(select(func.max(DECISIONS.id)).where(DECISIONS.page_id == page_id)).scalar_one()
    return None if last is None else int(last)


def by_severity(connection: Connection, page_id: int, up_to: int | None) -> dict[int, int]:
    """Return how many alerts of each severity a page is about, up to a decision."""
    mine = ALERTS.id.in_(_alert_ids([page_id], up_to))
    statement = select(ALERTS.severity, func.count().label("number")).where(mine).group_by(ALERTS.severity)
    return {row.severity: row.number for row in connection.execute(statement)}


def changes(connection: Connection, page_id: int, up_to: int | None, limit: int) -> Sequence[RowMapping]:
    """Return the last event of each alert of a page, up to a decision, with the alert; the most severe ones first."""
    last = select(func.max(DECISIONS.event_id)).where(DECISIONS.page_id == page_id)
    last = last if up_to is None else last.where(DECISIONS.id <= up_to)
    statement = notification_changes.with_alerts().where(EVENTS.id.in_(last.group_by(DECISIONS.alert_id)))
    ordered = statement.order_by(ALERTS.status, ALERTS.severity.desc(), EVENTS.id)
    return connection.execute(ordered.limit(limit)).mappings().all()


def tell(connection: Connection, page_id: int, up_to: int, reason: Mapping[str, Any], now: datetime) -> int:
    """Record that the page's events up to a decision are told; return how many."""
    covered = (DECISIONS.page_id == page_id, DECISIONS.id <= up_to, IS_PENDING)
    values = {"outcome": DecisionOutcome.TOLD, "reason": reason, "settled_at": now}
    return connection.execute(update(AlertDecision).where(*covered).values(values)).rowcount


def is_any_untold(connection: Connection, page_id: int) -> bool:
    """Return whether an alert of a page fired of which nobody is told."""
    fired = select(EVENTS.id).where(EVENTS.id == DECISIONS.event_id, EVENTS.kind.in_(notification_changes.BEGINNINGS))
    wanted = (DECISIONS.page_id == page_id, IS_PENDING, fired.correlate(AlertDecision).exists())
    return connection.execute(select(DECISIONS.id).where(*wanted).limit(1)).first() is not None


def left_over(connection: Connection, limit: int) -> Sequence[RowMapping]:
    """Return pages that are not open and have nothing more to send, but events of which it is open who was told."""
    pending = select(DECISIONS.page_id).where(IS_PENDING, DECISIONS.page_id.is_not(None))
    unsettled = select(DELIVERIES.id).where(DELIVERIES.page_id == PAGES.id, text(f"page_deliveries.{UNSETTLED}"))
    statement = select(PAGES.id, PAGES.state, PAGES.route_id, PAGES.route_name).where(PAGES.id.in_(pending), IS_CLOSED)
    finished = statement.where(~unsettled.correlate(PageRow).exists())
    return connection.execute(finished.order_by(PAGES.id).limit(limit)).mappings().all()


def settle(
    connection: Connection, page_id: int, kinds: Sequence[str], outcome: str, reason: Mapping[str, Any], now: datetime
) -> int:
    """Record what became of a page's pending events of these kinds; return how many."""
    of_kinds = select(EVENTS.id).where(EVENTS.id == DECISIONS.event_id, EVENTS.kind.in_(kinds))
    wanted = (DECISIONS.page_id == page_id, IS_PENDING, of_kinds.correlate(AlertDecision).exists())
    values = {"outcome": outcome, "reason": reason, "settled_at": now}
    return connection.execute(update(AlertDecision).where(*wanted).values(values)).rowcount


def prune(connection: Connection, before: datetime, limit: int) -> int:
    """Delete some settled decisions from before a time; return how many."""
    # The oldest by id: no index has their times.
    oldest = select(DECISIONS.id).order_by(DECISIONS.id).limit(limit).scalar_subquery()
    is_old = (DECISIONS.at < before, DECISIONS.outcome != DecisionOutcome.PENDING)
    return connection.execute(delete(AlertDecision).where(DECISIONS.id.in_(oldest), *is_old)).rowcount


def is_alert(connection: Connection, alert_id: int) -> bool:
    """Return whether an alert exists."""
    return connection.execute(select(ALERTS.id).where(ALERTS.id == alert_id)).first() is not None


def of_alert(connection: Connection, alert_id: int, event_ids: Sequence[int]) -> Sequence[RowMapping]:
    """Return the decisions on an alert's events, the oldest first."""
    mine = (DECISIONS.alert_id == alert_id, DECISIONS.event_id.in_(event_ids))
    return connection.execute(select(*DECISIONS).where(*mine).order_by(DECISIONS.id)).mappings().all()


def events_of(
    connection: Connection, alert_id: int, kinds: Sequence[str], before: int | None, limit: int
) -> Sequence[RowMapping]:
    """Return some of an alert's events of these kinds, newest first."""
    statement = select(EVENTS.id, EVENTS.at, EVENTS.kind, EVENTS.username, EVENTS.is_pending)
    statement = statement.where(EVENTS.alert_id == alert_id, EVENTS.kind.in_(kinds))
    if before is not None:
        statement = statement.where(EVENTS.id < before)
    return connection.execute(statement.order_by(EVENTS.id.desc()).limit(limit)).mappings().all()


def alerts_of(connection: Connection, page_id: int, limit: int) -> Sequence[RowMapping]:
    """Return the alerts of a page with all that a message tells of them, those that are open and severe first."""
    mine = ALERTS.id.in_(_alert_ids([page_id]))
    order = (ALERTS.status, ALERTS.severity.desc(), ALERTS.id)
    ids = select(ALERTS.id).where(mine).order_by(*order).limit(limit)
    rows = notification_changes.alerts(connection, list(connection.execute(ids).scalars()))
    return sorted(rows, key=lambda row: (row["status"], -row["severity"], row["alert_id"]))


def count_alerts(connection: Connection, page_ids: Sequence[int]) -> dict[int, int]:
    """Return how many alerts each of these pages is about."""
    number = func.count(func.distinct(DECISIONS.alert_id)).label("number")
    statement = select(DECISIONS.page_id, number).where(DECISIONS.page_id.in_(page_ids)).group_by(DECISIONS.page_id)
    return {row.page_id: row.number for row in connection.execute(statement)}
