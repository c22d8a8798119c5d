"""Checks and seals the addresses of channels."""

import json
from collections.abc import Mapping
from typing import Any

from app.channels.outgoing import Chat
from app.channels.schemes import scheme_of
from app.channels.sender import Sender
from app.enums import ChannelKind
from app.errors import Invalid
from app.rules.chat.accounts import UNLINKED_MAY_ANSWER
from app.rules.timezones import is_timezone
from app.store.database.vault import Vault

ADDRESS = ("url", "settings")
"""The fields with secrets: stored encrypted, and returned by no method."""


class Addresses:
    """An address is an Apprise URL, or the settings of a chat; to check it sends nothing."""

    def __init__(self, vault: Vault, sender: Sender, chats: Mapping[ChannelKind, type[Chat]]) -> None:
        self._vault = vault
        self._sender = sender
        self._chats = chats

    def settings_of_kinds(self) -> dict[str, list[str]]:
        """Return the kinds of channels there are, each with the names of its settings; none for an Apprise URL."""
        chats = {str(kind): [*chat.SETTINGS] for kind, chat in self._chats.items()}
        return {str(ChannelKind.APPRISE): [], **chats}

    def secret_settings(self) -> frozenset[str]:
        """Return the names of the settings, of any chat, that must never be shown."""
        return frozenset().union(*(chat.SECRETS for chat in self._chats.values()))

    def validate(self, kind: str, fields: Mapping[str, Any], *, is_new: bool = False) -> None:
        """Check what takes too long for a transaction. Raises Invalid naming the field that is wrong."""
        if "timezone" in fields and not is_timezone(fields["timezone"]):
            raise Invalid("timezone", "Must be an IANA time zone, such as Asia/Shanghai.")
        wanted, other = ADDRESS if kind == ChannelKind.APPRISE else reversed(ADDRESS)
        if other in fields:
            raise Invalid(other, f"A channel of kind {kind} has `{wanted}` in its place.")
        if wanted in fields:
            self._check_url(fields["url"]) if wanted == "url" else self._check_settings(kind, fields["settings"])
        elif is_new:
            raise Invalid(wanted, "Missing data for required field.")

    def completed(self, sealed: str | None, changes: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return changes whose settings are whole: who may answer can be changed without typing the secrets again.

        Any other setting decides where the secrets are sent, so they are asked for again.
        """
        if not _is_only_who_may_answer(changes):
            return changes
        return {**changes, "settings": {**json.loads(self._vault.open(sealed) or "{}"), **changes["settings"]}}

    def columns(self, kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return the columns of checked fields; those of a new address forget what is known of the old one."""
        columns = {name: value for name, value in fields.items() if name not in ADDRESS}
        if "url" in fields:
            columns |= {"url_sealed": self._vault.seal(fields["url"]), "service": scheme_of(fields["url"])}
        if "settings" in fields:
            columns |= {"url_sealed": self._vault.seal(json.dumps(fields["settings"])), "service": kind}
        return columns | (FORGOTTEN if "url_sealed" in columns else {})

    def _check_url(self, url: str) -> None:
        fault = self._sender.find_fault(url)
        if fault is not None:
            raise Invalid("url", fault)

    def _check_settings(self, kind: str, settings: Mapping[str, Any]) -> None:
        chat = self._chats.get(ChannelKind(kind))
        if chat is None:
            raise Invalid("kind", f"Must be one of {', '.join([ChannelKind.APPRISE, *self._chats])}.")
        try:
            chat(settings)
        except Invalid as error:
            raise Invalid("settings" if error.field == "settings" else f"settings.{error.field}", str(error)) from None


FORGOTTEN = {"last_error": None, "failing_since": None, "verified_at": None, "code_sealed": None}


def audited(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the audit log may have of fields: that there is another address, not which."""
    plain = {name: value for name, value in fields.items() if name not in ADDRESS}
    if _is_only_who_may_answer(fields):
        return {**plain, **fields["settings"]}
    return plain | ({"address": "changed"} if fields.keys() & {*ADDRESS} else {})


def _is_only_who_may_answer(fields: Mapping[str, Any]) -> bool:
    return [*(fields.get("settings") or ())] == [UNLINKED_MAY_ANSWER]
