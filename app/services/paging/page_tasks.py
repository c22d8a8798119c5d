"""Records the tasks of pages: each step, and each message, when it is due."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from app.enums import DeliveryKind, DeliveryState
from app.rules.paging.steps import Place
from app.rules.task_params.page import PageStep, SendPage
from app.services.ledger.outbox import Outbox, new_task_id
from app.services.paging.recipients import Recipient
from app.store.paging import page_deliveries, pages

Recorded = dict[str, int | None]
"""Tasks to publish after the commit, as the outbox takes them."""


def go_to(connection: Connection, outbox: Outbox, page_id: int, place: Place, **values: Any) -> Recorded:
    """Move a page on to a place of its plan, with other columns to change; return the task that takes it there."""
    task_id = new_task_id(PageStep.type)
    params = PageStep(page_id=page_id, round=place.round, step=place.step)
    outbox.record(connection, task_id, params, run_at=place.at)
    moved = {"round": place.round, "step": place.step, "step_task_id": task_id}
    pages.change(connection, page_id, {**values, **moved})
    return {task_id: None}


def add_delivery(
    connection: Connection, outbox: Outbox, page: Mapping[Any, Any], kind: DeliveryKind, to: Recipient
) -> Recorded:
    """Add a message of a page to a channel; return the task that sends it."""
    task_id = new_task_id(SendPage.type)
    row = {
        **{"page_id": page["id"], "kind": kind, "round": page["round"], "step": page["step"]},
        **{"user_id": to.user_id, "username": to.username},
        **{"channel_id": to.channel_id, "channel_name": to.channel_name},
        **{"task_id": task_id, "due_at": to.due_at, "state": DeliveryState.WAITING, "reason": to.stored_reason()},
    }
    delivery_id = page_deliveries.add(connection, row)
    outbox.record(connection, task_id, SendPage(delivery_id=delivery_id), run_at=to.due_at)
    return {task_id: None}


def send_again(connection: Connection, outbox: Outbox, delivery_id: int, due_at: datetime) -> Recorded:
    """Let a new task send a message that waits."""
    task_id = new_task_id(SendPage.type)
    outbox.record(connection, task_id, SendPage(delivery_id=delivery_id), run_at=due_at)
    page_deliveries.change(connection, [delivery_id], {"task_id": task_id, "due_at": due_at})
    return {task_id: None}
