"""Schedules."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.enums import Role, Scope
from app.store.database.pages import Page, PageRequest
from app.web.api_blueprint import CREATED_HEADERS, ApiBlueprint
from app.web.context import Row, services
from app.web.schemas.pages import PageQuerySchema, page_of
from app.web.schemas.schedules import (
    NewScheduleSchema,
    RunsQuerySchema,
    RunsSchema,
    ScheduleChangesSchema,
    ScheduleSchema,
    ScheduleTimesSchema,
)

schedules = ApiBlueprint("schedules", __name__, description="Tasks that run on a cron schedule", writes=Scope.SETTINGS)

SCHEDULE = "/schedules/<id:schedule_id>"


@schedules.operation("GET", "/schedules", role=Role.VIEWER, query=PageQuerySchema, answer=page_of(ScheduleSchema))
def list_schedules(page: PageRequest) -> Page:
    """List the schedules."""
    return services().ledger.schedules.list(page)


@schedules.operation(
    "POST",
    "/schedules",
    role=Role.ADMIN,
    body=NewScheduleSchema,
    answer=ScheduleSchema,
    status=201,
    errors=(404, 409),
    headers=CREATED_HEADERS,
)
def create_schedule(body: Mapping[str, Any]) -> tuple[Row, dict[str, str]]:
    """Create a schedule."""
    schedule = services().ledger.schedules.create(body)
    return schedule, {"Location": f"/api/v1/schedules/{schedule['id']}"}


@schedules.operation(
    "POST",
    "/schedules/preview",
    role=Role.VIEWER,
    scope=Scope.READ,
    query=RunsQuerySchema,
    body=ScheduleTimesSchema,
    answer=RunsSchema,
)
def preview_schedule(body: Mapping[str, Any], limit: int) -> Mapping[str, Any]:
    """Return the next times that a schedule with this expression would run. Nothing is saved."""
    return _runs(services().ledger.schedules.preview(body["cron"], body["timezone"], limit))


@schedules.operation(
    "GET", SCHEDULE + "/occurrences", role=Role.VIEWER, query=RunsQuerySchema, answer=RunsSchema, errors=(404,)
)
def list_schedule_occurrences(schedule_id: int, limit: int) -> Mapping[str, Any]:
    """Return the next times that a schedule runs; none while it is disabled."""
    return _runs(services().ledger.schedules.occurrences(schedule_id, limit))


@schedules.operation("GET", SCHEDULE, role=Role.VIEWER, answer=ScheduleSchema, errors=(404,))
def get_schedule(schedule_id: int) -> Row:
    """Return a schedule."""
    return services().ledger.schedules.get(schedule_id)


@schedules.operation(
    "PATCH", SCHEDULE, role=Role.ADMIN, body=ScheduleChangesSchema, answer=ScheduleSchema, errors=(404, 409)
)
def update_schedule(schedule_id: int, body: Mapping[str, Any]) -> Row:
    """Change a schedule. Its next run is computed from the current time."""
    return services().ledger.schedules.update(schedule_id, body)


@schedules.operation("DELETE", SCHEDULE, role=Role.ADMIN, status=204, errors=(404,))
def delete_schedule(schedule_id: int) -> None:
    """Delete a schedule. Tasks that it already queued still run."""
    services().ledger.schedules.delete(schedule_id)


def _runs(times: Sequence[datetime]) -> Mapping[str, Any]:
    return {"items": [{"at": at} for at in times]}
