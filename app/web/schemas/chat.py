"""The responses to chat services."""

from marshmallow import fields

from app.web.schemas.base import AnswerSchema


class SlackAnswerSchema(AnswerSchema):
    """Nothing: Slack shows what became of the page in the message itself."""


class TelegramAnswerSchema(AnswerSchema):
    """A call of Telegram's API that Telegram makes from the response; nothing for an update that is no click."""

    method = fields.String(metadata={"description": "`answerCallbackQuery`"})
    callback_query_id = fields.String()
    text = fields.String(metadata={"description": "What the person who clicked is shown"})
    show_alert = fields.Boolean()


class ToastSchema(AnswerSchema):
    """What the person who clicked is shown."""

    type = fields.String(metadata={"description": "`success` or `warning`"})
    content = fields.String()


class LarkAnswerSchema(AnswerSchema):
    """The response to a click, or to Lark's question whether this is the right address."""

    challenge = fields.String(metadata={"description": "The text that Lark sent to check the address"})
    toast = fields.Nested(ToastSchema)
