"""What puts a monitor at risk for as long as it is set."""

from collections.abc import Mapping
from typing import Any

UNVERIFIED = "Its certificate is not checked: anyone on the way can read and change what is sent, credentials included."


def warnings_of(monitor: Mapping[Any, Any]) -> list[str]:
    """Return the warnings that are shown with a monitor, each a sentence."""
    return [] if monitor["verify"] else [UNVERIFIED]
