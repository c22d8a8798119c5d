"""Takes the steps of pages: the work of a task of type `page_step`."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from app import clock
from app.enums import DeliveryKind, PageState
from app.rules.paging.plans import Plan, Target
from app.rules.paging.reasons import with_entry
from app.rules.paging.steps import Action, Place, Reached, action_at, first_place, place_after
from app.services.ledger.outbox import Outbox
from app.services.paging.page_tasks import PageTasks, Recorded, go_to
from app.services.paging.page_turns import PageTurns
from app.services.paging.recipients import Found, Recipients
from app.store.database.engine import Database
from app.store.paging import page_deliveries, pages

log = structlog.get_logger()

Row = Mapping[Any, Any]


class PageSteps:
    """Each step is one transaction, which also records the task of the next one. Raises DatabaseUnavailable."""

    def __init__(self, database: Database, outbox: Outbox, recipients: Recipients, turns: PageTurns) -> None:
        self._database = database
        self._outbox = outbox
        self._recipients = recipients
        self._turns = turns

    def take(self, page_id: int, round: int, step: int) -> dict[str, Any]:
        """Take a step of a page, unless the page has moved on or needs nobody any more."""
        with self._database.transaction() as connection:
            page = pages.lock(connection, page_id)
            if page is None or page["state"] != PageState.OPEN or (page["round"], page["step"]) != (round, step):
                return {"page_id": page_id, "taken": False}
            recorded = self._turns.follow_alerts(connection, page)
            if recorded is None:
                recorded = self._take(connection, page)
        self._outbox.publish(recorded)
        return {"page_id": page_id, "taken": True}

    def pass_over(self, connection: Connection, page: Row) -> Recorded:
        """Go on from a step whose task failed for good, in the transaction of the caller, which has locked the page."""
        now, plan = clock.now(), Plan.of(page["plan"], page["opened_at"])
        history = with_entry(page["history"], now, "step_failed", step=page["step"], round=page["round"])
        place = place_after(plan, page["round"], page["step"], Reached(step=False, round=True), now)
        return go_to(connection, self._outbox, page["id"], place, history=history)

    def _take(self, connection: Connection, page: Row) -> Recorded:
        now, plan = clock.now(), Plan.of(page["plan"], page["opened_at"])
        match action_at(plan, page["step"]), plan.fallback:
            case Action.TAKE, _:
                return self._tell(connection, page, plan, plan.steps[page["step"]].targets, now)
            case Action.FALL_BACK, Target() as target:
                return self._tell(connection, page, plan, [target], now)
            case Action.CHANGE_PLAN, Plan() as other:
                begun = other.begun_anew(page["round"] + 1, now)
                history = with_entry(page["history"], now, "changed_plan", plan=begun.name)
                values = {"plan": begun.dump(), "history": history}
                return go_to(connection, self._outbox, page["id"], first_place(begun, now), **values)
        self._turns.exhaust(connection, page)
        log.warning("page.exhausted", page_id=page["id"], route=page["route_name"])
        return {}

    def _tell(
        self, connection: Connection, page: Row, plan: Plan, targets: Iterable[Target], now: datetime
    ) -> Recorded:
        found = self._recipients.find(connection, targets, page["severity"], now)
        tasks = PageTasks()
        for to in found.recipients:
            tasks.add_message(page, DeliveryKind.PAGE, to)
        recorded = tasks.record(connection, self._outbox)
        is_any = page_deliveries.is_any_of_round(connection, page["id"], page["round"])
        place, history = after_step(page, plan, found, now, is_round_reached=is_any)
        log.info("page.step", page_id=page["id"], told=len(found.recipients), missed=len(found.missed))
        return recorded | go_to(connection, self._outbox, page["id"], place, history=history)


def after_step(
    page: Row, plan: Plan, found: Found, now: datetime, *, is_round_reached: bool
) -> tuple[Place, list[Any]]:
    """Return the place after a step of a page that reached these people, and the page's history with the step."""
    reached = Reached(step=bool(found.recipients), round=is_round_reached)
    place = place_after(plan, page["round"], page["step"], reached, now)
    about = {"round": page["round"], "step": page["step"], "told": found.names, "missed": found.missed}
    kind = "fallback" if page["step"] >= len(plan.steps) else "step"
    return place, with_entry(page["history"], now, kind, plan=plan.name, **about, **_then(plan, place))


def _then(plan: Plan, place: Place) -> dict[str, Any]:
    return {"next_at": place.at.isoformat(), "next": str(action_at(plan, place.step))}
