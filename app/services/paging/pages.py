"""Shows pages, and lets people answer them."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from app import clock
from app.enums import AuditedType, PageState
from app.errors import Conflict, NotFound
from app.rules.paging.page_states import ACKNOWLEDGED, RESOLVED, Turn
from app.rules.paging.plans import Plan
from app.rules.paging.reasons import load
from app.services.access.audit import Editor, record_edit
from app.services.ledger.outbox import Outbox
from app.services.paging.page_turns import PageTurns
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.paging import page_decisions, page_deliveries, pages, setup

Row = Mapping[Any, Any]
SHOWN_ALERTS = 100
"""How many of its alerts are shown with a page: those that are open and severe first."""


class AlertActions(Protocol):
    """Changes alerts on behalf of a person, and tells their sources."""

    def acknowledge_many(self, by: Editor, comment: str | None = None, **choice: Any) -> int:
        """Acknowledge the active ones among some alerts."""

    def resolve_many(self, by: Editor, comment: str | None = None, **choice: Any) -> int:
        """Resolve the open ones among some alerts."""


class PageService:
    """Methods that name a page raise NotFound; all raise DatabaseUnavailable."""

    def __init__(self, database: Database, outbox: Outbox, turns: PageTurns, actions: AlertActions) -> None:
        self._database = database
        self._outbox = outbox
        self._turns = turns
        self._actions = actions

    def list(
        self, page: PageRequest, *, state: str | None = None, route_id: int | None = None, user_id: int | None = None
    ) -> Page:
        """Return a page of pages, newest first; `user_id` chooses those of which a user is told."""
        with self._database.reading() as connection:
            found = pages.fetch(connection, page, state=state, route_id=route_id, user_id=user_id)
            counts = page_decisions.count_alerts(connection, [row["id"] for row in found.items])
        rows = [{**row, "alert_count": counts.get(row["id"], 0)} for row in found.items]
        return Page(rows, found.next_cursor)

    def unended(self) -> Sequence[dict[str, Any]]:
        """Return the pages that are open or acknowledged, the open ones first."""
        with self._database.reading() as connection:
            rows = pages.unended(connection)
            counts = page_decisions.count_alerts(connection, [row["id"] for row in rows])
        return [{**row, "alert_count": counts.get(row["id"], 0)} for row in rows]

    def setup(self, user_id: int) -> dict[str, bool]:
        """Return what it takes to page somebody, in its order, each with whether it is there."""
        with self._database.reading() as connection:
            return setup.done(connection, user_id)

    def get(self, page_id: int) -> dict[str, Any]:
        """Return a page with its plan, history, deliveries and most important alerts."""
        with self._database.reading() as connection:
            page = _found(pages.find(connection, page_id), page_id)
            deliveries = page_deliveries.of_page(connection, page_id)
            alerts = page_decisions.alerts_of(connection, page_id, SHOWN_ALERTS)
            count = page_decisions.count_alerts(connection, [page_id])
        plan = Plan.of(page["plan"], page["opened_at"])
        return {
            **page,
            "plan": plan.dump(),
            "alert_count": count.get(page_id, 0),
            "alerts": alerts,
            "deliveries": [_delivery(row) for row in deliveries],
        }

    def acknowledge(self, page_id: int, by: Editor) -> dict[str, Any]:
        """Record that somebody handles a page: its alerts are acknowledged, and nobody else is paged.

        A page whose steps are over can be acknowledged too. Raises Conflict if it is resolved.
        """
        self._answer(page_id, by, ACKNOWLEDGED)
        return self.get(page_id)

    def resolve(self, page_id: int, by: Editor) -> dict[str, Any]:
        """Record that a page is over: its alerts are resolved."""
        self._answer(page_id, by, RESOLVED)
        return self.get(page_id)

    def _answer(self, page_id: int, by: Editor, turn: Turn) -> None:
        with self._database.reading() as connection:
            page = _found(pages.find(connection, page_id), page_id)
            alert_ids = page_decisions.open_alert_ids(connection, page_id)
        if turn is ACKNOWLEDGED and page["state"] == PageState.RESOLVED:
            raise Conflict(f"page {page_id} is resolved")
        # The alerts first: a page that is not answered because this ends here follows its alerts.
        act = self._actions.acknowledge_many if turn is ACKNOWLEDGED else self._actions.resolve_many
        if alert_ids:
            act(by, ids=alert_ids)
        with self._database.transaction() as connection:
            page = _found(pages.lock(connection, page_id), page_id)
            if page["state"] in (turn.state, PageState.RESOLVED):
                return
            recorded = self._turns.turn(connection, page, turn, by.username)
            record_edit(connection, by, AuditedType.PAGE, page_id, page, {"state": str(turn.state)})
        self._outbox.publish(recorded)


def _found(page: Any, page_id: int) -> Row:
    if page is None:
        raise NotFound(f"there is no page {page_id}")
    row: Row = page
    return row


def _delivery(row: Row) -> dict[str, Any]:
    """Return a delivery with its reason in parts."""
    reason = load(row["reason"])
    shown = {"because": reason.get("because"), "code": reason.get("code"), "detail": reason.get("detail")}
    return {**row, **shown, "is_overdue": row["ended_at"] is None and row["due_at"] < clock.now()}
