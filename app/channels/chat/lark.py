"""Lark and Feishu: the bot of an app writes into a group or to a person."""

from app.channels.chat.service import ChatService
from app.channels.chat.settings import Setting
from app.enums import ChannelKind


class Lark(ChatService):
    """A Lark or Feishu chat."""

    KIND = ChannelKind.LARK
    BASE_URL = "https://open.feishu.cn"
    """For Lark, the address is https://open.larksuite.com."""
    HAS_PATH = False
    FIELDS = (
        Setting("app_id", r"[A-Za-z0-9_-]{5,64}", "Must be the App ID of the app; it starts with cli_."),
        Setting(
            "app_secret",
            r"[A-Za-z0-9_-]{16,128}",
            "Must be the App Secret of the app: letters and digits.",
            is_secret=True,
        ),
        Setting(
            "verification_token",
            r"[A-Za-z0-9_-]{16,128}",
            "Must be the Verification Token under Events and callbacks, Encryption strategy.",
            is_secret=True,
        ),
        Setting(
            "encrypt_key",
            r"[!-~]{1,128}",
            "Must be the Encrypt Key under Events and callbacks, Encryption strategy, or empty if there is none.",
            is_required=False,
            is_secret=True,
        ),
        Setting(
            "chat_id",
            r"[!-~]{3,128}",
            "Must be the id of a group (oc_…) or person (ou_… or on_…), or a person's mail address.",
        ),
    )
