"""Statements on the decisions of pages: which alerts a page is about, and which of its events are told."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, bindparam, case, delete, func, select, text, update

from app.enums import AlertStatus, DecisionOutcome
from app.models import Alert, AlertDecision
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


def newest(connection: Connection, page_ids: Collection[int]) -> dict[int, int]:
    """Return the id of the newest decision of each of these pages that has one."""
    last = select(DECISIONS.page_id, func.max(DECISIONS.id).label("last")).where(DECISIONS.page_id.in_(page_ids))
    return {row.page_id: row.last for row in connection.execute(last.group_by(DECISIONS.page_id))}


def by_severity(connection: Connection, up_to: Mapping[int, int | None]) -> dict[int, dict[int, int]]:
    """Return how many alerts of each severity each page is about; `up_to` has the last decision that counts."""
    number = func.count(func.distinct(ALERTS.id)).label("number")
    joined = select(DECISIONS.page_id, ALERTS.severity, number).join_from(
        AlertDecision, Alert, ALERTS.id == DECISIONS.alert_id
    )
    last = case(
        {page_id: DECISIONS.id if id_ is None else id_ for page_id, id_ in up_to.items()}, value=DECISIONS.page_id
    )
    wanted = joined.where(DECISIONS.page_id.in_(up_to), DECISIONS.id <= last)
    found: dict[int, dict[int, int]] = {page_id: {} for page_id in up_to}
    for row in connection.execute(wanted.group_by(DECISIONS.page_id, ALERTS.severity)):
        found[row.page_id][row.severity] = row.number
    return found


def changes(connection: Connection, page_id: int, up_to: int | None, limit: int) -> Sequence[RowMapping]:
    """Return the last event of each alert of a page, up to a decision, with the alert; the most severe ones first."""
    last = select(func.max(DECISIONS.event_id)).where(DECISIONS.page_id == page_id)
    last = last if up_to is None else last.where(DECISIONS.id <= up_to)
    statement = notification_changes.with_alerts().where(EVENTS.id.in_(last.group_by(DECISIONS.alert_id)))
    ordered = statement.order_by(ALERTS.status, ALERTS.severity.desc(), EVENTS.id)
    return connection.execute(ordered.limit(limit)).mappings().all()


def tell(
    connection: Connection, up_to: Mapping[int, int], reasons: Mapping[int, Mapping[str, Any]], now: datetime
) -> None:
    """Record that the events of pages (at least one), each up to a decision, are told; each page has its reason."""
    covered = (DECISIONS.page_id == bindparam("told_page"), DECISIONS.id <= bindparam("last"), IS_PENDING)
    values = {"outcome": DecisionOutcome.TOLD, "reason": bindparam("why"), "settled_at": now}
    rows = [{"told_page": page_id, "last": last, "why": reasons[page_id]} for page_id, last in up_to.items()]
    connection.execute(update(AlertDecision).where(*covered).values(values), rows)


def untold(connection: Connection, page_ids: Collection[int]) -> set[int]:
    """Return those of these pages of which an alert fired of which nobody is told."""
    fired = select(EVENTS.id).where(EVENTS.id == DECISIONS.event_id, EVENTS.kind.in_(notification_changes.BEGINNINGS))
    wanted = (DECISIONS.page_id.in_(page_ids), IS_PENDING, fired.correlate(AlertDecision).exists())
    return set(connection.execute(select(DECISIONS.page_id).where(*wanted).distinct()).scalars())


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
