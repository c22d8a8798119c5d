"""What all chat services have in common: they check their settings here, and send in a process of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from app.channels.chat.settings import MAX_ADDRESS, Setting, check_base_url, checked
from app.channels.outgoing import Outgoing
from app.channels.preloaded import run_order
from app.channels.sender import Delivery, Message, Outcome
from app.enums import ChannelKind
from app.rules.chat.accounts import UNLINKED_MAY_ANSWER

PROGRAM = "app.channels.chat.process"
LIMIT_S = 10
"""How long a service may take for a message, from the first connection to the end of the answer."""
START_S = 15
"""How long the process may take to load the service's library; it is ended, even without a parent, if both are over."""
GRACE_S = 3


class ChatService:
    """A chat of a service. The settings are secrets: none gets into an argument, a log or a reason."""

    KIND: ClassVar[ChannelKind]
    FIELDS: ClassVar[Sequence[Setting]]
    SETTINGS: ClassVar[Mapping[str, bool]]
    """The names of its settings, each with whether it is required."""
    SECRETS: ClassVar[frozenset[str]]
    """The names of the settings that must never be shown."""
    BASE_URL: ClassVar[str]
    HAS_PATH: ClassVar[bool] = True
    """Whether the base address may have a path."""

    def __init_subclass__(cls) -> None:
        address = Setting(
            "base_url",
            rf"https?://.{{1,{MAX_ADDRESS}}}",
            "Must be the address of the service, such as " + cls.BASE_URL + ".",
            is_required=False,
            default=cls.BASE_URL,
        )
        unlinked = Setting(
            UNLINKED_MAY_ANSWER,
            r"true|false",
            "Must be true, or false to let only people answer whose account is linked with a user.",
            is_required=False,
            default="true",
        )
        cls.FIELDS = (*cls.FIELDS, address, unlinked)
        cls.SETTINGS = {field.name: field.is_required for field in cls.FIELDS}
        cls.SECRETS = frozenset(field.name for field in cls.FIELDS if field.is_secret)

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """Raise Invalid naming a setting that is wrong. This sends nothing."""
        self._settings = checked(self.FIELDS, settings)
        check_base_url(self._settings["base_url"], may_have_path=self.HAS_PATH)

    @classmethod
    def validate(cls, settings: Mapping[str, Any]) -> None:
        """Raise Invalid naming a setting that is wrong. This sends nothing."""
        cls(settings)

    def send(self, outgoing: Outgoing) -> Delivery:
        """Send a message, within `LIMIT_S`; the delivery's receipt finds it again.

        One that makes others outdated takes their place, within `LIMIT_S` for each of them; it is sent only if none of
        them is there any more.
        """
        changed = None
        for receipt in outgoing.outdated:
            delivery = self.update(receipt, outgoing.message)
            if delivery.outcome is Outcome.SENT:
                changed = delivery
            elif delivery.outcome is Outcome.UNCERTAIN or delivery.retry_after_s is not None:
                return delivery
        return changed or self._run(outgoing.message, outgoing.key, None)

    def update(self, receipt: Mapping[str, Any], message: Message) -> Delivery:
        """Replace a message that was sent: its buttons are those of the new message, usually none."""
        return self._run(message, "", receipt)

    def _run(self, message: Message, key: str, replaced: Mapping[str, Any] | None) -> Delivery:
        return self._order({"message": asdict(message), "key": key, "replaced": replaced})

    def _order(self, what: Mapping[str, Any]) -> Delivery:
        order = {
            "kind": self.KIND,
            "settings": self._settings,
            "secrets": [self._settings[name] for name in sorted(self.SECRETS)],
            "limit_s": LIMIT_S,
            **what,
        }
        answer = run_order(PROGRAM, order, START_S + LIMIT_S + GRACE_S)
        if answer is None:
            return Delivery(Outcome.UNCERTAIN, "the process that sends the message was interrupted")
        return Delivery(Outcome(answer["outcome"]), answer["reason"], answer["receipt"], answer["retry_after_s"])
