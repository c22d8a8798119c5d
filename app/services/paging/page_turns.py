"""Gives a page another state, and tells those who were told of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.enums import DeliveryKind, DeliveryState, PageState
from app.rules.paging.page_states import AlertCounts, Turn, turn_of
from app.rules.paging.plans import Plan
from app.rules.paging.reasons import ended, with_entry
from app.rules.paging.steps import first_place
from app.services.ledger.outbox import Outbox
from app.services.paging.page_tasks import PageTasks, Recorded, go_to
from app.services.paging.recipients import Recipient
from app.store.paging import page_decisions, page_deliveries, pages

Row = Mapping[Any, Any]
TOLD_BY = {PageState.ACKNOWLEDGED: DeliveryKind.ACKNOWLEDGED, PageState.RESOLVED: DeliveryKind.RESOLVED}


class PageTurns:
    """Every method works on a page that its caller has locked, and returns the tasks to publish after the commit."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def follow_alerts(self, connection: Connection, page: Row) -> Recorded | None:
        """Give a page the state that its alerts and the time say; return None if it keeps its state."""
        counts = AlertCounts(**page_decisions.counts(connection, page["id"]))
        state, now = PageState(page["state"]), clock.now()
        is_reopened = Plan.of(page["plan"], page["opened_at"]).is_reopened
        turn = turn_of(state, counts, now, page["acknowledged_until"], is_reopened=is_reopened)
        if turn is None:
            return None
        is_answer = turn.state is PageState.ACKNOWLEDGED
        by = page_decisions.last_acknowledger(connection, page["id"]) if is_answer else None
        return self.turn(connection, page, turn, by)

    def turn(self, connection: Connection, page: Row, turn: Turn, by: str | None = None) -> Recorded:
        """Give a page a state; `by` is the person who did it, and is not told."""
        now = clock.now()
        self._skip_waiting(connection, page, turn, now)
        values: dict[str, Any] = {
            "state": turn.state,
            "history": with_entry(page["history"], now, turn.code, **({"by": by} if by else {})),
        }
        if turn.state is PageState.OPEN:
            return self._begin_anew(connection, page, values, now)
        if turn.state is PageState.ACKNOWLEDGED:
            held_s = Plan.of(page["plan"], page["opened_at"]).acknowledgement_s
            values |= {"acknowledged_at": now, "acknowledged_by": by, "ended_at": None}
            values["acknowledged_until"] = None if held_s is None else now + timedelta(seconds=held_s)
        else:
            values["ended_at"] = now
        pages.change(connection, page["id"], values)
        return self.tell(connection, {**page, **values}, by)

    def tell(self, connection: Connection, page: Row, by: str | None = None) -> Recorded:
        """Tell all channels that were told of a page how it ended, unless they were."""
        kind = TOLD_BY.get(PageState(page["state"]))
        if kind is None:
            return {}
        told = page_deliveries.of_page(connection, page["id"])
        done = {row["channel_id"] for row in told if row["kind"] == kind and row["round"] == page["round"]}
        tasks = PageTasks()
        for row in page_deliveries.told_channels(connection, [page["id"]]):
            if row["channel_id"] in done or (by is not None and row["username"] == by):
                continue
            tasks.add_message(page, kind, Recipient.told_before(row, clock.now()))
            done.add(row["channel_id"])
        return tasks.record(connection, self._outbox)

    def exhaust(self, connection: Connection, page: Row) -> None:
        """End a page whose steps are over. What still waits for the end of quiet hours is sent nevertheless."""
        now = clock.now()
        history = with_entry(page["history"], now, "exhausted")
        ended_now = {"state": PageState.EXHAUSTED, "ended_at": now, "step_task_id": None, "history": history}
        pages.change(connection, page["id"], ended_now)

    def _begin_anew(self, connection: Connection, page: Row, values: Mapping[str, Any], now: datetime) -> Recorded:
        """Open a page again whose acknowledgement expired."""
        plan = Plan.of(page["plan"], page["opened_at"]).begun_anew(page["round"] + 1, now).reopened()
        anew = {**values, "plan": plan.dump(), "acknowledged_until": None}
        if pages.is_another_open(connection, page):
            # Alerts that fired meanwhile have a page of their own, which others join.
            anew["group_key"] = f"{page['group_key']}:{page['id']}"
        return go_to(connection, self._outbox, page["id"], first_place(plan, now), **anew)

    def _skip_waiting(self, connection: Connection, page: Row, turn: Turn, now: datetime) -> None:
        for row in page_deliveries.waiting_of(connection, [page["id"]]):
            reason = ended(row["reason"], f"page_{turn.code}")
            values = {"state": DeliveryState.SKIPPED, "ended_at": now, "reason": reason}
            page_deliveries.change(connection, [row["id"]], values)
