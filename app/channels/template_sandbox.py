"""Renders templates of messages in a sandbox; runs only in the process that is confined for it."""

import contextlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError, meta, nodes
from jinja2 import debug as debug  # imported lazily otherwise, when no file can be opened any more
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment, safe_range
from jinja2.utils import Namespace, missing

from app.rules.response.plain_text import clean, one_line, shortened

GLOBALS = {"range": safe_range, "namespace": Namespace}
OTHER_TEMPLATES = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
MAX_REASON = 600
WARM_UP = """{{ 'x' * 9 }}{{ [1]|pprint }}{{ 'x'|urlize }}{{ 'x y'|wordwrap(1) }}{{ '<b>'|striptags }}{{ {}|xmlattr }}
{{ 1|tojson }}{{ 'x'|urlencode }}{{ [1]|random }}{{ nothing.at_all }}"""
"""What makes Jinja import what it imports only when that is needed first."""
TIME_FORMAT = "%Y-%m-%d %H:%M:%S %Z"


class Fault(Exception):
    """A template is wrong: in which line, if that is known, and why."""

    def __init__(self, line: int | None, reason: str) -> None:
        super().__init__(reason)
        self.line = line


class Texts(dict[str, str]):
    """Labels or annotations: alerts have different ones, so a missing one is empty."""

    def __missing__(self, name: str) -> str:
        return ""


class Unknown(StrictUndefined):
    """A name that does not exist: its error names those that do."""

    __slots__ = ()

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: type[Exception] = UndefinedError,
    ) -> None:
        super().__init__(hint or _known_beside(obj, name), obj, name, exc)  # type: ignore[arg-type] # as it is called


class Sandbox:
    """Renders templates in which times are those of one time zone."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)
        environment = ImmutableSandboxedEnvironment(undefined=Unknown, trim_blocks=True, lstrip_blocks=True)
        environment.globals.clear()
        environment.globals.update(GLOBALS)
        environment.filters.update(time=self._time, short=_short, labels=_labels)
        self._environment = environment

    def warm_up(self) -> None:
        """Load everything that templates need: once the process is confined, nothing can be imported any more."""
        with contextlib.suppress(UndefinedError):
            self._environment.from_string(WARM_UP).render()

    def render(self, source: str, context: Mapping[str, Any], length: int) -> tuple[str, bool]:
        """Return what a template writes, and whether it was cut to `length` characters. Raises Fault."""
        try:
            self._check_names(source, context)
            template = self._environment.from_string(source)
            pieces, count = [], 0
            for piece in template.generate(_prepared(context)):
                pieces.append(piece[: length + 1 - count])
                count += len(pieces[-1])
                if count > length:
                    break
            text = clean("".join(pieces)).strip("\n")
            return shortened(text, length), count > length
        except Fault:
            raise
        # Whatever a template can do wrong: the calls in it are those of its author.
        except Exception as error:  # noqa: BLE001
            raise Fault(_line_of(error), shortened(_reason_of(error), MAX_REASON)) from None

    def _check_names(self, source: str, context: Mapping[str, Any]) -> None:
        """Find names that are unknown, also in parts that this context does not reach. Raises Fault."""
        tree = self._environment.parse(source)
        for node in tree.find_all(OTHER_TEMPLATES):
            raise Fault(node.lineno, "there are no other templates: include, import and extends do not work here")
        unknown = meta.find_undeclared_variables(tree) - {*context, *GLOBALS, "self"}
        for name in tree.find_all(nodes.Name):
            if name.name in unknown:
                raise Fault(name.lineno, f"`{name.name}` is unknown; known are: {', '.join(sorted(context))}")

    def _time(self, value: str, form: str = TIME_FORMAT) -> str:
        """Return a time of an alert in the notification's time zone; nothing if there is none."""
        return datetime.fromisoformat(value).astimezone(self._zone).strftime(form) if value else ""


def _known_beside(owner: object, name: str | None) -> str | None:
    if isinstance(owner, dict):
        return f"there is no `{name}` here; there are: {', '.join(sorted(map(str, owner)))}"
    if isinstance(owner, list):
        return f"a list of {len(owner)} has no `{name}`: use a loop, or an index that exists"
    return None


def _short(value: object, length: int = 200) -> str:
    return one_line(str(value), length)


def _labels(value: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={text}" for name, text in value.items())


def _prepared(context: Mapping[str, Any]) -> dict[str, Any]:
    alerts = [
        {**alert, **{name: Texts(alert[name]) for name in ("labels", "important_labels", "annotations")}}
        for alert in context["alerts"]
    ]
    return {**context, "alerts": alerts}


def _reason_of(error: Exception) -> str:
    if isinstance(error, TemplateSyntaxError | UndefinedError):
        return str(error.message)
    if isinstance(error, SecurityError | PermissionError):
        return f"not allowed: {error}"
    if isinstance(error, MemoryError):
        return "it needs too much memory"
    if isinstance(error, RecursionError):
        return "it is nested too deeply, or calls itself"
    return f"{type(error).__name__}: {error}"


def _line_of(error: Exception) -> int | None:
    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    lines = [frame.tb_lineno for frame in _frames(error.__traceback__) if _is_of_template(frame)]
    return lines[-1] if lines else None


def _frames(frame: TracebackType | None) -> Iterator[TracebackType]:
    while frame is not None:
        yield frame
        frame = frame.tb_next


def _is_of_template(frame: TracebackType) -> bool:
    return frame.tb_frame.f_code.co_filename == "<template>"
