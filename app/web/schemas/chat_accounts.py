"""People's accounts in chats."""

from marshmallow import fields

from app.enums import ChannelKind
from app.rules.chat.accounts import PATTERNS
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Text, Timestamp, row_id, word

ID = {"description": "The chat's id of the person: `U…` in Slack, a number in Telegram, `ou_…` in Lark"}


class LinkCodeSchema(RequestSchema):
    """Where to send a code by which an account in a chat is linked."""

    channel_id = row_id(required=True, metadata={"description": "A shared channel, whose bot sends the code"})
    external_id = Text(min=1, max=128, required=True, metadata=ID)


class LinkSchema(LinkCodeSchema):
    """The code that came to an account in a chat."""

    code = Text(min=1, max=40, required=True)


class NewChatAccountSchema(RequestSchema):
    """An account in a chat that an administrator links."""

    kind = word(ChannelKind, required=True, metadata={"description": f"One of {', '.join(PATTERNS)}"})
    external_id = Text(min=1, max=128, required=True, metadata=ID)


class ChatAccountSchema(AnswerSchema):
    """An account in a chat that is linked with a user."""

    id = fields.Integer()
    user_id = fields.Integer()
    kind = word(ChannelKind)
    external_id = fields.String(metadata=ID)
    created_at = Timestamp()
