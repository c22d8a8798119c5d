"""Ends messages of pages that did not get out, and goes on with the next contact method, or the next step."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.enums import DeliveryKind, DeliveryState, PageState
from app.rules.paging.plans import Plan
from app.rules.paging.reasons import ended
from app.rules.paging.steps import Place
from app.services.ledger.outbox import Outbox
from app.services.paging.page_tasks import Recorded, go_to, send_again
from app.store.paging import page_deliveries, pages

Row = Mapping[Any, Any]
UNSETTLED = (DeliveryState.WAITING, DeliveryState.SENDING)


class PageFailures:
    """Its caller has locked the page, and publishes the tasks that are returned after the commit."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def end(
        self,
        connection: Connection,
        delivery: Row,
        code: str,
        detail: str | None = None,
        state: DeliveryState = DeliveryState.FAILED,
    ) -> Recorded:
        """End a message that was not sent, or of which nobody will know; hurry what comes next."""
        reason = ended(delivery["reason"], code, detail)
        values = {"state": state, "ended_at": clock.now(), "reason": reason}
        if not page_deliveries.change(connection, [delivery["id"]], values):
            return {}
        if delivery["kind"] != DeliveryKind.PAGE:
            return {}
        return self._hurry(connection, delivery)

    def _hurry(self, connection: Connection, delivery: Row) -> Recorded:
        page = pages.find(connection, delivery["page_id"])
        if page is None or page["state"] != PageState.OPEN:
            return {}
        step = page_deliveries.of_step(connection, page["id"], delivery["round"], delivery["step"])
        now = clock.now()
        own = [row for row in step if row["user_id"] == delivery["user_id"] and row["user_id"] is not None]
        if any(row["state"] == DeliveryState.SENT or _is_on_its_way(row, now) for row in own):
            return {}
        later = next((row for row in own if row["state"] == DeliveryState.WAITING), None)
        if later is not None:
            return send_again(connection, self._outbox, [later["id"]], now)
        if any(row["state"] == DeliveryState.SENT or row["state"] in UNSETTLED for row in step):
            return {}
        return self._next_step(connection, page, delivery)

    def _next_step(self, connection: Connection, page: Row, delivery: Row) -> Recorded:
        """Take the step after one that reached nobody now, unless it is one of the next round: rounds have a pause."""
        plan = Plan.of(page["plan"], page["opened_at"])
        is_next = (page["round"], page["step"]) == (delivery["round"], delivery["step"] + 1)
        if not is_next or page["step"] > len(plan.steps):
            return {}
        return go_to(connection, self._outbox, page["id"], Place(page["round"], page["step"], clock.now()))


def _is_on_its_way(row: Row, now: datetime) -> bool:
    is_due = row["state"] == DeliveryState.WAITING and row["due_at"] <= now
    return bool(row["state"] == DeliveryState.SENDING or is_due)
