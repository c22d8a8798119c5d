"""Says what became of each event of an alert: whom it was to reach, by what, and whether it did."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.errors import NotFound
from app.rules.paging.outcomes import outcome_of
from app.rules.paging.reasons import load
from app.rules.response.notifications import KINDS
from app.store.database.engine import Database
from app.store.paging import page_decisions, page_deliveries, pages

EVENTS = 50
MAX_DELIVERIES = 200
"""How many messages of a page are shown with an event: the newest."""

Row = Mapping[Any, Any]


class WhyService:
    """Reads the rows that were written when it happened, and computes nothing. Raises DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_alert(self, alert_id: int, before: int | None = None, limit: int = EVENTS) -> dict[str, Any]:
        """Return the newest events of an alert that people can be told of, those before an event if one is given.

        Each has its decisions, and those their pages with the messages. `next_before` continues the list. Raises
        NotFound.
        """
        with self._database.reading() as connection:
            if not page_decisions.is_alert(connection, alert_id):
                raise NotFound(f"there is no alert {alert_id}")
            events = page_decisions.events_of(connection, alert_id, [*KINDS], before, limit + 1)
            shown = events[:limit]
            decided = page_decisions.of_alert(connection, alert_id, [event["id"] for event in shown])
            page_ids = sorted({row["page_id"] for row in decided if row["page_id"] is not None})
            found = {page["id"]: page for page in pages.some(connection, page_ids)}
            messages = page_deliveries.of_pages(connection, page_ids)
        lines = {event["id"]: [row for row in decided if row["event_id"] == event["id"]] for event in shown}
        items = [_line(event, lines[event["id"]], found, messages) for event in shown]
        return {"items": items, "next_before": shown[-1]["id"] if len(events) > limit else None}


def _line(event: Row, decided: Sequence[Row], found: Mapping[int, Row], messages: Sequence[Row]) -> dict[str, Any]:
    outcome = outcome_of((row["outcome"] for row in decided), is_pending=event["is_pending"])
    return {
        **event,
        "outcome": outcome,
        "decisions": [{**row, "page": _page(found.get(row["page_id"]), row["page_id"], messages)} for row in decided],
    }


def _page(page: Row | None, page_id: int | None, messages: Sequence[Row]) -> dict[str, Any] | None:
    if page is None:
        return None
    mine = [row for row in messages if row["page_id"] == page_id][-MAX_DELIVERIES:]
    return {**page, "deliveries": [{**row, **_told(row)} for row in mine]}


def _told(row: Row) -> dict[str, Any]:
    reason = load(row["reason"])
    return {"because": reason.get("because"), "code": reason.get("code"), "detail": reason.get("detail")}
