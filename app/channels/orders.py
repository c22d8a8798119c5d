"""Both ends of an order: what hands it to a program in a process of its own, and how that program begins."""

import json
import logging
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import app

FOLDER = Path(app.__file__).parents[1]
"""The folder from which the process imports this package."""


def run_order(program: str, order: Mapping[str, object], timeout_s: float) -> dict[str, Any] | None:
    """Return the program's answer; None if it ended without one. Orders hold secrets, so they go to its stdin."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", program],
            cwd=FOLDER,
            input=json.dumps(order).encode(),
            stdout=subprocess.PIPE,
            # Output of a service's code, which knows the address.
            stderr=subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return answer


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
