"""By which addresses a person is told: each user manages the own contact methods, admins those of all."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope
from app.rules.task_params.contacts import TryChannel
from app.services.ledger.requester import Requester
from app.store.database.pages import Page
from app.web.api.accepted import accepted
from app.web.api_blueprint import CREATED_HEADERS, TASK_HEADERS, ApiBlueprint
from app.web.context import Row, current_editor, current_user, services
from app.web.schemas.channels import (
    ChannelTaskSchema,
    CodeSchema,
    ContactMethodChangesSchema,
    ContactMethodSchema,
    NewContactMethodSchema,
)
from app.web.schemas.pages import page_of

contact_methods = ApiBlueprint(
    "contact_methods", __name__, description="By which addresses a person is told", writes=Scope.SETTINGS
)

Made = tuple[Row, dict[str, str]]
MINE, OF_USER = "/users/me", "/users/<id:user_id>"
METHODS, METHOD = "/contact-methods", "/contact-methods/<id:channel_id>"
LIST = page_of(ContactMethodSchema)
NEW: dict[str, Any] = {"body": NewContactMethodSchema, "answer": ContactMethodSchema, "status": 201}
NEW |= {"headers": CREATED_HEADERS}
CHANGES: dict[str, Any] = {"body": ContactMethodChangesSchema, "answer": ContactMethodSchema, "errors": (404, 409, 429)}
TASK: dict[str, Any] = {"answer": ChannelTaskSchema, "status": 202, "headers": TASK_HEADERS}


@contact_methods.operation("GET", MINE + METHODS, role=Role.VIEWER, answer=LIST)
def list_my_contact_methods() -> Page:
    """List your contact methods."""
    return _list(_me())


@contact_methods.operation("POST", MINE + METHODS, role=Role.VIEWER, errors=(409, 429), **NEW)
def create_my_contact_method(body: Mapping[str, Any]) -> Made:
    """Add an address of yours. A code is sent there; nothing else is, before you have typed it."""
    return _create(_me(), "me", body)


@contact_methods.operation("GET", MINE + METHOD, role=Role.VIEWER, answer=ContactMethodSchema, errors=(404,))
def get_my_contact_method(channel_id: int) -> Row:
    """Return one of your contact methods."""
    return services().contacts.contact_methods.get(_me(), channel_id)


@contact_methods.operation("PATCH", MINE + METHOD, role=Role.VIEWER, **CHANGES)
def update_my_contact_method(channel_id: int, body: Mapping[str, Any]) -> Row:
    """Change one of your contact methods. Another address must be verified again: a code is sent there."""
    return services().contacts.contact_methods.update(_me(), channel_id, body, current_editor())


@contact_methods.operation("DELETE", MINE + METHOD, role=Role.VIEWER, status=204, errors=(404, 409))
def delete_my_contact_method(channel_id: int) -> None:
    """Delete one of your contact methods, with the rules about it."""
    services().contacts.contact_methods.delete(_me(), channel_id, current_editor())


@contact_methods.operation("POST", MINE + METHOD + "/code", role=Role.VIEWER, errors=(404, 409, 429), **TASK)
def send_my_code(channel_id: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Queue a new code to an address of yours, at most once a minute. The one before is void."""
    task_id = services().contacts.contact_methods.send_code(_me(), channel_id, current_editor())
    return accepted("Code task queued", task_id, channel_id=channel_id)


@contact_methods.operation(
    "POST",
    MINE + METHOD + "/verify",
    role=Role.VIEWER,
    body=CodeSchema,
    answer=ContactMethodSchema,
    errors=(404, 409),
)
def verify_my_contact_method(channel_id: int, body: Mapping[str, Any]) -> Row:
    """Verify an address of yours by the code that was sent to it. It is void after five wrong ones or 15 minutes."""
    return services().contacts.contact_methods.verify(_me(), channel_id, body["code"], current_editor())


@contact_methods.operation("POST", MINE + METHOD + "/test", role=Role.VIEWER, errors=(404, 409), **TASK)
def test_my_contact_method(channel_id: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Queue a test message to an address of yours that is verified."""
    services().contacts.contact_methods.require_verified(_me(), channel_id)
    task_id = services().ledger.submit.accept(Requester(_me()), TryChannel(channel_id=channel_id))
    return accepted("Test message task queued", task_id, channel_id=channel_id)


@contact_methods.operation("GET", OF_USER + METHODS, role=Role.ADMIN, answer=LIST, errors=(404,))
def list_contact_methods(user_id: int) -> Page:
    """List a user's contact methods."""
    return _list(user_id)


@contact_methods.operation("POST", OF_USER + METHODS, role=Role.ADMIN, errors=(404, 409, 429), **NEW)
def create_contact_method(user_id: int, body: Mapping[str, Any]) -> Made:
    """Add an address of a user. A code is sent there, which the user must type."""
    return _create(user_id, str(user_id), body)


@contact_methods.operation("GET", OF_USER + METHOD, role=Role.ADMIN, answer=ContactMethodSchema, errors=(404,))
def get_contact_method(user_id: int, channel_id: int) -> Row:
    """Return a user's contact method."""
    return services().contacts.contact_methods.get(user_id, channel_id)


@contact_methods.operation("PATCH", OF_USER + METHOD, role=Role.ADMIN, **CHANGES)
def update_contact_method(user_id: int, channel_id: int, body: Mapping[str, Any]) -> Row:
    """Change a user's contact method. Another address must be verified again, by the user."""
    return services().contacts.contact_methods.update(user_id, channel_id, body, current_editor())


@contact_methods.operation("DELETE", OF_USER + METHOD, role=Role.ADMIN, status=204, errors=(404, 409))
def delete_contact_method(user_id: int, channel_id: int) -> None:
    """Delete a user's contact method, with the rules about it."""
    services().contacts.contact_methods.delete(user_id, channel_id, current_editor())


def _me() -> int:
    return int(current_user()["id"])


def _list(user_id: int) -> Page:
    return Page(services().contacts.contact_methods.list(user_id), None)


def _create(user_id: int, place: str, body: Mapping[str, Any]) -> Made:
    method = services().contacts.contact_methods.create(user_id, body, current_editor())
    return method, {"Location": f"/api/v1/users/{place}/contact-methods/{method['id']}"}
