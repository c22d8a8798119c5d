"""Schedules: list, add, enable, disable, delete."""

from typing import Any

from flask import Response

from app.enums import Role, TaskType
from app.services.ledger.schedules import SCHEDULED_TYPES
from app.web.context import services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import filters_of, read_form, read_query
from app.web.dashboard.pages.monitors import monitor_names
from app.web.dashboard.visitor_settings import zone
from app.web.schemas.fields import row_id, word
from app.web.schemas.pages import PageQuerySchema
from app.web.schemas.schedules import NewScheduleSchema, ScheduleChangesSchema

SCHEDULE = "/schedules/<id:schedule_id>"
TYPES = [type_ for type_ in SCHEDULED_TYPES if type_ is not TaskType.GENERATE_ALERTS]
"""Task types that the page offers; test alerts can be scheduled only by the API."""


class ScheduleFormSchema(ScheduleChangesSchema):
    """A new schedule as the form has it: without nested parameters."""

    task_type = word(TaskType, required=True)
    monitor_id = row_id(required=True)


@dashboard.page("/schedules", role=Role.VIEWER)
def schedules() -> str:
    """List the schedules."""
    query = read_query(PageQuerySchema)
    return render(
        "schedules",
        page=services().ledger.schedules.list(**query),
        filters=filters_of(query),
        monitors=monitor_names(),
        types=TYPES,
        zone=str(zone()),
    )


@dashboard.action("/schedules", role=Role.ADMIN)
def add_schedule() -> Response:
    """Add a schedule."""
    form: dict[str, Any] = read_form(ScheduleFormSchema)
    params = {"monitor_id": form.pop("monitor_id")}
    made = services().ledger.schedules.create(NewScheduleSchema().load({**form, "params": params}))
    return lead_to("/schedules", "flash.schedule_added", name=made["name"])


@dashboard.action(SCHEDULE, role=Role.ADMIN)
def edit_schedule(schedule_id: int) -> Response:
    """Enable or disable a schedule."""
    changed = services().ledger.schedules.update(schedule_id, read_form(ScheduleChangesSchema))
    return lead_to("/schedules", "flash.saved", name=changed["name"])


@dashboard.action(SCHEDULE + "/delete", role=Role.ADMIN)
def delete_schedule(schedule_id: int) -> Response:
    """Delete a schedule."""
    name = services().ledger.schedules.get(schedule_id)["name"]
    services().ledger.schedules.delete(schedule_id)
    return lead_to("/schedules", "flash.deleted", name=name)
