"""Shared channels: list, add, change, test, enable, disable, delete."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import fields, validate

from app.enums import DeliveryGuarantee, Language, Role
from app.rules.task_params.contacts import TryChannel
from app.store.database.pages import PageRequest
from app.web.context import current_editor, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import filters_of, read_form, read_query, requester
from app.web.dashboard.refused_forms import trial
from app.web.dashboard.visitor_settings import zone
from app.web.schemas.channels import (
    MAX_SETTING,
    MAX_SETTINGS,
    MAX_URL,
    ChannelChangesSchema,
    NewChannelSchema,
)
from app.web.schemas.fields import Text
from app.web.schemas.pages import PageQuerySchema

CHANNEL = "/channels/<id:channel_id>"
MAX_OFFERED = 500


def settings_field() -> fields.Dict:
    """Return the field for the settings of a chat; it is missing where an address takes their place."""
    length = validate.Length(1, MAX_SETTINGS)
    return fields.Dict(keys=Text(min=1, max=64), values=Text(max=MAX_SETTING), validate=length, allow_none=True)


class NewChannelFormSchema(NewChannelSchema):
    """A new channel as the form has it."""

    url = Text(min=1, max=MAX_URL)
    settings = settings_field()


class ChannelFormSchema(ChannelChangesSchema):
    """Changes to a channel as the form has them: a blank address keeps the stored one."""

    settings = settings_field()


@dashboard.page("/channels", role=Role.VIEWER)
def channels() -> str:
    """List the shared channels."""
    query = read_query(PageQuerySchema)
    page = services().contacts.channels.list(**query)
    return render("channels", page=page, filters=filters_of(query), teams=_teams(), **channel_choices())


@dashboard.page(CHANNEL, role=Role.ADMIN)
def channel(channel_id: int) -> str:
    """Show a shared channel's form."""
    found = services().contacts.channels.get(channel_id)
    return render("channel", channel=found, address=f"/channels/{channel_id}", teams=_teams(), **channel_choices())


@dashboard.action("/channels", role=Role.ADMIN)
def add_channel() -> Response:
    """Add a shared channel."""
    made = services().contacts.channels.create(read_form(NewChannelFormSchema), current_editor())
    return lead_to("/channels", "flash.saved", name=made["name"])


@dashboard.action(CHANNEL, role=Role.ADMIN)
def edit_channel(channel_id: int) -> Response:
    """Change, enable or disable a shared channel."""
    changed = services().contacts.channels.update(channel_id, read_form(ChannelFormSchema), current_editor())
    return lead_to("/channels", "flash.saved", name=changed["name"])


@dashboard.action("/channels/try", role=Role.ADMIN)
def try_new_channel() -> str:
    """Send a test message to a channel that is not saved."""
    delivery = services().contacts.address_trials.try_new(read_form(NewChannelFormSchema))
    return trial("/channels", render("channel_trial", delivery=delivery))


@dashboard.action(CHANNEL + "/try", role=Role.ADMIN)
def try_changed_channel(channel_id: int) -> str:
    """Send a test message to a shared channel with changes that are not saved."""
    delivery = services().contacts.address_trials.try_changed(channel_id, read_form(ChannelFormSchema))
    return trial(f"/channels/{channel_id}", render("channel_trial", delivery=delivery))


@dashboard.action(CHANNEL + "/test", role=Role.OPERATOR)
def try_channel(channel_id: int) -> Response:
    """Queue a test message."""
    name = services().contacts.channels.get(channel_id)["name"]
    services().ledger.submit.accept(requester(), TryChannel(channel_id=channel_id))
    return lead_to("/channels", "flash.notification_tried", name=name)


@dashboard.action(CHANNEL + "/delete", role=Role.ADMIN)
def delete_channel(channel_id: int) -> Response:
    """Delete a shared channel."""
    name = services().contacts.channels.get(channel_id)["name"]
    services().contacts.channels.delete(channel_id, current_editor())
    return lead_to("/channels", "flash.deleted", name=name)


def channel_choices() -> Mapping[str, Any]:
    """Return what the form of any channel offers."""
    return {
        "kinds": services().contacts.addresses.settings_of_kinds(),
        "secret_settings": services().contacts.addresses.secret_settings(),
        "languages": list(Language),
        "deliveries": list(DeliveryGuarantee),
        "zone": str(zone()),
    }


def _teams() -> dict[int, str]:
    return {team["id"]: team["name"] for team in services().contacts.teams.list(PageRequest(limit=MAX_OFFERED)).items}
