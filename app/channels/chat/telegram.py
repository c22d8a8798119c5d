"""Telegram: a bot writes into a group, a channel or to a person."""

from app.channels.chat.service import ChatService
from app.channels.chat.settings import Setting
from app.enums import ChannelKind


class Telegram(ChatService):
    """A Telegram chat."""

    KIND = ChannelKind.TELEGRAM
    BASE_URL = "https://api.telegram.org"
    FIELDS = (
        Setting(
            "token",
            r"[0-9]{3,20}:[A-Za-z0-9_-]{20,100}",
            "Must be the bot's token from @BotFather, such as 123456789:AA….",
            is_secret=True,
        ),
        Setting(
            "secret_token",
            r"[A-Za-z0-9_-]{16,256}",
            "Must be the secret_token that you give to setWebhook: 16 to 256 letters, digits, _ or -.",
            is_secret=True,
        ),
        Setting(
            "chat_id",
            r"-?[0-9]{1,20}|@[A-Za-z0-9_]{3,64}",
            "Must be the number of the chat, such as -1001234567890, or the name of a public channel, such as @alerts.",
        ),
    )
