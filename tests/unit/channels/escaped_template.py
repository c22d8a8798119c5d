"""The process that renders templates, as if a template had escaped from its sandbox: tells what it can do."""

import os
import socket
from collections.abc import Callable, Mapping
from typing import Any

from app.channels import template_process
from app.channels.template_sandbox import Sandbox


def attempt(name: str, act: Callable[[], Any]) -> str:
    try:
        act()
    except PermissionError:
        return f"{name} refused"
    return f"{name} ALLOWED"


class Escaped(Sandbox):
    def render(self, source: str, context: Mapping[str, Any], length: int) -> tuple[str, bool]:
        tried = [
            attempt("open", lambda: open("/proc/self/environ")),  # noqa: PTH123, SIM115
            attempt("os.listdir", lambda: os.listdir("/")),  # noqa: PTH208
            attempt("os.system", lambda: os.system("true")),
            attempt("socket.socket", lambda: socket.socket()),
        ]
        return ", ".join([*tried, str([name for name in os.environ if name != "LC_CTYPE"])]), False


template_process.Sandbox = Escaped  # type: ignore[attr-defined]
template_process.main()
