"""Shared channels, such as a team's chat room."""

from collections.abc import Mapping
from typing import Any

from app.channels.sender import Delivery
from app.enums import Role, Scope
from app.rules.task_params.contacts import TryChannel
from app.services.ledger.requester import Requester
from app.store.database.pages import Page, PageRequest
from app.web.api.accepted import accepted
from app.web.api_blueprint import CREATED_HEADERS, ApiBlueprint
from app.web.context import Row, current_editor, services
from app.web.schemas.channels import (
    ChannelChangesSchema,
    ChannelSchema,
    ChannelTaskSchema,
    NewChannelSchema,
    TrialSchema,
)
from app.web.schemas.pages import PageQuerySchema, page_of

channels = ApiBlueprint(
    "channels", __name__, description="Shared addresses to which alerts are sent", writes=Scope.SETTINGS
)

CHANNEL = "/channels/<id:channel_id>"


@channels.operation("GET", "/channels", role=Role.VIEWER, query=PageQuerySchema, answer=page_of(ChannelSchema))
def list_channels(page: PageRequest) -> Page:
    """List the shared channels. Those of people are their contact methods."""
    return services().contacts.channels.list(page)


@channels.operation(
    "POST",
    "/channels",
    role=Role.ADMIN,
    body=NewChannelSchema,
    answer=ChannelSchema,
    status=201,
    errors=(409,),
    headers=CREATED_HEADERS,
)
def create_channel(body: Mapping[str, Any]) -> tuple[Row, dict[str, str]]:
    """Create a shared channel. This sends nothing."""
    channel = services().contacts.channels.create(body, current_editor())
    return channel, {"Location": f"/api/v1/channels/{channel['id']}"}


@channels.operation("POST", "/channels/try", role=Role.ADMIN, body=NewChannelSchema, answer=TrialSchema)
def try_new_channel(body: Mapping[str, Any]) -> Delivery:
    """Send a test message to a channel that is not saved, and return what became of it. Nothing is stored."""
    return services().contacts.address_trials.try_new(body)


@channels.operation(
    "POST", CHANNEL + "/try", role=Role.ADMIN, body=ChannelChangesSchema, answer=TrialSchema, errors=(404, 409)
)
def try_changed_channel(channel_id: int, body: Mapping[str, Any]) -> Delivery:
    """Send a test message to a shared channel as it would be after changes. Nothing is stored."""
    return services().contacts.address_trials.try_changed(channel_id, body)


@channels.operation("GET", CHANNEL, role=Role.VIEWER, answer=ChannelSchema, errors=(404,))
def get_channel(channel_id: int) -> Row:
    """Return a shared channel."""
    return services().contacts.channels.get(channel_id)


@channels.operation(
    "PATCH", CHANNEL, role=Role.ADMIN, body=ChannelChangesSchema, answer=ChannelSchema, errors=(404, 409)
)
def update_channel(channel_id: int, body: Mapping[str, Any]) -> Row:
    """Change a shared channel."""
    return services().contacts.channels.update(channel_id, body, current_editor())


@channels.operation("DELETE", CHANNEL, role=Role.ADMIN, status=204, errors=(404, 409))
def delete_channel(channel_id: int) -> None:
    """Delete a shared channel. One that a route or an escalation needs is not deleted: the response names those."""
    services().contacts.channels.delete(channel_id, current_editor())


@channels.submission(CHANNEL + "/test", answer=ChannelTaskSchema)
def test_channel(by: Requester, channel_id: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Queue a test message to a shared channel."""
    services().contacts.channels.get(channel_id)
    task_id = services().ledger.submit.accept(by, TryChannel(channel_id=channel_id))
    return accepted("Test message task queued", task_id, channel_id=channel_id)
