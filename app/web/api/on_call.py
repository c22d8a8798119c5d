"""Who is on call now, and when the caller is."""

from datetime import datetime, timedelta

from app import clock
from app.enums import Role
from app.web.api_blueprint import ApiBlueprint
from app.web.context import Row, current_user, services
from app.web.schemas.rotas import AllOnCallSchema, OwnShiftsSchema, SpanQuerySchema

on_call = ApiBlueprint("on_call", __name__, description="Who is on call")

SHOWN = timedelta(days=90)


@on_call.operation("GET", "/on-call/now", role=Role.VIEWER, answer=AllOnCallSchema)
def get_on_call() -> Row:
    """Return who is on call in each rota, until when, and who is next."""
    return {"items": services().on_call.shifts.now()}


@on_call.operation("GET", "/users/me/shifts", role=Role.VIEWER, query=SpanQuerySchema, answer=OwnShiftsSchema)
def list_own_shifts(starts_at: datetime | None = None, ends_at: datetime | None = None) -> Row:
    """Return when the caller is on call, in all rotas."""
    start = starts_at or clock.now()
    return {"items": services().on_call.shifts.of_user(current_user()["id"], start, ends_at or start + SHOWN)}
