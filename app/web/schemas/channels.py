"""Channels: the addresses by which people are told."""

from typing import Any

from marshmallow import fields, validate

from app.channels.sender import Outcome
from app.enums import ChannelKind, DeliveryGuarantee, Language
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Boolean, Text, Timestamp, row_id, word
from app.web.schemas.tasks import TaskAcceptedSchema

MAX_URL = 4096
MAX_SETTINGS = 20
MAX_SETTING = 4096
URL = {"description": "An Apprise URL, such as mailto:// or slack://, for the kind `apprise`; never shown again"}
SETTINGS = {"description": "The settings of a chat, in place of `url`, for the other kinds; never shown again"}
KIND = {"description": "`apprise` for an Apprise URL; a chat by name for messages with buttons"}
DELIVERY = {"description": "What to do with a message of which nobody knows whether it arrived: send it again, or not"}
ZONE = {"description": "An IANA time zone, such as Asia/Shanghai, for the times in messages"}
TEAM = {"description": "The team whose channel it is"}
ENABLED = {"description": "Whether anything is sent to it"}


def _settings() -> fields.Dict:
    return fields.Dict(
        keys=Text(min=1, max=64),
        values=Text(max=MAX_SETTING),
        validate=validate.Length(1, MAX_SETTINGS),
        metadata=SETTINGS,
    )


def _word(words: Any, metadata: dict[str, str], **kwargs: Any) -> fields.String:
    return word(words, metadata=metadata, **kwargs)


class ContactMethodChangesSchema(RequestSchema):
    """Changes to a contact method; another address must be verified again."""

    name = Text(min=1, max=200)
    url = Text(min=1, max=MAX_URL, metadata=URL)
    settings = _settings()
    language = word(Language)
    timezone = Text(min=1, max=64, metadata=ZONE)
    delivery = _word(DeliveryGuarantee, DELIVERY)
    enabled = Boolean(metadata=ENABLED)


class ChannelChangesSchema(ContactMethodChangesSchema):
    """Changes to a shared channel."""

    team_id = row_id(allow_none=True, metadata=TEAM)


class NewContactMethodSchema(RequestSchema):
    """A new contact method, with `url` or with `settings`."""

    name = Text(min=1, max=200, required=True)
    kind = _word(ChannelKind, KIND, load_default=str(ChannelKind.APPRISE))
    url = Text(min=1, max=MAX_URL, metadata=URL)
    settings = _settings()
    language = word(Language, load_default=str(Language.ENGLISH))
    timezone = Text(min=1, max=64, load_default="UTC", metadata=ZONE)
    delivery = _word(DeliveryGuarantee, DELIVERY, load_default=str(DeliveryGuarantee.AT_LEAST_ONCE))
    enabled = Boolean(load_default=True, metadata=ENABLED)


class NewChannelSchema(NewContactMethodSchema):
    """A new shared channel, with `url` or with `settings`."""

    team_id = row_id(allow_none=True, load_default=None, metadata=TEAM)


class _ShownSchema(AnswerSchema):
    id = fields.Integer()
    name = fields.String()
    kind = _word(ChannelKind, KIND)
    service = fields.String(metadata={"description": "The scheme of its address, such as `mailto`, or the chat's name"})
    language = word(Language)
    timezone = fields.String(metadata=ZONE)
    delivery = _word(DeliveryGuarantee, DELIVERY)
    enabled = fields.Boolean(metadata=ENABLED)
    last_sent_at = Timestamp(allow_none=True, metadata={"description": "When a message was last accepted"})
    last_error = fields.String(
        allow_none=True, metadata={"description": "Why the last message was not accepted; `null` if it was"}
    )
    failing_since = Timestamp(
        allow_none=True, metadata={"description": "Since when no message has been accepted; `null` after a success"}
    )
    created_at = Timestamp()


class TrialSchema(AnswerSchema):
    """The outcome of a test message."""

    outcome = word(Outcome, metadata={"description": "`uncertain`: the receiver did not say whether it accepted it"})
    reason = fields.String(allow_none=True, metadata={"description": "Why it was not accepted; `null` if it was"})


class ChannelSchema(_ShownSchema):
    """A shared channel; its address is never shown."""

    team_id = fields.Integer(allow_none=True, metadata=TEAM)


class ContactMethodSchema(_ShownSchema):
    """A person's channel; its address is never shown."""

    user_id = fields.Integer(metadata={"description": "The person whose channel it is"})
    verified_at = Timestamp(
        allow_none=True, metadata={"description": "When its code was typed; `null`: nothing is told by it yet"}
    )
    code_expires_at = Timestamp(
        allow_none=True, metadata={"description": "Until when the code can be typed; `null` if there is no valid one"}
    )


class CodeSchema(RequestSchema):
    """The code that was sent to the address."""

    code = Text(min=1, max=20, required=True, metadata={"description": "Six digits"})


class ChannelTaskSchema(TaskAcceptedSchema):
    """A task that sends a test message or a code."""

    channel_id = fields.Integer()
