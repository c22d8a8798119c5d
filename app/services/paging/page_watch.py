"""Keeps pages going whatever ended: alerts, acknowledgements, or the tasks of steps and messages."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from app import clock
from app.enums import DecisionOutcome, DeliveryState, NotificationKind, PageState, TaskState
from app.rules.paging.decisions import ending_of
from app.rules.paging.reasons import page_reason
from app.rules.paging.steps import Place
from app.rules.response.notifications import KINDS
from app.services.ledger.outbox import Outbox
from app.services.paging.page_failures import PageFailures
from app.services.paging.page_steps import PageSteps
from app.services.paging.page_tasks import Recorded, go_to, send_again
from app.services.paging.page_turns import PageTurns
from app.services.periodic import Interval
from app.store.database.engine import Database
from app.store.paging import page_decisions, page_deliveries, pages

log = structlog.get_logger()
BATCH_SIZE = 200
"""Limits the work of one tick; the next one goes on."""
LOOK_EVERY_S = 5.0
COMMITTED_WITHIN = timedelta(minutes=1)
"""How long after its time the end of an alert may become visible."""

Row = Mapping[Any, Any]


class PageWatch:
    """The leader runs it each second while there is anything to watch. Every change is guarded by the page's lock."""

    def __init__(
        self, database: Database, outbox: Outbox, steps: PageSteps, turns: PageTurns, failures: PageFailures
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._steps = steps
        self._turns = turns
        self._failures = failures
        self._looking = Interval(LOOK_EVERY_S)
        self._looked_at: datetime | None = None

    def tick(self) -> None:
        """Follow alerts and times, replace tasks that are gone, and settle what is left. Raises DatabaseUnavailable."""
        with self._database.reading() as connection:
            to_turn = pages.to_turn(connection, clock.now(), BATCH_SIZE)
            without_step = pages.without_step(connection, BATCH_SIZE)
            abandoned = page_deliveries.abandoned(connection, BATCH_SIZE)
            left_over = page_decisions.left_over(connection, BATCH_SIZE)
        for page_id in to_turn:
            self._turn(page_id)
        for page in without_step:
            self._replace_step(page)
        for delivery in abandoned:
            self._take_up(delivery)
        for page in left_over:
            self._settle(page)

    def look(self) -> None:
        """Resolve exhausted pages whose alerts have ended, now and then: a route may take no event that says so.

        Raises DatabaseUnavailable.
        """
        if not self._looking.is_over():
            return
        now = clock.now()
        since = None if self._looked_at is None else self._looked_at - COMMITTED_WITHIN
        with self._database.reading() as connection:
            page_ids = pages.exhausted_and_over(connection, since, BATCH_SIZE)
        for page_id in page_ids:
            self._turn(page_id)
        if len(page_ids) < BATCH_SIZE:
            self._looked_at = now
        else:
            self._looking.cut_short()

    def _turn(self, page_id: int) -> None:
        with self._database.transaction() as connection:
            page = pages.lock(connection, page_id)
            recorded = None if page is None else self._turns.follow_alerts(connection, page)
        self._outbox.publish(recorded or {})

    def _replace_step(self, seen: Row) -> None:
        """Let a page whose step died go on with the next one; take a step whose task is gone or was cancelled again."""
        with self._database.transaction() as connection:
            page = pages.lock(connection, seen["id"])
            if page is None or page["state"] != PageState.OPEN or page["step_task_id"] != seen["step_task_id"]:
                return
            if seen["task_state"] == TaskState.DEAD:
                recorded = self._steps.pass_over(connection, page)
            else:
                place = Place(page["round"], page["step"], clock.now())
                recorded = go_to(connection, self._outbox, page["id"], place)
        log.warning("page.step_replaced", page_id=seen["id"], task_state=seen["task_state"])
        self._outbox.publish(recorded)

    def _take_up(self, seen: Row) -> None:
        """End a message whose task died or was cancelled; let a new task send one whose task is only gone."""
        with self._database.transaction() as connection:
            pages.lock(connection, seen["page_id"])
            delivery = page_deliveries.find(connection, seen["id"])
            if delivery is None or delivery["task_id"] != seen["task_id"] or delivery["state"] != seen["state"]:
                return
            recorded = self._replace_or_end(connection, delivery, seen)
        log.warning("page.message_abandoned", delivery_id=seen["id"], task_state=seen["task_state"])
        self._outbox.publish(recorded)

    def _replace_or_end(self, connection: Connection, delivery: Row, seen: Row) -> Recorded:
        is_waiting, state = delivery["state"] == DeliveryState.WAITING, seen["task_state"]
        if is_waiting and state in (None, TaskState.SUCCEEDED):
            return send_again(connection, self._outbox, [delivery["id"]], max(clock.now(), delivery["due_at"]))
        code = f"task_{state or 'gone'}"
        # Of a message that was on its way, nobody knows whether it arrived.
        ended = DeliveryState.FAILED if is_waiting else DeliveryState.UNCERTAIN
        return self._failures.end(connection, delivery, code, seen["task_error"], ended)

    def _settle(self, page: Row) -> None:
        """Say what became of the events of a page that has nothing more to send; an exhausted one may end by them."""
        with self._database.transaction() as connection:
            now_there = pages.lock(connection, page["id"])
            if now_there is None or now_there["state"] != page["state"]:
                return
            recorded = self._turns.follow_alerts(connection, now_there)
            if recorded is None:
                _end_events(connection, page)
        self._outbox.publish(recorded or {})


def _end_events(connection: Connection, page: Row) -> None:
    is_told = page_deliveries.is_anybody_told(connection, page["id"])
    for kind in NotificationKind:
        ending = ending_of(PageState(page["state"]), kind, is_anybody_told=is_told)
        if ending is not None:
            _settle(connection, page["id"], kind, ending.outcome, page_reason(ending.code, page))


def _settle(
    connection: Connection, page_id: int, kind: NotificationKind, outcome: DecisionOutcome, reason: Mapping[str, Any]
) -> None:
    kinds = [event for event, told in KINDS.items() if told is kind]
    page_decisions.settle(connection, page_id, kinds, outcome, reason, clock.now())
