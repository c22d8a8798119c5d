"""What the ids of people look like in each chat."""

import re
from collections.abc import Mapping

from app.enums import ChannelKind
from app.errors import Invalid

UNLINKED_MAY_ANSWER = "unlinked_may_answer"
"""The setting of a channel that lets people answer whose account is linked with no user."""
PATTERNS: Mapping[ChannelKind, tuple[str, str]] = {
    ChannelKind.SLACK: (
        r"[UW][A-Z0-9]{4,30}",
        "Must be the member ID of the person, such as U012AB3CD: in Slack, open the profile and choose Copy member ID.",
    ),
    ChannelKind.TELEGRAM: (
        r"[1-9][0-9]{3,18}",
        "Must be the number of the person, not the @name: bots such as @userinfobot tell it.",
    ),
    ChannelKind.LARK: (
        r"ou_[A-Za-z0-9]{4,100}",
        "Must be the Open ID of the person for the app of the channel; it starts with ou_.",
    ),
}
"""By the chat: the pattern, and the remedy for anything else."""


def check_external_id(kind: ChannelKind, external_id: str) -> None:
    """Raise Invalid unless a person can have this id in a chat."""
    if kind not in PATTERNS:
        raise Invalid("kind", f"Must be one of {', '.join(PATTERNS)}.")
    pattern, remedy = PATTERNS[kind]
    if not re.fullmatch(pattern, external_id):
        raise Invalid("external_id", remedy)
