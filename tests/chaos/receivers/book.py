"""What a receiver has: one line of JSON a message, on the disk before the receiver answers."""

import json
import os
import threading
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any


class Mode(StrEnum):
    """How a receiver treats the messages that it reads."""

    NORMAL = "normal"
    BROKEN = "broken"
    """It refuses them with 500."""
    BUSY = "busy"
    """It refuses them with 429 and `Retry-After`; by mail with 421."""
    HANGING = "hanging"
    """It keeps them and does not answer."""
    DROPPING = "dropping"
    """It keeps them and closes the connection without an answer."""
    HALF = "half"
    """It keeps them and closes the connection in the middle of its answer."""


REFUSING = frozenset((Mode.BROKEN, Mode.BUSY))
"""The modes in which a receiver keeps nothing."""


class Book:
    """The file of a receiver, and the file beside it in which a storm writes the receiver's mode."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mode = path.with_suffix(".mode")
        self._writing = threading.Lock()

    @property
    def mode(self) -> Mode:
        """Return how the receiver is to treat the next message."""
        return Mode(self._mode.read_text()) if self._mode.exists() else Mode.NORMAL

    @mode.setter
    def mode(self, mode: Mode) -> None:
        new = self._mode.with_suffix(".new")
        new.write_text(mode)
        # The receiver never reads half of a word.
        new.rename(self._mode)

    def keep(self, mode: Mode, to: str, key: str | None, title: str, body: str) -> None:
        """Write a message to the disk, also one that is refused."""
        at = datetime.now(UTC).isoformat()
        line = json.dumps({"at": at, "mode": mode, "to": to, "key": key, "title": title, "body": body}) + "\n"
        with self._writing, self._path.open("ab") as file:
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())

    def all(self) -> list[dict[str, Any]]:
        """Return the messages in the order of their arrival; one that a kill cut off was not answered."""
        lines = self._path.read_text().splitlines() if self._path.exists() else []
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def kept(self) -> list[dict[str, Any]]:
        """Return the messages that the receiver did not refuse, whatever it answered."""
        return [message for message in self.all() if message["mode"] not in REFUSING]
