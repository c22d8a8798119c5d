"""Who acts in the current request, so that every change that it causes has an author in the audit log."""

from contextvars import ContextVar

from app.services.access.audit import COMMAND_LINE, Editor

_editor: ContextVar[Editor] = ContextVar("editor", default=COMMAND_LINE)


def acting_editor() -> Editor:
    """Return who sent the current request; outside of requests, whoever runs the command."""
    return _editor.get()


def begin_acting(editor: Editor) -> None:
    """Make a user the author of what the current request changes."""
    _editor.set(editor)


def end_acting() -> None:
    """Forget the author: the thread serves other requests next."""
    _editor.set(COMMAND_LINE)
