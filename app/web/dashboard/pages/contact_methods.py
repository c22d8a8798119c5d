"""A user's own contact methods and rules: add an address, type its code, order the rules."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import validate

from app.enums import Role, Severity
from app.rules.task_params.contacts import TryChannel
from app.web.context import current_editor, current_user, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import read_form, requester
from app.web.dashboard.pages.channels import channel_choices, settings_field
from app.web.schemas.base import RequestSchema
from app.web.schemas.channels import MAX_URL, CodeSchema, ContactMethodChangesSchema, NewContactMethodSchema
from app.web.schemas.contact_rules import MAX_AFTER_S, ContactRulesChangeSchema
from app.web.schemas.fields import Integer, Text, code, row_id

PAGE = "/contact-methods"
METHOD = PAGE + "/<id:channel_id>"
RULES = "/contact-rules"
RULE = RULES + "/<int:place>"


class NewMethodFormSchema(NewContactMethodSchema):
    """A new contact method as the form has it."""

    url = Text(min=1, max=MAX_URL)
    settings = settings_field()


class MethodFormSchema(ContactMethodChangesSchema):
    """Changes to a contact method as the form has them: a blank address keeps the stored one."""

    settings = settings_field()


class RuleFormSchema(RequestSchema):
    """A rule as the form has it: minutes, and the quiet hours as two fields."""

    channel_id = row_id(required=True)
    after_min = Integer(validate=validate.Range(0, MAX_AFTER_S // 60), required=True)
    min_severity = code(Severity, required=True)
    quiet_from = Text(max=5, allow_none=True)
    quiet_until = Text(max=5, allow_none=True)
    timezone = Text(min=1, max=64, required=True)
    wake_severity = code(Severity, allow_none=True)


@dashboard.page(PAGE, role=Role.VIEWER)
def contact_methods() -> str:
    """Show by which addresses the user is told, and when."""
    return render(
        "contact_methods",
        methods=services().contacts.contact_methods.list(_me()),
        told=services().contacts.contact_rules.get(_me()),
        severities=list(Severity),
        **channel_choices(),
    )


@dashboard.page(METHOD, role=Role.VIEWER)
def contact_method(channel_id: int) -> str:
    """Show the form of one of the user's addresses."""
    found = services().contacts.contact_methods.get(_me(), channel_id)
    return render("channel", channel=found, address=f"{PAGE}/{channel_id}", teams={}, **channel_choices())


@dashboard.action(PAGE, role=Role.VIEWER)
def add_contact_method() -> Response:
    """Add an address; a code is sent there."""
    made = services().contacts.contact_methods.create(_me(), read_form(NewMethodFormSchema), current_editor())
    return lead_to(PAGE, "flash.code_sent", name=made["name"])


@dashboard.action(METHOD, role=Role.VIEWER)
def edit_contact_method(channel_id: int) -> Response:
    """Change, enable or disable an address."""
    changes = read_form(MethodFormSchema)
    changed = services().contacts.contact_methods.update(_me(), channel_id, changes, current_editor())
    return lead_to(PAGE, "flash.saved", name=changed["name"])


@dashboard.action(METHOD + "/code", role=Role.VIEWER)
def send_code(channel_id: int) -> Response:
    """Send a new code."""
    services().contacts.contact_methods.send_code(_me(), channel_id, current_editor())
    return lead_to(PAGE, "flash.code_sent", name=_name(channel_id))


@dashboard.action(METHOD + "/verify", role=Role.VIEWER)
def verify_contact_method(channel_id: int) -> Response:
    """Verify an address by its code."""
    typed = read_form(CodeSchema)["code"]
    verified = services().contacts.contact_methods.verify(_me(), channel_id, typed, current_editor())
    return lead_to(PAGE, "flash.verified", name=verified["name"])


@dashboard.action(METHOD + "/test", role=Role.VIEWER)
def try_contact_method(channel_id: int) -> Response:
    """Queue a test message."""
    services().contacts.contact_methods.require_verified(_me(), channel_id)
    services().ledger.submit.accept(requester(), TryChannel(channel_id=channel_id))
    return lead_to(PAGE, "flash.notification_tried", name=_name(channel_id))


@dashboard.action(METHOD + "/delete", role=Role.VIEWER)
def delete_contact_method(channel_id: int) -> Response:
    """Delete an address with the rules about it."""
    name = _name(channel_id)
    services().contacts.contact_methods.delete(_me(), channel_id, current_editor())
    return lead_to(PAGE, "flash.deleted", name=name)


@dashboard.action(RULES, role=Role.VIEWER)
def add_contact_rule() -> Response:
    """Add a rule behind the others."""
    return _replace([*_rules(), _rule(read_form(RuleFormSchema))])


@dashboard.action(RULE + "/up", role=Role.VIEWER)
def raise_contact_rule(place: int) -> Response:
    """Put a rule before the one above it."""
    rules = _rules()
    if 0 < place < len(rules):
        rules[place - 1 : place + 1] = [rules[place], rules[place - 1]]
    return _replace(rules)


@dashboard.action(RULE + "/down", role=Role.VIEWER)
def lower_contact_rule(place: int) -> Response:
    """Put a rule behind the one below it."""
    rules = _rules()
    if place < len(rules) - 1:
        rules[place : place + 2] = [rules[place + 1], rules[place]]
    return _replace(rules)


@dashboard.action(RULE + "/delete", role=Role.VIEWER)
def delete_contact_rule(place: int) -> Response:
    """Delete a rule."""
    return _replace([rule for number, rule in enumerate(_rules()) if number != place])


def _me() -> int:
    return int(current_user()["id"])


def _name(channel_id: int) -> str:
    return str(services().contacts.contact_methods.get(_me(), channel_id)["name"])


def _rules() -> list[Mapping[str, Any]]:
    """Return the user's rules as a body of the API has them."""
    names = ("channel_id", "after_s", "min_severity", "quiet_hours", "timezone", "wake_severity")
    found = services().contacts.contact_rules.get(_me())["rules"]
    return [{name: rule[name] for name in names} for rule in found]


def _rule(form: dict[str, Any]) -> Mapping[str, Any]:
    """Return the form as a rule of the API."""
    begins, ends = form.pop("quiet_from", None), form.pop("quiet_until", None)
    form["quiet_hours"] = {"from": begins or "", "until": ends or ""} if begins or ends else None
    form["after_s"] = form.pop("after_min") * 60
    return {"wake_severity": None, **form}


def _replace(rules: list[Mapping[str, Any]]) -> Response:
    body = ContactRulesChangeSchema().load({"rules": rules})
    services().contacts.contact_rules.replace(_me(), body["rules"], current_editor())
    return lead_to(PAGE, "flash.rules_saved")
