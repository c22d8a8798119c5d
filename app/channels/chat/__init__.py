"""Chat services whose messages have buttons: Slack, Telegram, Lark. Their libraries are loaded only to send."""

from collections.abc import Mapping

from app.channels.chat.lark import Lark
from app.channels.chat.service import ChatService
from app.channels.chat.slack import Slack
from app.channels.chat.telegram import Telegram
from app.enums import ChannelKind

CHATS: Mapping[ChannelKind, type[ChatService]] = {
    ChannelKind.SLACK: Slack,
    ChannelKind.TELEGRAM: Telegram,
    ChannelKind.LARK: Lark,
}
