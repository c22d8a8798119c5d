"""Schedules: list, add, show with the next runs, preview, edit, run now, enable, disable, delete."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Response
from marshmallow import ValidationError

from app.enums import Role, TaskType
from app.errors import Invalid
from app.services.ledger.schedules import SCHEDULED_TYPES
from app.store.database.pages import PageRequest
from app.web.context import Row, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import back, filters_of, read_form, read_query, requester
from app.web.dashboard.pages.monitors import monitor_names
from app.web.dashboard.task_subjects import with_subjects
from app.web.dashboard.visitor_settings import zone
from app.web.schemas.fields import row_id, word
from app.web.schemas.pages import PageQuerySchema
from app.web.schemas.schedules import NewScheduleSchema, ScheduleChangesSchema, ScheduleTimesSchema

SHOWN_RUNS = 5
RECENT = 10
SCHEDULE = "/schedules/<id:schedule_id>"
TYPES = [type_ for type_ in SCHEDULED_TYPES if type_ is not TaskType.GENERATE_ALERTS]
"""Task types that the page offers; test alerts can be scheduled only by the API."""


class ScheduleFormSchema(ScheduleChangesSchema):
    """A new schedule as the form has it: without nested parameters."""

    task_type = word(TaskType, required=True)
    monitor_id = row_id(required=True)


class ScheduleEditSchema(ScheduleChangesSchema):
    """Changes to a schedule as the form has them."""

    monitor_id = row_id()


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


@dashboard.page(SCHEDULE, role=Role.VIEWER)
def schedule(schedule_id: int) -> str:
    """Show one schedule with its next runs, and the latest tasks for the same work."""
    found, monitors = services().ledger.schedules.get(schedule_id), monitor_names()
    filters = {"type": found["task_type"], "monitor_id": found["monitor_id"]}
    tasks = services().ledger.tasks.list(PageRequest(RECENT), **filters).items
    return render(
        "schedule",
        schedule=found,
        runs=_next_runs(found),
        tasks=with_subjects(tasks, monitors),
        monitors=monitors,
    )


@dashboard.action("/schedules/preview", role=Role.VIEWER)
def preview_schedule() -> str:
    """Show the next runs of the times in a form, or what is wrong with them."""
    try:
        times = read_form(ScheduleTimesSchema)
        runs = services().ledger.schedules.preview(times["cron"], times["timezone"], SHOWN_RUNS)
    except Invalid as wrong:
        return render("schedule_runs", problem={"field": wrong.field, "reason": str(wrong)})
    except ValidationError as wrong:
        [(field, reasons), *_] = wrong.messages_dict.items()
        return render("schedule_runs", problem={"field": field, "reason": reasons[0]})
    return render("schedule_runs", runs=runs)


@dashboard.action(SCHEDULE + "/run", role=Role.OPERATOR)
def run_schedule(schedule_id: int) -> Response:
    """Queue the task of a schedule now."""
    params = services().ledger.schedules.params_of(schedule_id)
    task_id = services().ledger.submit.accept(requester(), params)
    return lead_to(f"/tasks/{task_id}", "flash.schedule_run")


@dashboard.action("/schedules", role=Role.ADMIN)
def add_schedule() -> Response:
    """Add a schedule."""
    form: dict[str, Any] = read_form(ScheduleFormSchema)
    params = {"monitor_id": form.pop("monitor_id")}
    made = services().ledger.schedules.create(NewScheduleSchema().load({**form, "params": params}))
    return lead_to("/schedules", "flash.schedule_added", name=made["name"])


@dashboard.action(SCHEDULE, role=Role.ADMIN)
def edit_schedule(schedule_id: int) -> Response:
    """Change, enable or disable a schedule."""
    changes: dict[str, Any] = read_form(ScheduleEditSchema)
    monitor_id = changes.pop("monitor_id", None)
    if monitor_id is not None:
        before = services().ledger.schedules.get(schedule_id)
        changes["params"] = {**before["params"], "monitor_id": monitor_id}
    changed = services().ledger.schedules.update(schedule_id, changes)
    return lead_to(back("/schedules"), "flash.saved", name=changed["name"])


def _next_runs(schedule: Row) -> Sequence[datetime]:
    try:
        return services().ledger.schedules.occurrences(schedule["id"], SHOWN_RUNS)
    except Invalid:
        # The current time zone database may no longer have its zone.
        return []


@dashboard.action(SCHEDULE + "/delete", role=Role.ADMIN)
def delete_schedule(schedule_id: int) -> Response:
    """Delete a schedule."""
    name = services().ledger.schedules.get(schedule_id)["name"]
    services().ledger.schedules.delete(schedule_id)
    return lead_to("/schedules", "flash.deleted", name=name)
