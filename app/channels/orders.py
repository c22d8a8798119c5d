"""How a program begins that executes an order in a process of its own."""

import logging
import os
import resource
import signal
from typing import TextIO


def begin_program(timeout_s: int, memory: int) -> TextIO:
    """Limit this process, which has an order to execute, in seconds and bytes; return where its answer goes."""
    # The kernel ends a process that takes too long, also when nothing waits for it any more.
    signal.alarm(timeout_s)
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    # A core dump would contain the address.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 1)
    logging.disable()  # libraries log addresses, and the responses of receivers
    return answers
