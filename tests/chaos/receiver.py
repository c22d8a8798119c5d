"""Receivers as processes that a storm strikes, and that come back at the same address."""

import os
import random
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from tests.acceptance.programs import Program
from tests.acceptance.stack import Stack
from tests.chaos.receivers.book import REFUSING, Book, Mode
from tests.cli.instance import free_port
from tests.cli.processes import wait_for

SILENT = (Mode.HANGING, Mode.DROPPING, Mode.HALF)
SHORTEST_S, LONGEST_S = 0.2, 4.0


class Receiver:
    """A running receiver: `http` or `smtp`."""

    def __init__(self, stack: Stack, kind: str) -> None:
        self._stack = stack
        self._kind = kind
        self.port = free_port()
        self._path = stack.folder / f"{kind}-receiver.jsonl"
        self.book = Book(self._path)
        self.start()

    def start(self) -> None:
        """Start it, and wait until it can be reached."""
        module = f"tests.chaos.receivers.{self._kind}"
        command = (sys.executable, "-m", module, str(self.port), str(self._path))
        self._program: Program = self._stack.start(f"{self._kind}-receiver", *command)
        wait_for(self._answers, f"the {self._kind} receiver")

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self._program.kill()

    def signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self._program.pid, number)

    def _answers(self) -> bool:
        assert self._program.process.poll() is None, self._program.printed
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False


class Strikes:
    """The accidents of receivers."""

    def __init__(self, receivers: Sequence[Receiver]) -> None:
        self._receivers = receivers

    def accidents(self, dice: random.Random) -> Mapping[str, Callable[[], None]]:
        """Return them by name; the dice decide which receiver they hit, and for how long."""
        return {
            "receiver_killed": lambda: self._killed(dice),
            "receiver_stopped": lambda: self._stopped(dice),
            "receiver_refusing": lambda: self._misbehaving(dice, sorted(REFUSING)),
            "receiver_silent": lambda: self._misbehaving(dice, SILENT),
        }

    def _killed(self, dice: random.Random) -> None:
        receiver = dice.choice(self._receivers)
        receiver.kill()
        _pause(dice)
        receiver.start()

    def _stopped(self, dice: random.Random) -> None:
        receiver = dice.choice(self._receivers)
        receiver.signal(signal.SIGSTOP)
        _pause(dice)
        receiver.signal(signal.SIGCONT)

    def _misbehaving(self, dice: random.Random, modes: Sequence[Mode]) -> None:
        receiver = dice.choice(self._receivers)
        receiver.book.mode = dice.choice(modes)
        _pause(dice)
        receiver.book.mode = Mode.NORMAL


def _pause(dice: random.Random) -> None:
    time.sleep(dice.uniform(SHORTEST_S, LONGEST_S))
