"""Slack: a bot of an app writes into a channel or to a person."""

from app.channels.chat.service import ChatService
from app.channels.chat.settings import Setting
from app.channels.sender import Delivery
from app.enums import ChannelKind


class Slack(ChatService):
    """A Slack channel."""

    KIND = ChannelKind.SLACK
    BASE_URL = "https://slack.com/api/"
    FIELDS = (
        Setting(
            "token",
            r"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{8,250}",
            "Must be the bot token of the app; it starts with xoxb-.",
            is_secret=True,
        ),
        Setting(
            "signing_secret",
            r"[A-Za-z0-9]{16,128}",
            "Must be the signing secret under Basic Information of the app: letters and digits.",
            is_secret=True,
        ),
        Setting(
            "chat_id",
            r"[#@]?[^\s#@<>&|]{1,100}",
            "Must be the id of a channel or person, such as C0123456789, or the name of a public channel, such as"
            " #alerts.",
        ),
    )

    def answer(self, chat: str, user: str, text: str) -> Delivery:
        """Tell a person something that nobody else in the chat sees."""
        return self._order({"answered": {"chat": chat, "user": user, "text": text}})
