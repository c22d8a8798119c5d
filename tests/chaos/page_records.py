"""The rows that tell of pages, and whether all of them have their ending."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import Connection, select

from app.enums import DecisionOutcome, PageState
from app.models import Alert, AlertDecision, AlertEvent, Page, PageDelivery, TaskRun
from app.models.base import Base
from app.rules.response.notifications import KINDS
from app.store.database.dialects import table_of
from app.store.database.engine import Database
from tests.acceptance.stack import Stack
from tests.acceptance.user import TERMINAL_STATES
from tests.chaos.page_load import PageLoad
from tests.cli.processes import wait_for

SETTLED_WITHIN_S = 240
ENDED_PAGES = (PageState.RESOLVED, PageState.EXHAUSTED)

Row = Mapping[Any, Any]


@dataclass
class Records:
    """All rows that tell of pages."""

    alerts: Sequence[Row]
    events: Sequence[Row]
    decisions: Sequence[Row]
    pages: Sequence[Row]
    deliveries: Sequence[Row]

    @classmethod
    def of(cls, stack: Stack) -> Self:
        """Read them all at one time."""
        with _reading(stack) as connection:
            return cls(*(_all(connection, model) for model in (Alert, AlertEvent, AlertDecision, Page, PageDelivery)))

    @property
    def told_events(self) -> list[Row]:
        """Return the events of the kinds that routes take."""
        return [event for event in self.events if event["kind"] in KINDS]


def settle(load: PageLoad) -> None:
    """Wait until every event has its ending, and cancel the steps that no page waits for any more."""
    load.finish()
    # What does not settle is what the proof is there to name.
    with suppress(AssertionError):
        wait_for(lambda: _is_settled(load.stack), "the pages to settle", SETTLED_WITHIN_S)
    with _reading(load.stack) as connection:
        early = _early_steps(connection)
    user = load.stack.new_user()
    for task_id in sorted(early):
        user.http.post(f"/tasks/{task_id}/cancel")


def _is_settled(stack: Stack) -> bool:
    """Return whether nothing happens any more."""
    events, decisions = AlertEvent.__table__.c, AlertDecision.__table__.c
    pages, deliveries, runs = Page.__table__.c, PageDelivery.__table__.c, TaskRun.__table__.c
    open_ends = (
        select(events.id).where(events.is_pending),
        select(decisions.id).where(decisions.outcome == DecisionOutcome.PENDING),
        select(deliveries.id).where(deliveries.ended_at.is_(None)),
        select(pages.id).where(pages.state.not_in(ENDED_PAGES)),
    )
    with _reading(stack) as connection:
        is_any_open = any(connection.execute(statement.limit(1)).first() for statement in open_ends)
        running = {*connection.execute(select(runs.id).where(runs.state.not_in(TERMINAL_STATES))).scalars()}
        return not is_any_open and running <= _early_steps(connection)


def _early_steps(connection: Connection) -> set[str]:
    """Return the tasks that would take a step of a page that has ended, once they are due."""
    ended = {*connection.execute(select(Page.id).where(Page.state != PageState.OPEN)).scalars()}
    waiting = select(TaskRun.id, TaskRun.params).where(TaskRun.type == "page_step", TaskRun.state == "queued")
    return {row.id for row in connection.execute(waiting) if row.params["page_id"] in ended}


@contextmanager
def _reading(stack: Stack) -> Iterator[Connection]:
    with closing(Database(stack.settings["DATABASE_URL"], durable=False)) as database, database.reading() as connection:
        yield connection


def _all(connection: Connection, model: type[Base]) -> Sequence[Row]:
    table = table_of(model)
    return connection.execute(select(table).order_by(table.c.id)).mappings().all()
