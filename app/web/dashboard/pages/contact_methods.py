"""A person's contact methods: add an address, type its code, change or delete it. Admins manage those of every user."""

from typing import Any

from flask import Response

from app.enums import Role, Severity
from app.rules.task_params.contacts import TryChannel
from app.web.context import current_editor, current_user, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import read_form, requester
from app.web.dashboard.pages.channels import channel_choices, settings_field
from app.web.dashboard.people import Person, action_of_person, page_of_person
from app.web.schemas.channels import MAX_URL, CodeSchema, ContactMethodChangesSchema, NewContactMethodSchema
from app.web.schemas.fields import Text

PAGE = "/contact-methods"
METHOD = PAGE + "/<id:channel_id>"


class NewMethodFormSchema(NewContactMethodSchema):
    """A new contact method as the form has it."""

    url = Text(min=1, max=MAX_URL)
    settings = settings_field()


class MethodFormSchema(ContactMethodChangesSchema):
    """Changes to a contact method as the form has them: a blank address keeps the stored one."""

    settings = settings_field()


@page_of_person(PAGE)
def contact_methods(person: Person) -> str:
    """Show by which addresses a person is told, and when."""
    return render(
        "contact_methods",
        person=person,
        methods=services().contacts.contact_methods.list(person.id),
        told=services().contacts.contact_rules.get(person.id),
        severities=list(Severity),
        **channel_choices(),
    )


@page_of_person(METHOD)
def contact_method(person: Person, channel_id: int) -> str:
    """Show the form of one of a person's addresses."""
    found = services().contacts.contact_methods.get(person.id, channel_id)
    address = f"{person.base}{PAGE}/{channel_id}"
    return render("channel", channel=found, person=person, address=address, teams={}, **channel_choices())


@action_of_person(PAGE)
def add_contact_method(person: Person) -> Response:
    """Add an address; a code is sent there."""
    made = services().contacts.contact_methods.create(person.id, read_form(NewMethodFormSchema), current_editor())
    return lead_to(person.base + PAGE, "flash.code_sent", name=made["name"])


@action_of_person(METHOD)
def edit_contact_method(person: Person, channel_id: int) -> Response:
    """Change, enable or disable an address."""
    changes = read_form(MethodFormSchema)
    changed = services().contacts.contact_methods.update(person.id, channel_id, changes, current_editor())
    return lead_to(person.base + PAGE, "flash.saved", name=changed["name"])


@action_of_person(METHOD + "/delete")
def delete_contact_method(person: Person, channel_id: int) -> Response:
    """Delete an address with the rules about it."""
    name = services().contacts.contact_methods.get(person.id, channel_id)["name"]
    services().contacts.contact_methods.delete(person.id, channel_id, current_editor())
    return lead_to(person.base + PAGE, "flash.deleted", name=name)


@dashboard.action(METHOD + "/code", role=Role.VIEWER)
def send_code(channel_id: int) -> Response:
    """Send a new code."""
    services().contacts.contact_methods.send_code(_me(), channel_id, current_editor())
    return lead_to(PAGE, "flash.code_sent", name=_mine(channel_id)["name"])


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
    return lead_to(PAGE, "flash.notification_tried", name=_mine(channel_id)["name"])


def _me() -> int:
    return int(current_user()["id"])


def _mine(channel_id: int) -> Any:
    return services().contacts.contact_methods.get(_me(), channel_id)
