"""Escalations: list, add, edit, delete."""

from collections.abc import Mapping, Sequence
from itertools import count, takewhile
from typing import Any

from flask import Response, request

from app.enums import PageTarget, Role
from app.store.database.pages import PageRequest
from app.web.context import current_editor, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import read_query
from app.web.schemas.base import RequestSchema
from app.web.schemas.escalations import MAX_REPEATS, MAX_STEPS, EscalationChangesSchema, NewEscalationSchema
from app.web.schemas.pages import PageQuerySchema

ESCALATION = "/escalations/<id:escalation_id>"
MINUTE_S = 60
BLANK_STEPS = 3
"""How many steps a form offers beyond those that there are."""
ALL = PageRequest(limit=500)

Row = Mapping[Any, Any]


@dashboard.page("/escalations", role=Role.VIEWER)
def escalations() -> str:
    """List the escalations."""
    query = read_query(PageQuerySchema)
    return render("escalations", page=services().paging.escalations.list(**query), **_choices(None))


@dashboard.page(ESCALATION, role=Role.ADMIN)
def escalation(escalation_id: int) -> str:
    """Show the form of an escalation."""
    found = services().paging.escalations.get(escalation_id)
    return render("escalation", one=found, **_choices(found))


@dashboard.action("/escalations", role=Role.ADMIN)
def add_escalation() -> Response:
    """Add an escalation."""
    made = services().paging.escalations.create(_form(NewEscalationSchema), current_editor())
    return lead_to("/escalations", "flash.escalation_added", name=made["name"])


@dashboard.action(ESCALATION, role=Role.ADMIN)
def edit_escalation(escalation_id: int) -> Response:
    """Change an escalation."""
    fields = _form(EscalationChangesSchema)
    changed = services().paging.escalations.update(escalation_id, fields, current_editor())
    return lead_to("/escalations", "flash.saved", name=changed["name"])


@dashboard.action(ESCALATION + "/delete", role=Role.ADMIN)
def delete_escalation(escalation_id: int) -> Response:
    """Delete an escalation."""
    name = services().paging.escalations.get(escalation_id)["name"]
    services().paging.escalations.delete(escalation_id, current_editor())
    return lead_to("/escalations", "flash.deleted", name=name)


def _form(schema: type[RequestSchema]) -> dict[str, Any]:
    """Return the form's fields as JSON would have had them. Raises ValidationError."""
    form = request.form
    numbers = takewhile(lambda number: f"after-{number}" in form, count())
    steps = [
        {"after_s": _seconds(form[f"after-{number}"]) or 0, "targets": [_target(each) for each in targets]}
        for number in numbers
        if (targets := [each for each in form.getlist(f"targets-{number}") if each])
    ]
    repeats = form.get("repeats", "0")
    loaded: dict[str, Any] = schema().load(
        {
            "name": form.get("name", ""),
            "team_id": _number(form.get("team_id", "")) or None,
            "steps": steps,
            "repeats": _number(repeats) if repeats else None,
            "acknowledgement_s": _seconds(form.get("acknowledgement", "")),
            "fallback": _target(form["fallback"]) if form.get("fallback") else None,
        }
    )
    return loaded


def _target(text: str) -> dict[str, Any]:
    type_, _, id_ = text.partition(":")
    return {"type": type_, "id": _number(id_)}


def _seconds(minutes: str) -> Any:
    """Return a time in minutes in seconds; None for a blank field; what is no number is refused by the schema."""
    number = _number(minutes.strip())
    return number * MINUTE_S if isinstance(number, int) else number or None


def _number(text: str) -> Any:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < len("1" * 10) else text


def _choices(one: Row | None) -> dict[str, Any]:
    """Return what the form offers."""
    steps: Sequence[Row] = one["steps"] if one is not None else ()
    blank = {"after_s": 0, "targets": []}
    return {
        "steps": [*steps, *[blank] * (BLANK_STEPS if len(steps) + BLANK_STEPS <= MAX_STEPS else 0)],
        "repeats": range(MAX_REPEATS + 1),
        "teams": [(row["id"], row["name"]) for row in services().contacts.teams.list(ALL).items],
        "targets": _targets(),
        "others": [
            (row["id"], row["name"])
            for row in services().paging.escalations.list(ALL).items
            if one is None or row["id"] != one["id"]
        ],
    }


def _targets() -> dict[str, list[tuple[int, str]]]:
    """Return whom a step can page, by type."""
    app = services()
    found = {
        PageTarget.ROTA: [(row["id"], row["name"]) for row in app.on_call.rotas.list(ALL).items],
        PageTarget.USER: [(row["id"], row["username"]) for row in app.access.users.list(ALL).items if row["enabled"]],
        PageTarget.TEAM: [(row["id"], row["name"]) for row in app.contacts.teams.list(ALL).items],
        PageTarget.CHANNEL: [(row["id"], row["name"]) for row in app.contacts.channels.list(ALL).items],
    }
    return {str(type_): rows for type_, rows in found.items()}
