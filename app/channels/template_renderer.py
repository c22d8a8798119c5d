"""Hands templates to a process of its own, which the kernel ends if a template takes too much time or memory."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.channels.preloaded import FOLDER

PROGRAM = "app.channels.template_process"
TIMEOUT_S = 10
GRACE_S = 3
CPU_S = 2
MEMORY = 128 * 1024 * 1024
"""Memory limit in bytes. The process needs a fifth of that."""


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """What is wrong with a template."""

    field: str
    line: int | None
    reason: str

    def __str__(self) -> str:
        """Return where it is wrong and why."""
        return f"line {self.line}: {self.reason}" if self.line else self.reason


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a template wrote; `is_cut` if it was longer than a message may be."""

    text: str
    is_cut: bool


class TemplateRenderer:
    """Renders templates that people wrote. No limit inside a template engine bounds its time and memory; these do.

    The process costs some 0.15 s. It gets no variable of the environment, as those hold secrets, and can open
    no file and no connection.
    """

    def render(
        self, templates: Mapping[str, str], context: Mapping[str, Any], timezone: str
    ) -> dict[str, Rendered] | TemplateFault:
        """Return what each template writes, by field, or the first fault."""
        answer = self._run(templates, [context], timezone)
        if isinstance(answer, TemplateFault):
            return answer
        return {field: Rendered(**text) for field, text in answer[0].items()}

    def find_fault(
        self, templates: Mapping[str, str], contexts: Sequence[Mapping[str, Any]], timezone: str
    ) -> TemplateFault | None:
        """Return what is wrong with these templates, tried with each context; None if nothing is."""
        answer = self._run(templates, contexts, timezone)
        return answer if isinstance(answer, TemplateFault) else None

    def _run(
        self, templates: Mapping[str, str], contexts: Sequence[Mapping[str, Any]], timezone: str
    ) -> list[dict[str, Any]] | TemplateFault:
        order = {"templates": dict(templates), "contexts": list(contexts), "timezone": timezone}
        lines = self._start(json.dumps(order).encode())
        answers = [json.loads(line) for line in lines if line.endswith(b"}")]
        if answers and "texts" in answers[-1]:
            texts: list[dict[str, Any]] = answers[-1]["texts"]
            return texts
        if answers and "fault" in answers[-1]:
            return TemplateFault(**answers[-1]["fault"])
        if not answers:
            return TemplateFault(next(iter(templates)), None, "it could not be tried, as this machine is too busy")
        limits = f"{CPU_S} seconds of processor time or {MEMORY // 2**20} MiB of memory"
        return TemplateFault(answers[-1]["field"], None, f"it takes more than {limits}: shorten its loops")

    def _start(self, order: bytes) -> list[bytes]:
        """Return the lines that the process wrote until it ended."""
        try:
            done = subprocess.run(
                [sys.executable, "-m", PROGRAM],
                cwd=FOLDER,
                env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                input=order,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=TIMEOUT_S + GRACE_S,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            return (late.stdout or b"").splitlines()
        return done.stdout.splitlines()
