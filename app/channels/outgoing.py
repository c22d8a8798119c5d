"""Sends a message to a channel, whatever its kind."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from app.channels.sender import Delivery, Message, Sender
from app.enums import ChannelKind


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way to a channel. Its address is a secret: an Apprise URL, or the JSON of a chat's settings."""

    kind: ChannelKind
    address: str
    message: Message
    key: str
    """The same for all attempts of one message, so that a receiver can recognize a repeat."""
    is_repeat: bool = False
    """Whether an earlier attempt may have arrived; the caller's text says so."""
    outdated: Sequence[Mapping[str, Any]] = ()
    """The receipts of messages that it takes the place of: a chat changes them, and sends no other one."""


class Chat(Protocol):
    """A chat service, with one channel's settings."""

    SETTINGS: ClassVar[Mapping[str, bool]]
    """The names of its settings, each with whether it is required."""
    SECRETS: ClassVar[frozenset[str]]
    """The names of the settings that must never be shown."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """Raise Invalid naming a setting that is wrong. This sends nothing."""

    def send(self, outgoing: Outgoing) -> Delivery:
        """Send a message, within the time limit of `Sender`; raise nothing for what the service answers."""

    def update(self, receipt: Mapping[str, Any], message: Message) -> Delivery:
        """Replace a message that was sent, by the receipt of its delivery."""


class ChannelSender:
    """Sends by the way of the channel's kind; what must be bounded and confined is so in each of them."""

    def __init__(self, sender: Sender, chats: Mapping[ChannelKind, type[Chat]]) -> None:
        self._sender = sender
        self._chats = chats

    def send(self, outgoing: Outgoing) -> Delivery:
        """Send a message once; the caller repeats it if that is wanted."""
        if outgoing.kind is ChannelKind.APPRISE:
            return self._sender.send(outgoing.address, outgoing.message, outgoing.key)
        return self._chats[outgoing.kind](json.loads(outgoing.address)).send(outgoing)

    def update(self, kind: ChannelKind, address: str, receipt: Mapping[str, Any], message: Message) -> Delivery:
        """Replace a message that was sent to a chat; one without `actions` has no buttons any more.

        `receipt` is that of the message's delivery: only chats return one.
        """
        return self._chats[kind](json.loads(address)).update(receipt, message)
