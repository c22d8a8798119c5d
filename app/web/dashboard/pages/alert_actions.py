"""Actions on alerts: on the selected ones, or on all that match the list's filters."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Response, request
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict
from werkzeug.urls import iri_to_uri

from app import clock
from app.enums import Role
from app.web.context import current_editor, services
from app.web.converters import MAX_ID
from app.web.dashboard.blueprint import dashboard
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import back
from app.web.schemas.alert_actions import MAX_COMMENT
from app.web.schemas.alerts import AlertQuerySchema
from app.web.schemas.fields import DECIMAL, Text

HOURS = {"1h": 1, "4h": 4, "1d": 24, "7d": 168}
AWAKE = "wake"


@dashboard.action("/alerts/<any(acknowledge, resolve, reopen, snooze):action>", role=Role.OPERATOR)
def act_on_alerts(action: str) -> Response:
    """Apply one action to many alerts."""
    actions = services().alerts.alert_actions
    acts: dict[str, Callable[..., int]] = {
        "acknowledge": actions.acknowledge_many,
        "resolve": actions.resolve_many,
        "reopen": actions.reopen_many,
        "snooze": actions.snooze_many,
    }
    choice: dict[str, Any] = {"comment": _comment(), **_choice()}
    if action == "snooze":
        choice["until"] = _until()
    count = acts[action](current_editor(), **choice)
    return lead_to(iri_to_uri(back("/alerts")), f"flash.{action}", count=count)


@dashboard.action("/alerts/<id:alert_id>/comment", role=Role.OPERATOR)
def comment_alert(alert_id: int) -> Response:
    """Add a comment to an alert."""
    comment = _comment()
    if not comment:
        raise ValidationError({"comment": ["Must not be empty."]})
    services().alerts.alert_actions.comment(alert_id, current_editor(), comment)
    return lead_to(f"/alerts/{alert_id}", "flash.commented")


def _choice() -> dict[str, Any]:
    """Return the ids of the selected alerts, or the filters if all matches are meant."""
    if request.form.get("everything") == "true":
        filters = {name: request.form[name] for name in AlertQuerySchema().fields if request.form.get(name)}
        chosen: dict[str, Any] = AlertQuerySchema().load(filters)
        wanted = {name: value for name, value in chosen.items() if name not in ("page", "sort")}
        return wanted | _expected_total()
    ids = [int(text) for text in MultiDict(request.form).getlist("ids") if text.isdecimal() and int(text) <= MAX_ID]
    if not ids:
        raise ValidationError({"ids": ["Select at least one alert."]})
    return {"ids": ids}


def _expected_total() -> dict[str, int]:
    """Return how many alerts the page said that the filters match: more are refused, since nobody has seen them."""
    text = request.form.get("expected_total", "")
    return {"expected_total": int(text)} if DECIMAL.fullmatch(text) else {}


def _comment() -> str | None:
    text: str = Text(max=MAX_COMMENT).deserialize(request.form.get("comment", "").replace("\r\n", "\n").strip())
    return text or None


def _until() -> datetime | None:
    chosen = request.form.get("until", "")
    if chosen == AWAKE:
        return None
    if chosen not in HOURS:
        raise ValidationError({"until": ["Must be one of the listed durations."]})
    return clock.now() + timedelta(hours=HOURS[chosen])
