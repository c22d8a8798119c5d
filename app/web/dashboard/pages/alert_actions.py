"""Actions on alerts: on the selected ones, or on all that match the list's filters."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Response, request
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict
from werkzeug.urls import iri_to_uri

from app import clock
from app.enums import Role
from app.errors import NotFound
from app.services.triage.undoable_actions import Done
from app.web.context import current_editor, services
from app.web.converters import MAX_ID
from app.web.dashboard.alert_words import alerts_in_words
from app.web.dashboard.blueprint import dashboard
from app.web.dashboard.bulk import ask, is_confirmed
from app.web.dashboard.flash import lead_to
from app.web.dashboard.formats import number
from app.web.dashboard.forms import back
from app.web.dashboard.translation import translate
from app.web.schemas.alert_actions import MAX_COMMENT
from app.web.schemas.alerts import AlertQuerySchema
from app.web.schemas.fields import DECIMAL, Text

HOURS = {"1h": 1, "4h": 4, "1d": 24, "7d": 168}
AWAKE = "wake"


@dashboard.action("/alerts/<any(acknowledge, resolve, reopen, snooze):action>", role=Role.OPERATOR)
def act_on_alerts(action: str) -> Response | str:
    """Apply one action to many alerts, after asking if they are very many; it can be undone for 10 s."""
    actions = services().triage.undoable_actions
    acts: dict[str, Callable[..., Done]] = {
        "acknowledge": actions.acknowledge,
        "resolve": actions.resolve,
        "reopen": actions.reopen,
        "snooze": actions.snooze,
    }
    choice: dict[str, Any] = {"comment": _comment(), **_choice()}
    if action == "snooze":
        choice["until"] = _until()
    count = len(choice["ids"]) if "ids" in choice else choice["expected_total"]
    if not is_confirmed(count):
        return _ask(action, count)
    done = acts[action](current_editor(), **choice)
    undo = {"address": "/alerts/undo", "token": done.undo} if done.undo else None
    return lead_to(iri_to_uri(back("/alerts")), f"flash.{action}", undo=undo, count=done.count)


@dashboard.action("/alerts/undo", role=Role.OPERATOR)
def undo_on_alerts() -> Response:
    """Undo an action on many alerts."""
    try:
        count = services().triage.undoable_actions.undo(request.form.get("undo", ""), current_editor())
    except NotFound:
        return lead_to(iri_to_uri(back("/alerts")), "flash.too_late_to_undo", "bad")
    return lead_to(iri_to_uri(back("/alerts")), "flash.undone", count=count)


def _ask(action: str, count: int) -> str:
    is_whole = request.form.get("everything") == "true"
    what = alerts_in_words(_filters(), count) if is_whole else translate("bulk.chosen", count=number(count))
    question = translate(f"bulk.{action}_question", what=what)
    return ask(question, translate(f"bulk.{action}_many", count=number(count)), count, "/alerts")


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
        wanted = _filters()
        return wanted | {"expected_total": _expected_total(wanted)}
    ids = [int(text) for text in MultiDict(request.form).getlist("ids") if text.isdecimal() and int(text) <= MAX_ID]
    if not ids:
        raise ValidationError({"ids": ["Select at least one alert."]})
    return {"ids": ids}


def _filters() -> dict[str, Any]:
    filters = {name: request.form[name] for name in AlertQuerySchema().fields if request.form.get(name)}
    chosen: dict[str, Any] = AlertQuerySchema().load(filters)
    return {name: value for name, value in chosen.items() if name not in ("page", "sort")}


def _expected_total(wanted: Mapping[str, Any]) -> int:
    """Return how many alerts the page said that the filters match: more are refused, since nobody has seen them."""
    text = request.form.get("expected_total", "")
    return int(text) if DECIMAL.fullmatch(text) else services().triage.alert_facets.count(**wanted)


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
