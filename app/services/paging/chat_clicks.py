"""Takes clicks on the buttons of pages in chats; each service's requests prove by themselves where they come from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app import clock
from app.enums import ChannelKind, Language, PageState, Role
from app.errors import NagareError, Unauthorized
from app.rules.chat import lark, slack, telegram
from app.rules.chat.accounts import UNLINKED_MAY_ANSWER
from app.rules.chat.clicks import Click, NotSigned, PageAction, Unreadable
from app.rules.chat.words import WORDS, Words
from app.services.access.audit import Editor
from app.store.contacts import chat_accounts
from app.store.database.engine import Database
from app.store.database.vault import Vault
from app.store.paging import chat_channels, pages

UNKNOWN = "This is no request of a chat service that nagare knows, or it is too old."
NOBODY = 0
"""The user id of people whom only the chat knows, as that of the command line."""


class Answers(Protocol):
    """Tells a person something in a chat, after the response: a chat service waits 3 seconds for that."""

    def queue(self, channel_id: int, chat: str, user: str, text: str) -> None:
        """Queue an answer that nobody but the person sees."""


class Pages(Protocol):
    """Answers pages. Raises NotFound, and Conflict for a page that is over."""

    def acknowledge(self, page_id: int, by: Editor) -> Mapping[str, Any]:
        """Acknowledge a page with its alerts."""

    def resolve(self, page_id: int, by: Editor) -> Mapping[str, Any]:
        """Resolve a page with its alerts."""


@dataclass(frozen=True, slots=True)
class ChatChannel:
    """A channel, with the settings that say who may send clicks for it."""

    id: int
    kind: ChannelKind
    language: Language
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the person who clicked is told."""

    text: str
    is_done: bool


class ChatClicks:
    """Every method raises Unauthorized for a request that no channel's service sent, and DatabaseUnavailable.

    A click of a person whose account is linked acts as that user, if the user's role allows it. Another one acts as the
    person's name in the chat, never as a user of nagare: the name proves nothing; a channel can refuse those. A click
    can only answer a page that was sent to that chat, and a repeated one does nothing again.
    """

    def __init__(self, database: Database, vault: Vault, answers: Pages, told: Answers) -> None:
        self._database = database
        self._vault = vault
        self._pages = answers
        self._told = told

    def take_slack(self, body: bytes, timestamp: str, signature: str) -> None:
        """Take a request of Slack's. The message shows what was done; anything else is told to the person alone."""
        now = clock.now()
        channels = [
            channel
            for channel in self._channels(ChannelKind.SLACK)
            if slack.is_signed(channel.settings["signing_secret"], timestamp, signature, body, now)
        ]
        if not channels:
            raise Unauthorized(UNKNOWN)
        try:
            click = slack.read(body)
        except Unreadable:
            return
        reply = self._act(channels, click)
        if not reply.is_done:
            self._told.queue(channels[0].id, click.chat, click.user, reply.text)

    def take_telegram(self, channel_id: int, body: bytes, secret_token: str) -> Mapping[str, Any]:
        """Take an update of Telegram's for a channel; return the response, which shows a text to the person."""
        channels = self._channels(ChannelKind.TELEGRAM, channel_id)
        if not channels or not telegram.is_signed(channels[0].settings["secret_token"], secret_token):
            raise Unauthorized(UNKNOWN)
        try:
            click, query_id = telegram.read(body)
        except Unreadable:
            # Such as a message to the bot: without a success, Telegram would send it again and again.
            return {}
        return telegram.answer(query_id, self._act(channels, click).text)

    def take_lark(self, posted: lark.Posted) -> Mapping[str, Any]:
        """Take a callback of Lark's; return the response, which shows a text to the person."""
        channels, callback = self._open_lark(posted)
        if callback.get("type") == lark.CHALLENGE:
            return {"challenge": str(callback.get("challenge", ""))}
        try:
            reply = self._act(channels, lark.read(callback))
        except Unreadable:
            return {}
        return {"toast": {"type": "success" if reply.is_done else "warning", "content": reply.text}}

    def _open_lark(self, posted: lark.Posted) -> tuple[Sequence[ChatChannel], Mapping[str, Any]]:
        now = clock.now()
        channels, callback = [], None
        for channel in self._channels(ChannelKind.LARK):
            key, token = channel.settings.get("encrypt_key", ""), channel.settings["verification_token"]
            try:
                callback = lark.open_callback(posted, key, token, now)
            except NotSigned:
                continue
            channels.append(channel)
        if callback is None:
            raise Unauthorized(UNKNOWN)
        return channels, callback

    def _channels(self, kind: ChannelKind, channel_id: int | None = None) -> Sequence[ChatChannel]:
        with self._database.reading() as connection:
            rows = chat_channels.of_kind(connection, kind, channel_id)
        return [
            ChatChannel(
                row["id"], kind, Language(row["language"]), json.loads(self._vault.open(row["url_sealed"]) or "{}")
            )
            for row in rows
        ]

    def _act(self, channels: Sequence[ChatChannel], click: Click) -> Reply:
        """Do what a button is for, if the page was sent to its chat."""
        with self._database.reading() as connection:
            told = chat_channels.told_of(connection, click.page_id, [channel.id for channel in channels])
        mine = {row["channel_id"] for row in told if _is_of(row["receipt"], click.chat)}
        channel = next((channel for channel in channels if channel.id in mine), None)
        if channel is None:
            return Reply(WORDS[channels[0].language].unknown, is_done=False)
        words = WORDS[channel.language]
        before = self._standing(words, click)
        if before is not None:
            return before
        by = self._author(channel, click)
        if isinstance(by, Reply):
            return by
        answer = self._pages.acknowledge if click.action is PageAction.ACKNOWLEDGE else self._pages.resolve
        try:
            answer(click.page_id, by)
        except NagareError as error:
            # Somebody else may have been faster.
            return self._standing(words, click) or Reply(words.failed.format(error), is_done=False)
        # Two at once: the page says whose click came first.
        return self._standing(words, click, by=by.username) or Reply(words.done[click.action], is_done=True)

    def _author(self, channel: ChatChannel, click: Click) -> Editor | Reply:
        """Return as whom a click acts, or why it does nothing."""
        words = WORDS[channel.language]
        with self._database.reading() as connection:
            owner = chat_accounts.owner_of(connection, channel.kind, click.user)
        if owner is None:
            is_open = channel.settings.get(UNLINKED_MAY_ANSWER, "true") == "true"
            return Editor(NOBODY, click.username) if is_open else Reply(words.unlinked, is_done=False)
        if not owner["enabled"] or not Role(owner["role"]).includes(Role.OPERATOR):
            return Reply(words.forbidden.format(owner["username"]), is_done=False)
        return Editor(owner["user_id"], owner["username"])

    def _standing(self, words: Words, click: Click, by: str | None = None) -> Reply | None:
        """Return why there is nothing to do about a page; None if there is, or if `by` has just done it."""
        with self._database.reading() as connection:
            page = pages.find(connection, click.page_id)
        if page is None or (page["state"] == PageState.RESOLVED and by is None):
            return Reply(words.over, is_done=False)
        is_taken = page["state"] == PageState.ACKNOWLEDGED and page["acknowledged_by"] != by
        if is_taken and click.action is PageAction.ACKNOWLEDGE:
            return Reply(words.taken.format(page["acknowledged_by"]), is_done=False)
        return None


def _is_of(receipt: Mapping[str, Any] | None, chat: str) -> bool:
    """Return whether a message is in a chat, as far as its receipt says."""
    return receipt is None or receipt.get("chat") == chat
