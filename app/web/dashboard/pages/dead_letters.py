"""Dead letters: list, group, show, retry, discard; one, or all that match."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response

from app.enums import Role, TaskType
from app.web.context import services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import back, filters_of, read_form, read_query
from app.web.dashboard.pages.monitors import monitor_names
from app.web.dashboard.pages.tasks import parts_of
from app.web.dashboard.task_subjects import with_subjects
from app.web.dashboard.translation import translate, translate_or
from app.web.schemas.dead_letters import DeadLetterFilterSchema, DeadLetterQuerySchema

LETTERS = "/dead-letters"
LETTER = LETTERS + "/<task_id:task_id>"


@dashboard.page(LETTERS, role=Role.VIEWER)
def dead_letters() -> str:
    """List the dead letters, newest first, below their groups by monitor and cause."""
    query = read_query(DeadLetterQuerySchema)
    filters, monitors = filters_of(query), monitor_names()
    page, groups = services().ledger.dead_letters.list(**query), services().ledger.dead_letters.groups(**filters)
    return render(
        "dead_letters",
        page={"items": with_subjects(page.items, monitors), "next_cursor": page.next_cursor},
        groups=groups,
        total=sum(group["count"] for group in groups),
        in_words=lambda more: _in_words({**filters, **more}, monitors),
        filters=filters,
        monitors=monitors,
        types=list(TaskType),
    )


@dashboard.page(LETTER, role=Role.VIEWER)
def dead_letter(task_id: str) -> str:
    """Show one dead letter with its traceback and its parts."""
    letter, monitors = services().ledger.dead_letters.get(task_id), monitor_names()
    return render("dead_letter", letter=letter, parts=with_subjects(parts_of(task_id), monitors), monitors=monitors)


@dashboard.action(LETTER + "/retry", role=Role.OPERATOR)
def retry_dead_letter(task_id: str) -> Response:
    """Retry a dead task."""
    services().ledger.dead_letters.retry(task_id)
    return lead_to(f"/tasks/{task_id}", "flash.retried_one")


@dashboard.action(LETTER + "/discard", role=Role.ADMIN)
def discard_dead_letter(task_id: str) -> Response:
    """Discard a dead letter."""
    services().ledger.dead_letters.discard(task_id)
    return lead_to(LETTERS, "flash.discarded", count=1)


@dashboard.action(LETTERS + "/retry", role=Role.OPERATOR)
def retry_dead_letters() -> Response:
    """Retry all dead tasks that match the filters, unless there are more than the button said."""
    count = services().ledger.dead_letters.retry_many(**read_form(DeadLetterFilterSchema))
    return lead_to(back(LETTERS), "flash.retried", count=count)


@dashboard.action(LETTERS + "/discard", role=Role.ADMIN)
def discard_dead_letters() -> Response:
    """Discard all dead letters that match the filters, unless there are more than the button said."""
    count = services().ledger.dead_letters.discard_many(**read_form(DeadLetterFilterSchema))
    return lead_to(back(LETTERS), "flash.discarded", count=count)


def _in_words(filters: Mapping[str, Any], monitors: Mapping[int, str]) -> str:
    """Return a filter as a person would say it."""
    said: Mapping[str, Callable[[Any], str]] = {
        "type": lambda value: translate_or(f"task_type.{value}", value),
        "monitor_id": lambda value: monitors.get(value, str(value)),
        "reason": lambda value: translate_or(f"reason.{value}", value),
        "cause": lambda value: translate_or(f"reason.{value}", value),
        "q": str,
    }
    words = [translate(f"dead.words_{name}", value=said[name](value)) for name, value in filters.items()]
    return translate("dead.comma").join(words) or translate("dead.every")
