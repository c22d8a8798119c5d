"""The form of a rota: its name, zone and layers, with the people of each in order."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, request

from app import clock
from app.enums import Role
from app.rules.oncall.layers import DAYS, END_OF_DAY, HolidayUse, TurnUnit
from app.rules.timezones import is_timezone
from app.web.context import current_editor, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.pages.rotas import ALL, ROTA, enabled_users, team_choices
from app.web.dashboard.rota_form import DRAFT, changed, empty_layer, read_rota
from app.web.dashboard.visitor_settings import zone
from app.web.schemas.rotas import NewRotaSchema


@dashboard.page("/rotas/new", role=Role.ADMIN)
def new_rota() -> str:
    """Show the form of a new rota."""
    return _form(
        {"name": "", "timezone": str(zone()), "layers": [empty_layer(_first_hand_over(str(zone())))]}, "/rotas/new"
    )


@dashboard.action("/rotas/new", role=Role.ADMIN)
def add_rota() -> Response:
    """Add a rota, or change its form."""
    rota = read_rota()
    if DRAFT in request.form:
        return _draft(rota, "/rotas/new")
    made = services().on_call.rotas.create(NewRotaSchema().load(rota), current_editor())
    return lead_to(f"/rotas/{made['id']}", "flash.saved", name=made["name"])


@dashboard.page(ROTA + "/edit", role=Role.ADMIN)
def edit_rota(rota_id: int) -> str:
    """Show the form of a rota."""
    return _form(services().on_call.rotas.get(rota_id), f"/rotas/{rota_id}/edit")


@dashboard.action(ROTA + "/edit", role=Role.ADMIN)
def save_rota(rota_id: int) -> Response:
    """Save a rota, or change its form."""
    rota = read_rota()
    if DRAFT in request.form:
        return _draft({**rota, "id": rota_id}, f"/rotas/{rota_id}/edit")
    saved = services().on_call.rotas.update(rota_id, NewRotaSchema().load(rota), current_editor())
    return lead_to(f"/rotas/{rota_id}", "flash.saved", name=saved["name"])


def _draft(rota: dict[str, Any], address: str) -> Response:
    return Response(_form(changed(rota, request.form[DRAFT], _first_hand_over(rota["timezone"])), address))


def _form(rota: Any, address: str) -> str:
    known = {user["id"]: user["username"] for user in services().access.users.list(ALL).items}
    return render(
        "rota_edit",
        rota=rota,
        address=address,
        users=enabled_users(),
        teams=team_choices(),
        names=known,
        units=list(TurnUnit),
        weekdays=list(DAYS),
        holiday_uses=list(HolidayUse),
        end_of_day=END_OF_DAY,
    )


def _first_hand_over(timezone: str) -> str:
    """Return nine o'clock of today in a zone: the first hand-over that a new layer proposes."""
    here = ZoneInfo(timezone) if is_timezone(timezone) else zone()
    return f"{clock.now().astimezone(here):%Y-%m-%d}T09:00"
