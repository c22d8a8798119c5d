"""A person's accounts in chats: have a code sent to one and type it, or remove one. Admins add those of every user."""

from urllib.parse import urlencode

from flask import Response

from app.enums import ChannelKind, Role
from app.rules.chat.accounts import PATTERNS
from app.store.database.pages import PageRequest
from app.web.context import Row, current_editor, current_user, services
from app.web.dashboard.blueprint import dashboard
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import read_form
from app.web.dashboard.people import Person, action_of_person
from app.web.schemas.chat_accounts import LinkCodeSchema, LinkSchema, NewChatAccountSchema

PAGE = "/contact-methods"
ACCOUNTS = "/chat-accounts"
SHOWN = 100


@dashboard.app_template_global()
def chat_accounts_of(user_id: int) -> list[Row]:
    """Return the accounts of a user."""
    return [*services().contacts.chat_accounts.list(user_id)]


@dashboard.app_template_global()
def chat_channels() -> list[tuple[int, str]]:
    """Return the shared channels whose bots can send a code, by id, with their names."""
    found = services().contacts.channels.list(PageRequest(limit=SHOWN)).items
    return [(row["id"], row["name"]) for row in found if row["enabled"] and ChannelKind(row["kind"]) in PATTERNS]


dashboard.app_template_global("chat_kinds")(lambda: [*PATTERNS])


@dashboard.action(ACCOUNTS + "/code", role=Role.VIEWER)
def send_link_code() -> Response:
    """Send a code to an account."""
    form = read_form(LinkCodeSchema)
    services().contacts.chat_accounts.send_code(_me(), **form, by=current_editor())
    # The page keeps them for the form with the code.
    return lead_to(f"{PAGE}?{urlencode(form)}", "flash.link_code_sent", id=form["external_id"])


@dashboard.action(ACCOUNTS, role=Role.VIEWER)
def link_chat_account() -> Response:
    """Link an account by its code."""
    made = services().contacts.chat_accounts.link(_me(), **read_form(LinkSchema), by=current_editor())
    return lead_to(PAGE, "flash.chat_linked", id=made["external_id"])


@dashboard.action("/users/<id:user_id>" + ACCOUNTS, role=Role.ADMIN)
def add_chat_account(user_id: int) -> Response:
    """Link an account with a user, without a code."""
    form = read_form(NewChatAccountSchema)
    kind = ChannelKind(form["kind"])
    made = services().contacts.chat_accounts.add(user_id, kind, form["external_id"], current_editor())
    return lead_to(f"/users/{user_id}{PAGE}", "flash.chat_linked", id=made["external_id"])


@action_of_person(ACCOUNTS + "/<id:account_id>/delete")
def remove_chat_account(person: Person, account_id: int) -> Response:
    """Remove an account."""
    found = services().contacts.chat_accounts.list(person.id)
    name = next((row["external_id"] for row in found if row["id"] == account_id), "")
    services().contacts.chat_accounts.remove(person.id, account_id, current_editor())
    return lead_to(person.base + PAGE, "flash.deleted", name=name)


def _me() -> int:
    return int(current_user()["id"])
