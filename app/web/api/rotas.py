"""Rotas, their overrides, holidays and calendar links."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Response, request
from webargs.core import is_json

from app import clock
from app.enums import Role, Scope
from app.errors import Invalid
from app.services.oncall.rotas import START
from app.store.database.pages import Page, PageRequest
from app.web.access import PUBLIC
from app.web.api_blueprint import CREATED_HEADERS, ApiBlueprint
from app.web.context import Row, current_editor, services
from app.web.parsing import parse_json
from app.web.schemas.pages import PageQuerySchema, page_of
from app.web.schemas.rotas import (
    CalendarLinkSchema,
    FeedQuerySchema,
    GapsQuerySchema,
    HolidaysSchema,
    HolidaysSetSchema,
    MadeOverrideSchema,
    MadeOverridesSchema,
    NewHolidaysSchema,
    NewOverrideSchema,
    NewRotaSchema,
    OverrideSchema,
    OverridesQuerySchema,
    RotaChangesSchema,
    RotaSchema,
    ShiftsSchema,
    SpanQuerySchema,
    SwapSchema,
)

rotas = ApiBlueprint("rotas", __name__, description="Rotas: who is on call when", writes=Scope.SETTINGS)

ROTA = "/rotas/<id:rota_id>"
CALENDAR = "text/calendar"
CALENDAR_BODY = {
    "required": True,
    "content": {
        CALENDAR: {"schema": {"type": "string"}},
        "application/json": {"schema": {"type": "object", "properties": {"calendar": {"type": "string"}}}},
    },
}
SHOWN = timedelta(days=28)


@rotas.operation("GET", "/rotas", role=Role.VIEWER, query=PageQuerySchema, answer=page_of(RotaSchema))
def list_rotas(page: PageRequest) -> Page:
    """List the rotas."""
    return services().on_call.rotas.list(page)


@rotas.operation(
    "POST",
    "/rotas",
    role=Role.ADMIN,
    body=NewRotaSchema,
    answer=RotaSchema,
    status=201,
    errors=(409,),
    headers=CREATED_HEADERS,
)
def create_rota(body: Mapping[str, Any]) -> tuple[Row, dict[str, str]]:
    """Create a rota."""
    made = services().on_call.rotas.create(body, current_editor())
    return made, {"Location": f"/api/v1/rotas/{made['id']}"}


@rotas.operation("GET", ROTA, role=Role.VIEWER, answer=RotaSchema, errors=(404,))
def get_rota(rota_id: int) -> Row:
    """Return a rota."""
    return services().on_call.rotas.get(rota_id)


@rotas.operation("PATCH", ROTA, role=Role.ADMIN, body=RotaChangesSchema, answer=RotaSchema, errors=(404, 409))
def update_rota(rota_id: int, body: Mapping[str, Any]) -> Row:
    """Change a rota. It also changes who was on call in the past, as far as it is shown."""
    return services().on_call.rotas.update(rota_id, body, current_editor())


@rotas.operation("DELETE", ROTA, role=Role.ADMIN, status=204, errors=(404,))
def delete_rota(rota_id: int) -> None:
    """Delete a rota with its overrides."""
    services().on_call.rotas.delete(rota_id, current_editor())


@rotas.operation("GET", ROTA + "/shifts", role=Role.VIEWER, query=SpanQuerySchema, answer=ShiftsSchema, errors=(404,))
def list_shifts(rota_id: int, starts_at: datetime | None = None, ends_at: datetime | None = None) -> Row:
    """Return who is on call when, without any time left out; at times without anybody with the reason."""
    start = starts_at or clock.now()
    return {"items": services().on_call.shifts.of_rota(rota_id, start, ends_at or start + SHOWN)}


@rotas.operation("GET", ROTA + "/gaps", role=Role.VIEWER, query=GapsQuerySchema, answer=ShiftsSchema, errors=(404,))
def list_gaps(rota_id: int, days: int) -> Row:
    """Return when nobody is on call in the next days."""
    return {"items": services().on_call.shifts.gaps(rota_id, days)}


@rotas.operation(
    "GET",
    ROTA + "/overrides",
    role=Role.VIEWER,
    query=OverridesQuerySchema,
    answer=page_of(OverrideSchema),
    errors=(404,),
)
def list_overrides(rota_id: int, page: PageRequest, over: bool | None = None) -> Page:
    """List a rota's overrides, newest first."""
    return services().on_call.overrides.list(page, rota_id, is_over=over)


@rotas.operation(
    "POST",
    ROTA + "/overrides",
    role=Role.OPERATOR,
    body=NewOverrideSchema,
    answer=MadeOverrideSchema,
    status=201,
    errors=(404, 409),
)
def create_override(rota_id: int, body: Mapping[str, Any]) -> Row:
    """Put a user on call in place of whoever the layers name. Of several overrides at one time the newest counts."""
    return services().on_call.overrides.create(rota_id, body, current_editor())


@rotas.operation(
    "POST",
    ROTA + "/swaps",
    role=Role.OPERATOR,
    body=SwapSchema,
    answer=MadeOverridesSchema,
    status=201,
    errors=(404, 409),
)
def swap_shifts(rota_id: int, body: Mapping[str, Any]) -> Row:
    """Let two users take each other's time, by two overrides: both or none."""
    return {"items": services().on_call.overrides.swap(rota_id, body["given"], body["taken"], current_editor())}


@rotas.operation("DELETE", "/overrides/<id:override_id>", role=Role.OPERATOR, status=204, errors=(404,))
def delete_override(override_id: int) -> None:
    """Delete an override."""
    services().on_call.overrides.delete(override_id, current_editor())


@rotas.operation("GET", ROTA + "/holidays", role=Role.VIEWER, answer=HolidaysSchema, errors=(404,))
def get_holidays(rota_id: int) -> Row:
    """Return the calendar of a rota's holidays."""
    return {"calendar": services().on_call.rotas.holidays(rota_id)}


@rotas.operation(
    "PUT", ROTA + "/holidays", role=Role.ADMIN, answer=HolidaysSetSchema, errors=(404,), takes_any_body=True
)
@rotas.doc(requestBody=CALENDAR_BODY)  # type: ignore[untyped-decorator]
def replace_holidays(rota_id: int) -> Row:
    """Replace the holidays, which layers can leave out or be for. The body is a calendar, or JSON with one.

    An empty calendar removes them.
    """
    return {"events": services().on_call.rotas.set_holidays(rota_id, _calendar(), current_editor())}


@rotas.operation("POST", ROTA + "/calendar-link", role=Role.ADMIN, answer=CalendarLinkSchema, status=201, errors=(404,))
def issue_calendar_link(rota_id: int) -> Row:
    """Create the secret link of a rota's shifts for calendars. The previous link stops working."""
    return {"url": url_of(services().on_call.rotas.issue_calendar_link(rota_id, current_editor()))}


@rotas.operation("DELETE", ROTA + "/calendar-link", role=Role.ADMIN, status=204, errors=(404,))
def revoke_calendar_link(rota_id: int) -> None:
    """Let the secret link of a rota's shifts stop working."""
    services().on_call.rotas.revoke_calendar_link(rota_id, current_editor())


@rotas.operation(
    "GET",
    f"/rotas/{START}<secret:secret>.ics",
    role=PUBLIC,
    query=FeedQuerySchema,
    errors=(404,),
    media_type=CALENDAR,
)
def subscribe_to_shifts(secret: str, user: str | None = None) -> Response:
    """Return the shifts of the last 30 and the next 90 days in iCalendar's notation, to whoever has the link."""
    return Response(services().on_call.shifts.feed(START + secret, user), content_type=f"{CALENDAR}; charset=utf-8")


def url_of(token: str) -> str:
    """Return the link for calendars, as the client of this request would write it."""
    return f"{request.host_url}api/v1/rotas/{token}.ics"


def _calendar() -> str:
    """Return the calendar in the body. Raises Invalid, and ValidationError for JSON without one."""
    data = request.get_data(cache=False)
    if is_json(request.mimetype):
        return str(NewHolidaysSchema().load(parse_json(data))["calendar"])
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Invalid("calendar", "Must be UTF-8.") from None
