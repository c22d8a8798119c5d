"""Actions on one alert and on many."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope
from app.services.triage.undoable_actions import Done
from app.web.api_blueprint import ApiBlueprint
from app.web.context import Row, current_editor, services
from app.web.schemas.alert_actions import (
    AcknowledgedSchema,
    AlertChoiceSchema,
    AlertCommentSchema,
    AlertSnoozeSchema,
    ReopenedSchema,
    ResolvedSchema,
    SnoozeChoiceSchema,
    SnoozedSchema,
    UndoneSchema,
    UndoSchema,
)
from app.web.schemas.alerts import AlertSchema

alert_actions = ApiBlueprint(
    "alert_actions", __name__, description="Acknowledge, resolve, reopen and snooze alerts", writes=Scope.ALERTS
)

ALERT = "/alerts/<id:alert_id>"


@alert_actions.operation(
    "POST",
    ALERT + "/acknowledge",
    role=Role.OPERATOR,
    body=AlertCommentSchema,
    answer=AlertSchema,
    errors=(404, 409),
)
def acknowledge_alert(alert_id: int, body: Mapping[str, Any]) -> Row:
    """Acknowledge an alert. If its monitor supports it, a task acknowledges the alert there too."""
    return services().alerts.alert_actions.acknowledge(alert_id, current_editor(), **body)


@alert_actions.operation(
    "POST", ALERT + "/resolve", role=Role.OPERATOR, body=AlertCommentSchema, answer=AlertSchema, errors=(404, 409)
)
def resolve_alert(alert_id: int, body: Mapping[str, Any]) -> Row:
    """Resolve an alert."""
    return services().alerts.alert_actions.resolve(alert_id, current_editor(), **body)


@alert_actions.operation(
    "POST", ALERT + "/reopen", role=Role.OPERATOR, body=AlertCommentSchema, answer=AlertSchema, errors=(404, 409)
)
def reopen_alert(alert_id: int, body: Mapping[str, Any]) -> Row:
    """Reopen an alert: an acknowledged or resolved alert becomes active again."""
    return services().alerts.alert_actions.reopen(alert_id, current_editor(), **body)


@alert_actions.operation(
    "POST", ALERT + "/snooze", role=Role.OPERATOR, body=AlertSnoozeSchema, answer=AlertSchema, errors=(404, 409)
)
def snooze_alert(alert_id: int, body: Mapping[str, Any]) -> Row:
    """Snooze an open alert: until a given time it is not scored and nobody is notified. `null` ends the snooze."""
    return services().alerts.alert_actions.snooze(alert_id, current_editor(), **body)


@alert_actions.operation(
    "POST", "/alerts/acknowledge", role=Role.OPERATOR, body=AlertChoiceSchema, answer=AcknowledgedSchema, errors=(409,)
)
def acknowledge_alerts(body: Mapping[str, Any]) -> Row:
    """Acknowledge many active alerts, selected by id or by filter."""
    return _shown("acknowledged", services().triage.undoable_actions.acknowledge(current_editor(), **body))


@alert_actions.operation(
    "POST", "/alerts/resolve", role=Role.OPERATOR, body=AlertChoiceSchema, answer=ResolvedSchema, errors=(409,)
)
def resolve_alerts(body: Mapping[str, Any]) -> Row:
    """Resolve many alerts, selected by id or by filter."""
    return _shown("resolved", services().triage.undoable_actions.resolve(current_editor(), **body))


@alert_actions.operation(
    "POST", "/alerts/reopen", role=Role.OPERATOR, body=AlertChoiceSchema, answer=ReopenedSchema, errors=(409,)
)
def reopen_alerts(body: Mapping[str, Any]) -> Row:
    """Reopen many resolved alerts, selected by id or by filter. Alerts with a newer occurrence are left unchanged."""
    return _shown("reopened", services().triage.undoable_actions.reopen(current_editor(), **body))


@alert_actions.operation(
    "POST", "/alerts/snooze", role=Role.OPERATOR, body=SnoozeChoiceSchema, answer=SnoozedSchema, errors=(409,)
)
def snooze_alerts(body: Mapping[str, Any]) -> Row:
    """Snooze many open alerts, selected by id or by filter."""
    return _shown("snoozed", services().triage.undoable_actions.snooze(current_editor(), **body))


@alert_actions.operation(
    "POST", "/alerts/undo", role=Role.OPERATOR, body=UndoSchema, answer=UndoneSchema, errors=(404, 409)
)
def undo_alert_action(body: Mapping[str, Any]) -> dict[str, int]:
    """Undo an action on many alerts within 10 s: each has its previous status again, and people are told of it.

    Alerts that somebody changed since keep what they are.
    """
    return {"undone": services().triage.undoable_actions.undo(body["undo"], current_editor())}


def _shown(name: str, done: Done) -> Row:
    return {name: done.count} if done.undo is None else {name: done.count, "undo": done.undo}
