"""Statements on the messages of pages."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, func, insert, or_, select, text, update

from app.enums import DeliveryKind, DeliveryState
from app.models import Channel, PageDelivery, TaskRun, User
from app.models import Page as PageRow
from app.models.pages import SENT, UNSETTLED
from app.store.database.dialects import table_of
from app.store.paging.pages import DELIVERIES, PAGES, RUNS

CHANNELS = Channel.__table__.c
USERS = User.__table__.c
# A literal instead of a bound parameter: the partial index needs it.
IS_UNSETTLED = text(f"page_deliveries.{UNSETTLED}")
UNSETTLED_DELIVERIES = select(DELIVERIES.id).where(IS_UNSETTLED)
NEWS = (DeliveryKind.PAGE, DeliveryKind.UPDATE)
"""The kinds that tell of a page, not of its end."""
GOT_OUT = (DeliveryState.SENT, DeliveryState.UNCERTAIN)


def add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Add deliveries and return the id of one of them for each of their tasks."""
    returned = connection.execute(insert(PageDelivery).returning(DELIVERIES.id, DELIVERIES.task_id), rows)
    return {row.task_id: row.id for row in returned}


def find(connection: Connection, delivery_id: int) -> RowMapping | None:
    """Return one delivery."""
    return connection.execute(select(*DELIVERIES).where(DELIVERIES.id == delivery_id)).mappings().one_or_none()


def lock_channel(connection: Connection, channel_id: int) -> RowMapping | None:
    """Return a channel with its encrypted address, and lock it until the transaction ends.

    Deliveries to it can be added meanwhile: whoever adds them holds a page, for which its sender may wait.
    """
    statement = select(*CHANNELS).where(CHANNELS.id == channel_id).with_for_update(key_share=True)
    return connection.execute(statement).mappings().one_or_none()


def last_sent_at(connection: Connection, channel_id: int) -> datetime | None:
    """Return when a channel last took a page's message; a code or a test message keeps no page waiting."""
    sent = (text(f"page_deliveries.{SENT}"), DELIVERIES.channel_id == channel_id)
    latest: datetime | None = connection.execute(select(func.max(DELIVERIES.ended_at)).where(*sent)).scalar_one()
    return latest


def due_at(connection: Connection, channel_id: int, now: datetime) -> Sequence[RowMapping]:
    """Return what waits for a channel and is due, with the state of its page and whether its person is `enabled`."""
    joined = (
        table_of(PageDelivery)
        .join(table_of(PageRow), PAGES.id == DELIVERIES.page_id)
        .outerjoin(table_of(User), USERS.id == DELIVERIES.user_id)
    )
    waiting = (IS_UNSETTLED, DELIVERIES.channel_id == channel_id, DELIVERIES.state == DeliveryState.WAITING)
    statement = select(*DELIVERIES, PAGES.state.label("page_state"), USERS.enabled).select_from(joined)
    return (
        connection.execute(statement.where(*waiting, DELIVERIES.due_at <= now).order_by(DELIVERIES.id)).mappings().all()
    )


def being_sent_by(connection: Connection, task_id: str) -> Sequence[RowMapping]:
    """Return what a task began to send and has not ended."""
    mine = (DELIVERIES.task_id == task_id, DELIVERIES.state == DeliveryState.SENDING)
    return connection.execute(select(*DELIVERIES).where(*mine).order_by(DELIVERIES.id)).mappings().all()


def change(connection: Connection, delivery_ids: Sequence[int], values: Mapping[str, Any]) -> int:
    """Change some columns of deliveries that are not settled; return how many."""
    statement = update(PageDelivery).where(DELIVERIES.id.in_(delivery_ids), IS_UNSETTLED)
    return connection.execute(statement.values(values)).rowcount


def change_each(connection: Connection, changes: Mapping[int, Mapping[str, Any]]) -> None:
    """Change the same columns, at least one, of each of these deliveries that is not settled."""
    rows = [{"delivery_id": id_, **values} for id_, values in changes.items()]
    names = next(iter(changes.values()))
    statement = update(PageDelivery).where(DELIVERIES.id == bindparam("delivery_id"), IS_UNSETTLED)
    connection.execute(statement.values({name: bindparam(name) for name in names}), rows)


def of_page(connection: Connection, page_id: int) -> Sequence[RowMapping]:
    """Return the deliveries of a page, the oldest first."""
    statement = select(*DELIVERIES).where(DELIVERIES.page_id == page_id).order_by(DELIVERIES.id)
    return connection.execute(statement).mappings().all()


def of_pages(connection: Connection, page_ids: Sequence[int]) -> Sequence[RowMapping]:
    """Return the deliveries of pages, the oldest first."""
    statement = select(*DELIVERIES).where(DELIVERIES.page_id.in_(page_ids)).order_by(DELIVERIES.id)
    return connection.execute(statement).mappings().all()


def waiting_of(connection: Connection, page_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return what waits to be sent of pages, what is due first first."""
    mine = (DELIVERIES.page_id.in_(page_ids), DELIVERIES.state == DeliveryState.WAITING)
    statement = select(*DELIVERIES).where(*mine).order_by(DELIVERIES.due_at, DELIVERIES.id)
    return connection.execute(statement).mappings().all()


def waiting_for(connection: Connection, task_id: str) -> Sequence[RowMapping]:
    """Return what waits to be sent by a task, the oldest first."""
    mine = (DELIVERIES.task_id == task_id, DELIVERIES.state == DeliveryState.WAITING)
    return connection.execute(select(*DELIVERIES).where(*mine).order_by(DELIVERIES.id)).mappings().all()


def waiting_task_at(connection: Connection, channel_id: int, now: datetime) -> RowMapping | None:
    """Return `task_id` and `due_at` of a task that will send to a channel later, the first one; None without one."""
    waiting = (IS_UNSETTLED, DELIVERIES.channel_id == channel_id, DELIVERIES.state == DeliveryState.WAITING)
    statement = select(DELIVERIES.task_id, DELIVERIES.due_at).where(*waiting, DELIVERIES.due_at > now)
    return connection.execute(statement.order_by(DELIVERIES.due_at, DELIVERIES.id).limit(1)).mappings().one_or_none()


def told_channels(connection: Connection, page_ids: Collection[int]) -> Sequence[RowMapping]:
    """Return the channels that were told of pages, each with the `page_id` and the person, once a page."""
    told = (DELIVERIES.page_id.in_(page_ids), DELIVERIES.kind.in_(NEWS), DELIVERIES.state.in_(GOT_OUT))
    shown = (DELIVERIES.page_id, DELIVERIES.channel_id, DELIVERIES.channel_name, DELIVERIES.user_id)
    wanted = select(*shown, DELIVERIES.username).where(*told, DELIVERIES.channel_id.is_not(None)).distinct()
    return connection.execute(wanted.order_by(DELIVERIES.page_id, DELIVERIES.channel_id)).mappings().all()


def is_anybody_told(connection: Connection, page_id: int) -> bool:
    """Return whether a message of a page was accepted by anybody's channel."""
    told = (DELIVERIES.page_id == page_id, DELIVERIES.state == DeliveryState.SENT)
    return connection.execute(select(DELIVERIES.id).where(*told).limit(1)).first() is not None


def is_any_of_round(connection: Connection, page_id: int, round: int) -> bool:
    """Return whether a round of a page made a message to anybody."""
    mine = (DELIVERIES.page_id == page_id, DELIVERIES.round == round, DELIVERIES.kind == DeliveryKind.PAGE)
    return connection.execute(select(DELIVERIES.id).where(*mine).limit(1)).first() is not None


def of_step(connection: Connection, page_id: int, round: int, step: int) -> Sequence[RowMapping]:
    """Return the messages that a step of a page made, what is due first first."""
    mine = (DELIVERIES.page_id == page_id, DELIVERIES.round == round, DELIVERIES.step == step)
    statement = select(*DELIVERIES).where(*mine, DELIVERIES.kind == DeliveryKind.PAGE)
    return connection.execute(statement.order_by(DELIVERIES.due_at, DELIVERIES.id)).mappings().all()


def abandoned(connection: Connection, limit: int) -> Sequence[RowMapping]:
    """Return unsettled deliveries whose task has ended or is gone, each with `task_state` and `task_error`."""
    joined = table_of(PageDelivery).outerjoin(table_of(TaskRun), RUNS.id == DELIVERIES.task_id)
    columns = (*DELIVERIES, RUNS.state.label("task_state"), RUNS.error.label("task_error"))
    has_ended = or_(RUNS.id.is_(None), RUNS.finished_at.is_not(None))
    statement = select(*columns).select_from(joined).where(IS_UNSETTLED, has_ended)
    return connection.execute(statement.order_by(DELIVERIES.id).limit(limit)).mappings().all()
