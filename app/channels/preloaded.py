"""Keeps a program loaded between orders: each order is executed by a fork, which nothing of another order has touched.

`python -m app.channels.preloaded MODULE` imports the module and calls its `prepare`, if it has one. For each order on
the socket that is its stdin it forks a process in which the order is stdin and `main` of the module runs. It ends with
its parent, or after a time without orders.
"""

import contextlib
import importlib
import json
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import app

FOLDER = Path(app.__file__).parents[1]
"""The folder from which the process imports this package."""
THIS = "app.channels.preloaded"
IDLE_S = 60.0
LENGTH = struct.Struct("!Q")
_idle: dict[tuple[int, str], list["Preloaded"]] = {}
_lock = threading.Lock()


class Preloaded:
    """A loaded program, as the process sees it that gives it orders. It executes one order at a time."""

    def __init__(self, program: str) -> None:
        self._orders, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", THIS, program],
                cwd=FOLDER,
                stdin=theirs.fileno(),
                stdout=subprocess.PIPE,
                # Output of a service's code, which knows the address.
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def is_alive(self) -> bool:
        """Return whether it can take another order."""
        return self._process.poll() is None

    def run(self, order: bytes, timeout_s: float) -> bytes | None:
        """Execute an order; return what it printed, or None if it took too long or ended without a whole answer."""
        timer = threading.Timer(timeout_s, self.end)
        timer.start()
        try:
            self._orders.sendall(LENGTH.pack(len(order)) + order)
            answer = self._process.stdout.readline() if self._process.stdout else b""
        except OSError:
            return None
        finally:
            timer.cancel()
        return answer if answer.endswith(b"\n") else None

    def end(self) -> None:
        """Kill it, with the process that executes an order."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        # Waits for it, and closes the pipe.
        with self._process, self._orders:
            pass


def run_order(program: str, order: Mapping[str, object], timeout_s: float) -> dict[str, Any] | None:
    """Return the program's answer; None if it ended without one. Orders hold secrets, so they go through a socket."""
    preloaded = _take(program)
    printed = preloaded.run(json.dumps(order).encode(), timeout_s)
    try:
        answer: dict[str, Any] = json.loads(printed or b"")
    except ValueError:
        preloaded.end()
        return None
    _give_back(program, preloaded)
    return answer


def end_idle() -> None:
    """End the programs that this process keeps loaded."""
    with _lock:
        waiting = [each for (pid, _), held in _idle.items() if pid == os.getpid() for each in held]
        _idle.clear()
    for each in waiting:
        each.end()


def _take(program: str) -> Preloaded:
    # Those of the process that this one was forked from belong to it alone.
    key = (os.getpid(), program)
    while True:
        with _lock:
            held = _idle.get(key)
            preloaded = held.pop() if held else None
        if preloaded is None:
            return Preloaded(program)
        if preloaded.is_alive():
            return preloaded
        preloaded.end()


def _give_back(program: str, preloaded: Preloaded) -> None:
    with _lock:
        _idle.setdefault((os.getpid(), program), []).append(preloaded)


def serve(program: str) -> None:
    """Execute orders until the parent is gone or none has come for some time."""
    module = importlib.import_module(program)
    getattr(module, "prepare", lambda: None)()
    orders = socket.socket(fileno=os.dup(0))
    with selectors.DefaultSelector() as waiting:
        waiting.register(orders, selectors.EVENT_READ)
        # Only looked at: an order is read by the process that executes it, so that no other one ever holds it.
        while waiting.select(IDLE_S) and orders.recv(1, socket.MSG_PEEK):
            child = os.fork()
            if child == 0:
                _execute(module, orders)
            _, status = os.waitpid(child, 0)
            os.write(1, b"\n")
            if status:
                # The rest of its order may still be there.
                return


def _execute(module: Any, orders: socket.socket) -> None:
    given = os.memfd_create("order")
    with orders, orders.makefile("rb") as stream:
        (length,) = LENGTH.unpack(stream.read(LENGTH.size))
        os.write(given, stream.read(length))
    os.lseek(given, 0, os.SEEK_SET)
    os.dup2(given, 0)
    os.close(given)
    try:
        module.main()
    finally:
        os._exit(1)


if __name__ == "__main__":
    serve(sys.argv[1])
