"""Records the tasks of pages: each step, and each message, when it is due."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from app.enums import DeliveryKind, DeliveryState
from app.rules.paging.steps import Place
from app.rules.task_params.page import PageStep, SendPage
from app.services.ledger.outbox import Entry, Outbox, new_entry, new_task_id
from app.services.paging.recipients import Recipient
from app.store.paging import page_deliveries, pages

Recorded = dict[str, int | None]
"""Tasks to publish after the commit, as the outbox takes them."""


class PageTasks:
    """The steps and messages that one transaction adds to any number of pages, recorded by a few statements.

    Messages to one channel that are due at the same time have one task, which tells all of them in one message.
    """

    def __init__(self) -> None:
        self._steps: list[Entry] = []
        self._messages: list[dict[str, Any]] = []
        self._senders: dict[tuple[int, datetime], str] = {}

    def add_step(self, task_id: str, page_id: int, place: Place) -> None:
        """Add the task that takes a page to a place of its plan."""
        params = PageStep(page_id=page_id, round=place.round, step=place.step)
        self._steps.append(new_entry(task_id, params, place.at))

    def add_message(self, page: Mapping[Any, Any], kind: DeliveryKind, to: Recipient) -> None:
        """Add a message of a page to a channel."""
        task_id = self._senders.setdefault((to.channel_id, to.due_at), new_task_id(SendPage.type))
        self._messages.append(
            {
                **{"page_id": page["id"], "kind": kind, "round": page["round"], "step": page["step"]},
                **{"user_id": to.user_id, "username": to.username},
                **{"channel_id": to.channel_id, "channel_name": to.channel_name},
                **{"task_id": task_id, "due_at": to.due_at, "state": DeliveryState.WAITING},
                **{"reason": to.stored_reason()},
            }
        )

    def record(self, connection: Connection, outbox: Outbox) -> Recorded:
        """Write everything down; return the tasks."""
        delivery_ids = page_deliveries.add(connection, self._messages) if self._messages else {}
        senders = [
            new_entry(task_id, SendPage(delivery_id=delivery_ids[task_id]), due_at)
            for (_, due_at), task_id in self._senders.items()
        ]
        entries = [*self._steps, *senders]
        if entries:
            outbox.record_all(connection, entries)
        return dict.fromkeys(entry["id"] for entry in entries)


def go_to(connection: Connection, outbox: Outbox, page_id: int, place: Place, **values: Any) -> Recorded:
    """Move a page on to a place of its plan, with other columns to change; return the task that takes it there."""
    task_id = new_task_id(PageStep.type)
    params = PageStep(page_id=page_id, round=place.round, step=place.step)
    outbox.record(connection, task_id, params, run_at=place.at)
    moved = {"round": place.round, "step": place.step, "step_task_id": task_id}
    pages.change(connection, page_id, {**values, **moved})
    return {task_id: None}


def send_again(connection: Connection, outbox: Outbox, delivery_ids: Sequence[int], due_at: datetime) -> Recorded:
    """Let a new task send messages to one channel that wait."""
    task_id = new_task_id(SendPage.type)
    outbox.record(connection, task_id, SendPage(delivery_id=delivery_ids[0]), run_at=due_at)
    page_deliveries.change(connection, delivery_ids, {"task_id": task_id, "due_at": due_at})
    return {task_id: None}
