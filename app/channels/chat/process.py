"""The process that sends one chat message, or changes one: reads an order and writes a result, both as JSON."""

import importlib
import json
import os
import sys
import threading
from typing import Any, NoReturn, TextIO

from app.channels.chat.attempt import Attempt
from app.channels.chat.service import LIMIT_S, START_S
from app.channels.confinement import Confinement
from app.channels.orders import begin_program
from app.enums import ChannelKind

MEMORY = 256 * 1024 * 1024
"""Memory limit in bytes, as a service may respond without end. The process needs a quarter of that."""
CLIENTS = {
    ChannelKind.SLACK: "app.channels.chat.slack_client",
    ChannelKind.TELEGRAM: "app.channels.chat.telegram_client",
    ChannelKind.LARK: "app.channels.chat.lark_client",
}


def main() -> None:
    """Execute the order on stdin and write the result to stdout."""
    answers = begin_program(START_S + LIMIT_S, MEMORY)
    order = json.loads(sys.stdin.buffer.read())
    # Only the library of this service, and before the confinement, after which no file of nagare can be read.
    client = importlib.import_module(CLIENTS[ChannelKind(order["kind"])])
    confinement = Confinement()
    confinement.begin()
    attempt = Attempt(order["secrets"], confinement)
    attempt.watch()
    _end_after(order["limit_s"], attempt, answers)
    try:
        answer = attempt.sent(client.send(order, attempt))
    except Exception as error:  # noqa: BLE001 - whatever a library raises, what counts is whether the message has left
        answer = attempt.failed(error)
    _end(answer, answers)


def _end_after(limit_s: float, attempt: Attempt, answers: TextIO) -> None:
    """Answer when the time is over, whatever the library waits for: each of its timeouts is only for one step."""
    timer = threading.Timer(limit_s, lambda: _end(attempt.failed(TimeoutError()), answers))
    timer.daemon = True
    timer.start()


def _end(answer: dict[str, Any], answers: TextIO) -> NoReturn:
    # In one call, so that of two threads one answers.
    os.write(answers.fileno(), json.dumps(answer).encode())
    # Does not wait for a library's threads.
    os._exit(0)


if __name__ == "__main__":
    main()
