"""Accounts in chats that are linked with users: a click there counts as the user's."""

from collections.abc import Mapping
from typing import Any

from app.enums import ChannelKind, Role, Scope
from app.store.database.pages import Page
from app.web.api.accepted import accepted
from app.web.api_blueprint import CREATED_HEADERS, TASK_HEADERS, ApiBlueprint
from app.web.context import Row, current_editor, current_user, services
from app.web.schemas.channels import ChannelTaskSchema
from app.web.schemas.chat_accounts import ChatAccountSchema, LinkCodeSchema, LinkSchema, NewChatAccountSchema
from app.web.schemas.pages import page_of

chat_accounts = ApiBlueprint(
    "chat_accounts", __name__, description="Whose click it is that comes from a chat", writes=Scope.SETTINGS
)

MINE, OF_USER = "/users/me/chat-accounts", "/users/<id:user_id>/chat-accounts"
ACCOUNT = "/<id:account_id>"
LIST = page_of(ChatAccountSchema)
Made = tuple[Row, dict[str, str]]


@chat_accounts.operation("GET", MINE, role=Role.VIEWER, answer=LIST)
def list_my_chat_accounts() -> Page:
    """List your accounts in chats."""
    return Page(services().contacts.chat_accounts.list(_me()), None)


@chat_accounts.operation(
    "POST",
    MINE + "/code",
    role=Role.VIEWER,
    body=LinkCodeSchema,
    answer=ChannelTaskSchema,
    status=202,
    errors=(429,),
    headers=TASK_HEADERS,
)
def send_my_link_code(body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Queue a code to an account of yours, by the bot of a shared channel. It is valid for 15 minutes."""
    task_id = services().contacts.chat_accounts.send_code(_me(), **body, by=current_editor())
    return accepted("Code task queued", task_id, channel_id=body["channel_id"])


@chat_accounts.operation(
    "POST",
    MINE,
    role=Role.VIEWER,
    body=LinkSchema,
    answer=ChatAccountSchema,
    status=201,
    errors=(409,),
    headers=CREATED_HEADERS,
)
def link_my_chat_account(body: Mapping[str, Any]) -> Made:
    """Link an account of yours by the code that was sent to it: clicks there then count as yours."""
    made = services().contacts.chat_accounts.link(_me(), **body, by=current_editor())
    return made, {"Location": f"/api/v1{MINE}"}


@chat_accounts.operation("DELETE", MINE + ACCOUNT, role=Role.VIEWER, status=204, errors=(404,))
def remove_my_chat_account(account_id: int) -> None:
    """Remove an account of yours: clicks there count as nobody's again."""
    services().contacts.chat_accounts.remove(_me(), account_id, current_editor())


@chat_accounts.operation("GET", OF_USER, role=Role.ADMIN, answer=LIST, errors=(404,))
def list_chat_accounts(user_id: int) -> Page:
    """List a user's accounts in chats."""
    return Page(services().contacts.chat_accounts.list(user_id), None)


@chat_accounts.operation(
    "POST",
    OF_USER,
    role=Role.ADMIN,
    body=NewChatAccountSchema,
    answer=ChatAccountSchema,
    status=201,
    errors=(404, 409),
    headers=CREATED_HEADERS,
)
def add_chat_account(user_id: int, body: Mapping[str, Any]) -> Made:
    """Link an account in a chat with a user, without a code."""
    kind = ChannelKind(body["kind"])
    made = services().contacts.chat_accounts.add(user_id, kind, body["external_id"], current_editor())
    return made, {"Location": f"/api/v1/users/{user_id}/chat-accounts"}


@chat_accounts.operation("DELETE", OF_USER + ACCOUNT, role=Role.ADMIN, status=204, errors=(404,))
def remove_chat_account(user_id: int, account_id: int) -> None:
    """Remove a user's account in a chat."""
    services().contacts.chat_accounts.remove(user_id, account_id, current_editor())


def _me() -> int:
    return int(current_user()["id"])
