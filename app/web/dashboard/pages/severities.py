"""The severity table of a monitor: show it, edit the monitor's own words, and rank a word that nobody knows."""

from typing import Any

from flask import Response
from marshmallow import ValidationError, fields, validate

from app.enums import Role, Severity
from app.rules.alerts.alert_bounds import MAX_SEVERITY
from app.rules.alerts.severities import PLAIN, Numbers
from app.web.context import current_editor, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import read_form
from app.web.schemas.base import RequestSchema
from app.web.schemas.fields import Text, code
from app.web.schemas.severities import MAX_WORDS, NewSeveritiesSchema

SEVERITIES = "/monitors/<id:monitor_id>/severities"
OWN = ("words", "unknown", "missing", "numbers")


class TableFormSchema(RequestSchema):
    """The form of a table; each line of `words` is a word and a severity."""

    words = Text(max=MAX_WORDS * (MAX_SEVERITY + 20))
    unknown_word = code(Severity, required=True)
    missing_word = code(Severity, required=True)
    numbers = fields.String(required=True)


class RankSchema(RequestSchema):
    """A word and its severity."""

    word = fields.String(required=True, validate=validate.Length(min=1, max=MAX_SEVERITY))
    severity = code(Severity, required=True)


@dashboard.page(SEVERITIES, role=Role.VIEWER)
def severities(monitor_id: int) -> str:
    """Show the severity table of a monitor, and the words that it does not know."""
    return render(
        "severities",
        monitor=services().inventory.monitors.get(monitor_id),
        table=services().alerts.severities.get(monitor_id),
        severities=sorted(Severity, reverse=True),
        numbers=[*Numbers],
    )


@dashboard.action(SEVERITIES, role=Role.ADMIN)
def edit_severities(monitor_id: int) -> Response:
    """Replace the monitor's own entries."""
    given = read_form(TableFormSchema)
    table = {
        "words": _words(given.get("words", "")),
        "unknown": int(given["unknown_word"]),
        "missing": int(given["missing_word"]),
        "numbers": given["numbers"],
    }
    return _replace(monitor_id, table)


@dashboard.action(SEVERITIES + "/rank", role=Role.ADMIN)
def rank_severity(monitor_id: int) -> Response:
    """Add one word to the monitor's own entries."""
    given = read_form(RankSchema)
    table = services().alerts.severities.get(monitor_id)
    own = {name: table[name] for name in OWN}
    return _replace(monitor_id, {**own, "words": {**own["words"], given["word"]: int(given["severity"])}})


def _replace(monitor_id: int, table: dict[str, Any]) -> Response:
    checked = NewSeveritiesSchema().load(table)
    changed = services().alerts.severities.replace(monitor_id, checked, current_editor())
    return lead_to(f"/monitors/{monitor_id}/severities", "flash.severities_saved", count=changed["changed_alerts"])


def _words(text: str) -> dict[str, int]:
    """Return the entries of lines like `紫色 = critical`. Raises ValidationError naming the line that is none."""
    words: dict[str, int] = {}
    for line in filter(None, map(str.strip, text.split("\n"))):
        word, separator, named = line.rpartition("=")
        severity = PLAIN.find(named) if separator and named.strip() else None
        if severity is None or not word.strip():
            raise ValidationError({"words": [f"{line[:100]}: must be a word, =, and critical, warning or info."]})
        words[word.strip()] = int(severity)
    return words
