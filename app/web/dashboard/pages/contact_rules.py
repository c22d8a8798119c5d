"""A person's contact rules: add, edit in place, order, delete. Admins manage those of every user."""

from typing import Any

from flask import Response
from marshmallow import validate

from app.enums import Severity
from app.web.context import current_editor, services
from app.web.dashboard.blueprint import render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import read_form
from app.web.dashboard.pages.contact_methods import PAGE
from app.web.dashboard.people import Person, action_of_person, page_of_person
from app.web.dashboard.visitor_settings import zone
from app.web.schemas.base import RequestSchema
from app.web.schemas.contact_rules import MAX_AFTER_S, ContactRuleChangeSchema, ContactRuleChangesSchema
from app.web.schemas.fields import Integer, Text, code, row_id

RULES = "/contact-rules"
RULE = RULES + "/<id:rule_id>"


class RuleFormSchema(RequestSchema):
    """A rule as the form has it: minutes, and the quiet hours as two fields."""

    channel_id = row_id(required=True)
    after_min = Integer(validate=validate.Range(0, MAX_AFTER_S // 60), required=True)
    min_severity = code(Severity, required=True)
    quiet_from = Text(max=5, allow_none=True)
    quiet_until = Text(max=5, allow_none=True)
    timezone = Text(min=1, max=64, required=True)
    wake_severity = code(Severity, allow_none=True)


class PositionSchema(RequestSchema):
    """Where a rule is moved."""

    position = Integer(required=True, validate=validate.Range(0))


@action_of_person(RULES)
def add_contact_rule(person: Person) -> Response:
    """Add a rule behind the others."""
    rule = ContactRuleChangeSchema().load(_rule(read_form(RuleFormSchema)))
    services().contacts.contact_rules.add(person.id, rule, current_editor())
    return _saved(person)


@page_of_person(RULE)
def contact_rule(person: Person, rule_id: int) -> str:
    """Show the form of a rule."""
    return render(
        "contact_rule",
        person=person,
        rule=services().contacts.contact_rules.find(person.id, rule_id),
        methods=services().contacts.contact_methods.list(person.id),
        severities=list(Severity),
        zone=str(zone()),
    )


@action_of_person(RULE)
def edit_contact_rule(person: Person, rule_id: int) -> Response:
    """Change a rule; it keeps its place."""
    changes = ContactRuleChangesSchema().load(_rule(read_form(RuleFormSchema)))
    services().contacts.contact_rules.change(person.id, rule_id, changes, current_editor())
    return _saved(person)


@action_of_person(RULE + "/move")
def move_contact_rule(person: Person, rule_id: int) -> Response:
    """Put a rule in another place among the person's."""
    position = read_form(PositionSchema)["position"]
    services().contacts.contact_rules.change(person.id, rule_id, {"position": position}, current_editor())
    return _saved(person)


@action_of_person(RULE + "/delete")
def delete_contact_rule(person: Person, rule_id: int) -> Response:
    """Delete a rule."""
    services().contacts.contact_rules.delete(person.id, rule_id, current_editor())
    return _saved(person)


def _rule(form: dict[str, Any]) -> dict[str, Any]:
    """Return the form as a rule of the API."""
    begins, ends = form.pop("quiet_from", None), form.pop("quiet_until", None)
    form["quiet_hours"] = {"from": begins or "", "until": ends or ""} if begins or ends else None
    form["after_s"] = form.pop("after_min") * 60
    return {"wake_severity": None, **form}


def _saved(person: Person) -> Response:
    return lead_to(person.base + PAGE, "flash.rules_saved")
