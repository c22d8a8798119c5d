"""Dead letters: list, group, show, retry, discard; one, or all that match."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response
from marshmallow import fields

from app.enums import Role, TaskType
from app.web.context import services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.bulk import ask, is_confirmed
from app.web.dashboard.flash import lead_to
from app.web.dashboard.formats import number
from app.web.dashboard.forms import back, filters_of, given_filters, read_form, read_query
from app.web.dashboard.pages.monitors import monitor_names
from app.web.dashboard.pages.tasks import parts_of
from app.web.dashboard.task_subjects import with_subjects
from app.web.dashboard.translation import translate, translate_or
from app.web.schemas.dead_letters import DeadLetterFilterSchema, DeadLetterQuerySchema
from app.web.schemas.fields import Boolean

LETTERS = "/dead-letters"
LETTER = LETTERS + "/<task_id:task_id>"
FILTERS = ("type", "monitor_id", "reason", "cause", "q")


class LetterChoiceSchema(DeadLetterFilterSchema):
    """The ticked dead letters, or everything that the filters match; and the number that somebody has confirmed."""

    everything = Boolean()
    confirmed = fields.String()


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
        given=given_filters(),
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
def retry_dead_letters() -> Response | str:
    """Retry the chosen dead tasks, or all that match the filters, unless there are more than the button said."""
    chosen = _choice()
    count = chosen["expected_total"]
    if not is_confirmed(count):
        question = translate("dead.confirm_retry", count=number(count), filter=_said(chosen))
        return ask(question, translate("dead.retry_count", count=number(count)), count, LETTERS)
    return lead_to(back(LETTERS), "flash.retried", count=services().ledger.dead_letters.retry_many(**chosen))


@dashboard.action(LETTERS + "/discard", role=Role.ADMIN)
def discard_dead_letters() -> Response | str:
    """Discard the chosen dead letters, or all that match the filters, unless there are more than the button said."""
    chosen = _choice()
    count = chosen["expected_total"]
    if not is_confirmed(count):
        question = translate("dead.confirm_discard", count=number(count), filter=_said(chosen))
        return ask(question, translate("dead.discard_count", count=number(count)), count, LETTERS)
    return lead_to(back(LETTERS), "flash.discarded", count=services().ledger.dead_letters.discard_many(**chosen))


def _choice() -> dict[str, Any]:
    """Return which dead letters a form means: the ticked ones, or everything that its filters match."""
    form: dict[str, Any] = read_form(LetterChoiceSchema)
    form.pop("confirmed", None)
    is_everything = form.pop("everything", "ids" not in form)
    if not is_everything:
        return {"ids": form["ids"], "expected_total": len(form["ids"])}
    form.pop("ids", None)
    if "expected_total" not in form:
        form["expected_total"] = sum(
            group["count"] for group in services().ledger.dead_letters.groups(**_filters(form))
        )
    return form


def _filters(chosen: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in chosen.items() if name in FILTERS}


def _said(chosen: Mapping[str, Any]) -> str:
    return translate("dead.selected") if "ids" in chosen else _in_words(_filters(chosen), monitor_names())


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
