"""Merges the output of the processes under `nagare up` into one stream, each line with the process's name."""

import os
import queue
import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import IO, Self

COLOURS = ("36", "35", "33", "34")
NAME_WIDTH = 6
LINES_AHEAD = 1000
PATIENCE_S = 0.5


class Output:
    """Writes whole lines to standard output, from any thread, inside its `with` block.

    One thread does all the writing: when nobody reads the output (a paused terminal, a full pipe), only this thread
    hangs, and a signal still ends everything.
    """

    def __init__(self) -> None:
        self._pieces: queue.Queue[bytes | None] = queue.Queue(LINES_AHEAD)
        self._colours: dict[str, str] = {}
        self._has_colour = sys.stdout.isatty()
        self._writer = threading.Thread(target=self._write_on, name="output", daemon=True)

    def __enter__(self) -> Self:
        self._writer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._put(None)
        self._writer.join(PATIENCE_S)

    def follow(self, name: str, stream: IO[bytes]) -> threading.Thread:
        """Copy the stream's lines until it ends, in its own thread."""
        thread = threading.Thread(
            target=self._copy, args=(self._prefix(name).encode(), stream), name=f"output of {name}", daemon=True
        )
        thread.start()
        return thread

    def say(self, line: str) -> None:
        """Print one line of `nagare up` itself."""
        self.print(f"{self._prefix('nagare')}{line}\n")

    def print(self, text: str) -> None:
        """Print the text unchanged; it is lost when nobody reads."""
        self._put(text.encode())

    def _put(self, piece: bytes | None) -> None:
        with suppress(queue.Full):
            self._pieces.put(piece, timeout=PATIENCE_S)

    def _copy(self, prefix: bytes, stream: IO[bytes]) -> None:
        for line in stream:
            self._pieces.put(prefix + line.rstrip(b"\r\n") + b"\n")

    def _write_on(self) -> None:
        while (piece := self._pieces.get()) is not None:
            # A closed output (`| head` ended) is no reason to stop reading: the processes would hang on full pipes.
            with suppress(OSError):
                while piece:
                    piece = piece[os.write(sys.stdout.fileno(), piece) :]

    def _prefix(self, name: str) -> str:
        label = f"{name:<{NAME_WIDTH}} | "
        if not self._has_colour:
            return label
        colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
        return f"\x1b[{colour}m{label}\x1b[0m"
