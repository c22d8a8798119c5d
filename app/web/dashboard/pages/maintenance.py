"""Maintenance windows: list, add, preview, edit, end now, delete."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Response
from marshmallow import ValidationError, fields, validate

from app import clock
from app.enums import Role
from app.errors import Invalid
from app.web.context import current_editor, services
from app.web.converters import MAX_ID
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import filters_of, read_form, read_query
from app.web.dashboard.pages.monitors import monitor_names
from app.web.dashboard.picks import Picked
from app.web.dashboard.visitor_settings import zone
from app.web.schemas.base import RequestSchema
from app.web.schemas.maintenance import (
    MaintenanceChangesSchema,
    MaintenanceQuerySchema,
    MaintenanceTimesSchema,
    NewMaintenanceSchema,
)

WINDOW = "/maintenance/<id:window_id>"
PREVIEWED = 10
CUSTOM = "custom"
REPEATS = ("", "FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY", CUSTOM)
"""The choices of a form: rules for everyone, or a rule of one's own."""


def repeat_field() -> fields.String:
    """Return the field of the choice."""
    return fields.String(validate=validate.OneOf(REPEATS), allow_none=True)


class MaintenanceTimesFormSchema(MaintenanceTimesSchema):
    """The form's times."""

    repeat = repeat_field()


class NewMaintenanceFormSchema(NewMaintenanceSchema):
    """The form of a new window."""

    host_id = Picked("hosts", validate=validate.Range(1, MAX_ID), allow_none=True)
    repeat = repeat_field()


class MaintenanceChangesFormSchema(MaintenanceChangesSchema):
    """The form of a window."""

    host_id = Picked("hosts", validate=validate.Range(1, MAX_ID), allow_none=True)
    repeat = repeat_field()


@dashboard.page("/maintenance", role=Role.VIEWER)
def maintenance() -> str:
    """List the windows, newest first."""
    query = read_query(MaintenanceQuerySchema)
    page = services().maintenance.windows.list(**query)
    local = clock.now().astimezone(zone())
    return render(
        "maintenance",
        page=page,
        filters=filters_of(query),
        starts_at=local,
        ends_at=local + timedelta(hours=1),
        window=None,
        hosts=services().inventory.inventory.host_names({window["host_id"] for window in page.items} - {None}),
        **_choices(),
    )


@dashboard.page(WINDOW, role=Role.VIEWER)
def maintenance_window(window_id: int) -> str:
    """Show a window: its form, its next occurrences, and what its monitors have of it."""
    window = services().maintenance.windows.get(window_id)
    return render(
        "maintenance_window",
        window=window,
        starts_at=window["starts_at"].astimezone(zone()),
        ends_at=window["ends_at"].astimezone(zone()),
        occurrences=services().maintenance.windows.occurrences(window_id, PREVIEWED),
        **_choices(),
    )


@dashboard.action("/maintenance/preview", role=Role.VIEWER)
def preview_maintenance() -> str:
    """Show the next occurrences that the times in a form make, or what is wrong with them."""
    try:
        times = _with_rule(read_form(MaintenanceTimesFormSchema))
        occurrences = services().maintenance.windows.preview(times, PREVIEWED)
    except Invalid as wrong:
        return render("maintenance_preview", problem={"field": wrong.field, "reason": str(wrong)})
    except ValidationError as wrong:
        [(field, reasons), *_] = wrong.messages_dict.items()
        return render("maintenance_preview", problem={"field": field, "reason": reasons[0]})
    return render("maintenance_preview", occurrences=occurrences)


@dashboard.action("/maintenance", role=Role.OPERATOR)
def add_maintenance() -> Response:
    """Add a window."""
    window = services().maintenance.windows.create(_form(NewMaintenanceFormSchema), current_editor())
    return lead_to("/maintenance", "flash.window_added", name=window["name"])


@dashboard.action(WINDOW, role=Role.OPERATOR)
def edit_maintenance(window_id: int) -> Response:
    """Change a window."""
    given, before = _form(MaintenanceChangesFormSchema), services().maintenance.windows.get(window_id)
    changes = {name: value for name, value in given.items() if not _is_same_minute(value, before.get(name))}
    window = services().maintenance.windows.update(window_id, changes, current_editor())
    return lead_to(f"/maintenance/{window_id}", "flash.saved", name=window["name"])


@dashboard.action(WINDOW + "/end", role=Role.OPERATOR)
def end_maintenance(window_id: int) -> Response:
    """End the occurrence in effect: open alerts that it covers are no longer suppressed."""
    window = services().maintenance.windows.end(window_id, current_editor())
    return lead_to("/maintenance", "flash.window_ended", name=window["name"])


@dashboard.action(WINDOW + "/delete", role=Role.OPERATOR)
def delete_maintenance(window_id: int) -> Response:
    """Delete a window, with the same effect as ending it."""
    name = services().maintenance.windows.get(window_id)["name"]
    services().maintenance.windows.delete(window_id, current_editor())
    return lead_to("/maintenance", "flash.deleted", name=name)


def _is_same_minute(given: object, before: object) -> bool:
    """Return whether a time is the one that the form showed, which has no seconds: it was not changed."""
    if not isinstance(given, datetime) or not isinstance(before, datetime):
        return False
    return given == before.replace(second=0, microsecond=0)


def _form(schema: type[RequestSchema]) -> dict[str, Any]:
    return _with_rule(read_form(schema))


def _with_rule(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields with the rule that was chosen. Raises Invalid if a rule of one's own is missing."""
    plain = {name: value for name, value in given.items() if name != "repeat"}
    if "repeat" not in given:
        return plain
    if given["repeat"] == CUSTOM and not given.get("rrule"):
        raise Invalid("rrule", "Must be a recurrence rule, or choose another repetition.")
    return {**plain, "rrule": given["rrule"] if given["repeat"] == CUSTOM else given["repeat"] or None}


def _choices() -> Mapping[str, Any]:
    """Return what the pages of windows need."""
    return {"now": clock.now(), "zone": zone(), "monitors": monitor_names(), "repeats": REPEATS, "custom": CUSTOM}
