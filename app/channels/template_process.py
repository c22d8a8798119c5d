"""The process that renders templates: reads an order and writes answers, one JSON object a line."""

import json
import os
import resource
import signal
import sys
from typing import Any, NoReturn

from app.channels.template_renderer import CPU_S, MEMORY, TIMEOUT_S
from app.channels.template_sandbox import Fault, Sandbox
from app.rules.response.notification_templates import MAX_BODY, MAX_TITLE, TITLE
from app.rules.response.plain_text import one_line

FORBIDDEN = ("open", "os.", "socket.", "subprocess.", "ctypes.", "shutil.", "signal.", "mmap.", "tempfile.", "glob.")
"""Beginnings of the names of audit events that no template causes."""


def main() -> None:
    """Execute the order on stdin; what follows the last line that names a field is that field's fault."""
    # The kernel ends a process that takes too long, also when nothing waits for it any more.
    signal.alarm(TIMEOUT_S)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    order = json.loads(sys.stdin.buffer.read())
    sandbox = Sandbox(order["timezone"])
    sandbox.warm_up()
    sys.addaudithook(_judge)
    _render(sandbox, order["templates"], order["contexts"])
    os._exit(0)


def _render(sandbox: Sandbox, templates: dict[str, str], contexts: list[dict[str, Any]]) -> None:
    texts: list[dict[str, Any]] = [{} for _ in contexts]
    for field, source in templates.items():
        _answer({"field": field})
        for context, text in zip(contexts, texts, strict=True):
            try:
                length = MAX_TITLE if field == TITLE else MAX_BODY
                written, is_cut = sandbox.render(source, context, length)
            except Fault as fault:
                _answer({"fault": {"field": field, "line": fault.line, "reason": str(fault)}})
                os._exit(0)
            text[field] = {"text": one_line(written, MAX_TITLE) if field == TITLE else written, "is_cut": is_cut}
    _answer({"texts": texts})


def _answer(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)  # noqa: T201 - it is the process's answer


def _judge(event: str, _: tuple[Any, ...]) -> None:
    """Raise PermissionError for whatever a template that escaped from its sandbox would do next."""
    if event.startswith(FORBIDDEN):
        _refuse(event)


def _refuse(event: str) -> NoReturn:
    raise PermissionError(event)


if __name__ == "__main__":
    main()
