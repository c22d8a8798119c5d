"""Gathers what a message of pages tells, in the language of its channel."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from app.channels.sender import Message, PageActions
from app.enums import DeliveryKind, Language
from app.rules.paging.page_texts import MAX_PAGES, Part, page_text
from app.rules.paging.plans import Plan
from app.rules.paging.reasons import load
from app.rules.response.notification_texts import LINES
from app.services.response.changes import read_changes
from app.store.paging import page_decisions, pages

Row = Mapping[Any, Any]


class PageMessages:
    """`public_url` is nagare's own address as people know it, without which nothing links to it."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url

    def write(self, connection: Connection, channel: Row, deliveries: Sequence[Row], *, is_repeat: bool) -> Message:
        """Write one message about these deliveries (at least one) to a channel."""
        newest = {row["page_id"]: row for row in deliveries}
        found = pages.some(connection, sorted(newest))
        counts = page_decisions.by_severity(connection, {id_: row["up_to_decision"] for id_, row in newest.items()})
        parts = [
            _part(connection, page, newest[page["id"]], counts[page["id"]], is_first=at < MAX_PAGES)
            for at, page in enumerate(found)
        ]
        language = Language(channel["language"])
        text = page_text(language, channel["timezone"], parts, self._public_url, is_repeat=is_repeat)
        return Message(text.title, text.body, text.tone, _actions(parts, language))


def _part(connection: Connection, page: Row, delivery: Row, counts: Mapping[int, int], *, is_first: bool) -> Part:
    plan, up_to = Plan.of(page["plan"], page["opened_at"]), delivery["up_to_decision"]
    rows = page_decisions.changes(connection, page["id"], up_to, LINES) if is_first else ()
    kind = DeliveryKind(delivery["kind"])
    because = load(delivery["reason"]).get("because", {})
    return Part(
        page_id=page["id"],
        kind=kind,
        title=page["title"],
        plan=plan.name,
        round=delivery["round"] - plan.first_round if delivery["round"] >= plan.first_round else 0,
        step=delivery["step"],
        is_fallback=kind is DeliveryKind.PAGE and delivery["step"] >= len(plan.steps),
        because=because,
        counts=counts,
        changes=read_changes(connection, rows),
        by=page["acknowledged_by"] if kind is DeliveryKind.ACKNOWLEDGED else None,
    )


def _actions(parts: Sequence[Part], language: Language) -> PageActions | None:
    """Return what may be answered: buttons are for one page only."""
    if len(parts) != 1:
        return None
    can_be_answered = parts[0].kind in (DeliveryKind.PAGE, DeliveryKind.UPDATE)
    is_over = parts[0].kind is DeliveryKind.RESOLVED
    return PageActions(
        parts[0].page_id, can_be_acknowledged=can_be_answered, can_be_resolved=not is_over, language=language
    )
