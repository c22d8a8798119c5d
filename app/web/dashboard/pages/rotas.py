"""Who is on call, and the calendar of a rota: put somebody else on call, swap, delete an override."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response
from marshmallow import fields, validate

from app import clock
from app.enums import Role
from app.rules.oncall.holidays import MAX_BYTES
from app.store.database.pages import PageRequest
from app.web.api.rotas import url_of
from app.web.context import current_editor, current_user, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import back, read_form, read_query
from app.web.dashboard.rota_calendar import VIEWS, colours_of, days_of, period_of, start_of
from app.web.dashboard.visitor_settings import zone
from app.web.schemas.base import RequestSchema
from app.web.schemas.fields import Text
from app.web.schemas.rotas import NewOverrideSchema, SwapSchema

ROTA = "/rotas/<id:rota_id>"
ALL = PageRequest(limit=500)
FIRST_DAY, LAST_DAY = date(1971, 1, 1), date(2099, 12, 1)
SWAP_DAYS = timedelta(days=60)
OWN_DAYS = timedelta(days=90)
GAP_DAYS = 28


class CalendarQuerySchema(RequestSchema):
    """Which days the calendar shows."""

    view = fields.String(validate=validate.OneOf(VIEWS), load_default="month")
    on = fields.Date(validate=validate.Range(FIRST_DAY, LAST_DAY))


class HolidaysFormSchema(RequestSchema):
    """The calendar of a rota's holidays; empty for none."""

    calendar = Text(max=MAX_BYTES, load_default="")


class SwapFormSchema(RequestSchema):
    """Two shifts, each as its user, start and end."""

    given = Text(max=200, required=True)
    taken = Text(max=200, required=True)


@dashboard.page("/rotas", role=Role.VIEWER)
def rotas() -> str:
    """Show who is on call now and next in each rota."""
    return render("rotas", rows=services().on_call.shifts.now(), me=current_user()["id"])


@dashboard.page("/shifts", role=Role.VIEWER)
def shifts() -> str:
    """Show when the visitor is on call."""
    now = clock.now()
    rows = services().on_call.shifts.of_user(current_user()["id"], now, now + OWN_DAYS)
    return render("shifts", rows=rows, now=now)


@dashboard.page(ROTA, role=Role.VIEWER)
def rota(rota_id: int) -> str:
    """Show a week or a month of a rota."""
    return _show(rota_id)


@dashboard.action(ROTA + "/overrides", role=Role.OPERATOR)
def add_override(rota_id: int) -> Response:
    """Put a user on call in place of whoever the layers name."""
    made = services().on_call.overrides.create(rota_id, read_form(NewOverrideSchema), current_editor())
    message = "flash.rotas_overlap" if made["overlaps"] else "flash.rotas_override"
    return lead_to(back(f"/rotas/{rota_id}"), message, count=len(made["overlaps"]))


@dashboard.action(ROTA + "/swaps", role=Role.OPERATOR)
def add_swap(rota_id: int) -> Response:
    """Let two users take each other's shifts."""
    form = read_form(SwapFormSchema)
    body = SwapSchema().load({side: _side(form[side]) for side in ("given", "taken")})
    services().on_call.overrides.swap(rota_id, body["given"], body["taken"], current_editor())
    return lead_to(back(f"/rotas/{rota_id}"), "flash.rotas_swapped")


@dashboard.action("/overrides/<id:override_id>/delete", role=Role.OPERATOR)
def delete_override(override_id: int) -> Response:
    """Delete an override."""
    rota_id = services().on_call.overrides.get(override_id)["rota_id"]
    services().on_call.overrides.delete(override_id, current_editor())
    return lead_to(back(f"/rotas/{rota_id}"), "flash.rotas_override_deleted")


@dashboard.action(ROTA + "/holidays", role=Role.ADMIN)
def set_holidays(rota_id: int) -> Response:
    """Replace the holidays of a rota."""
    events = services().on_call.rotas.set_holidays(rota_id, read_form(HolidaysFormSchema)["calendar"], current_editor())
    return lead_to(f"/rotas/{rota_id}", "flash.rotas_holidays", count=events)


@dashboard.action(ROTA + "/calendar-link", role=Role.ADMIN)
def make_calendar_link(rota_id: int) -> Response:
    """Create the secret link for calendars, and show it."""
    return Response(_show(rota_id, url_of(services().on_call.rotas.issue_calendar_link(rota_id, current_editor()))))


@dashboard.action(ROTA + "/calendar-link/delete", role=Role.ADMIN)
def revoke_calendar_link(rota_id: int) -> Response:
    """Let the secret link stop working."""
    services().on_call.rotas.revoke_calendar_link(rota_id, current_editor())
    return lead_to(f"/rotas/{rota_id}", "flash.rotas_link_revoked")


@dashboard.action(ROTA + "/delete", role=Role.ADMIN)
def delete_rota(rota_id: int) -> Response:
    """Delete a rota with its overrides."""
    name = services().on_call.rotas.get(rota_id)["name"]
    services().on_call.rotas.delete(rota_id, current_editor())
    return lead_to("/rotas", "flash.deleted", name=name)


def _show(rota_id: int, link: str = "") -> str:
    found = services().on_call
    shown = found.rotas.get(rota_id)
    here, now = ZoneInfo(shown["timezone"]), clock.now()
    # The answer to a form has no query of its own.
    query: dict[str, Any] = {"view": "month"} if link else read_query(CalendarQuerySchema)
    period = period_of(query["view"], query.get("on") or now.astimezone(here).date())
    shifts = found.shifts.of_rota(rota_id, start_of(period.first, here), start_of(period.last, here))
    names = {each["user_id"]: each["username"] for each in shifts if each["user_id"] is not None}
    colours = colours_of(shown["layers"], names)
    local = now.astimezone(zone())
    return render(
        "rota",
        rota=shown,
        period=period,
        days=days_of(period, here, shifts, now, colours),
        people=[(name, colours[user_id]) for user_id, name in sorted(names.items())],
        users=enabled_users(),
        team=dict(team_choices()).get(shown["team_id"]),
        current=found.shifts.now_in(rota_id),
        coming=found.shifts.of_rota(rota_id, now, now + SWAP_DAYS),
        overrides=found.overrides.list(ALL, rota_id, is_over=False).items,
        gaps=found.shifts.gaps(rota_id, GAP_DAYS),
        holidays=found.rotas.holidays(rota_id),
        link=link,
        own_path=f"/rotas/{rota_id}",
        visitor=zone(),
        starts_at=f"{local:%Y-%m-%dT%H:%M}",
        ends_at=f"{local + timedelta(hours=8):%Y-%m-%dT%H:%M}",
    )


def enabled_users() -> list[tuple[int, str]]:
    """Return id and name of the users who can be on call."""
    return [(user["id"], user["username"]) for user in services().access.users.list(ALL).items if user["enabled"]]


def team_choices() -> list[tuple[int, str]]:
    """Return id and name of the teams that a rota can be of."""
    return [(team["id"], team["name"]) for team in services().contacts.teams.list(ALL).items]


def _side(text: str) -> dict[str, Any]:
    """Return one side of a swap from its choice in the form."""
    user_id, _, times = text.partition("|")
    starts_at, _, ends_at = times.partition("|")
    return {"user_id": int(user_id) if user_id.isdecimal() else user_id, "starts_at": starts_at, "ends_at": ends_at}
