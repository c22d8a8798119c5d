"""Asks before an action on many rows, also where no script does, and offers to undo it."""

from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from app.web.dashboard import csrf
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.forms import back

ASKED_ABOVE = 20
"""Actions on more rows than that are asked about."""
OURS = (csrf.FIELD, "confirmed", "expected_total")


@dashboard.app_template_global()
def bulk_asked_above() -> int:
    """Return the number of rows above which is asked."""
    return ASKED_ABOVE


def is_confirmed(count: int) -> bool:
    """Return whether an action may begin: on few rows, or on as many as somebody was asked about."""
    return count <= ASKED_ABOVE or request.form.get("confirmed") == str(count)


def ask(question: str, button: str, count: int, default_back: str) -> str:
    """Return the page that asks; its button sends the same form again, confirmed for this number."""
    given = MultiDict(request.form)
    kept: list[tuple[str, Any]] = [(name, value) for name, value in given.items(multi=True) if name not in OURS]
    kept.append(("confirmed", count))
    if given.get("everything") == "true":
        kept.append(("expected_total", count))
    return render("bulk_confirm", question=question, button=button, kept=kept, back=back(default_back))
