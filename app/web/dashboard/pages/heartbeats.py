"""Heartbeats: list, add, show, pause, resume, issue a new address, delete. An address is shown only once."""

from typing import Any

from flask import Response
from marshmallow import fields, validate

from app.enums import HeartbeatStatus, Role, Severity
from app.store.database.pages import PageRequest
from app.web.api.heartbeat_pings import url_of
from app.web.context import services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import back, filters_of, read_form, read_query
from app.web.dashboard.pages.monitors import monitor_names
from app.web.dashboard.visitor_settings import zone
from app.web.schemas.base import RequestSchema
from app.web.schemas.fields import Boolean, Integer, Text, code, row_id
from app.web.schemas.heartbeats import HeartbeatsQuerySchema, NewHeartbeatSchema
from app.web.schemas.pages import PageQuerySchema

HEARTBEAT = "/heartbeats/<id:heartbeat_id>"
UNITS = {"min": 60, "h": 3600, "d": 86_400}


class HeartbeatFormSchema(RequestSchema):
    """A new heartbeat as the form has it: times in units for people, and the host as its own field."""

    name = Text(min=1, max=200, required=True)
    every = Integer(validate=validate.Range(1, 10_000), allow_none=True)
    every_unit = fields.String(validate=validate.OneOf([*UNITS]), required=True)
    cron = Text(max=200, allow_none=True)
    timezone = Text(min=1, max=64, required=True)
    grace = Integer(validate=validate.Range(1, 10_000), required=True)
    grace_unit = fields.String(validate=validate.OneOf([*UNITS]), required=True)
    severity = code(Severity, required=True)
    host = Text(max=500, allow_none=True)
    monitor_id = row_id(allow_none=True)


class PauseFormSchema(RequestSchema):
    """Pauses or resumes a heartbeat."""

    enabled = Boolean(required=True)


@dashboard.page("/heartbeats", role=Role.VIEWER)
def heartbeats() -> str:
    """List the heartbeats."""
    query = read_query(HeartbeatsQuerySchema)
    return render(
        "heartbeats",
        page=services().liveness.heartbeats.list(**query),
        filters=filters_of(query),
        statuses=list(HeartbeatStatus),
        monitors=monitor_names(),
        severities=list(Severity),
        units=list(UNITS),
        zone=str(zone()),
    )


@dashboard.page(HEARTBEAT, role=Role.VIEWER)
def heartbeat(heartbeat_id: int) -> str:
    """Show one heartbeat and its newest pings."""
    query = read_query(PageQuerySchema)
    return _show(heartbeat_id, query["page"])


@dashboard.action("/heartbeats", role=Role.ADMIN)
def add_heartbeat() -> Response:
    """Add a heartbeat, and show its address."""
    made = services().liveness.heartbeats.create(NewHeartbeatSchema().load(_fields(read_form(HeartbeatFormSchema))))
    return Response(_show(made["id"], PageRequest(), address=url_of(made["token"])))


@dashboard.action(HEARTBEAT, role=Role.ADMIN)
def pause_heartbeat(heartbeat_id: int) -> Response:
    """Pause or resume a heartbeat."""
    changed = services().liveness.heartbeats.update(heartbeat_id, read_form(PauseFormSchema))
    return lead_to(back(f"/heartbeats/{heartbeat_id}"), "flash.saved", name=changed["name"])


@dashboard.action(HEARTBEAT + "/token", role=Role.ADMIN)
def issue_heartbeat_address(heartbeat_id: int) -> Response:
    """Issue a new address, and show it."""
    token = services().liveness.heartbeats.issue_token(heartbeat_id)
    return Response(_show(heartbeat_id, PageRequest(), address=url_of(token)))


@dashboard.action(HEARTBEAT + "/delete", role=Role.ADMIN)
def delete_heartbeat(heartbeat_id: int) -> Response:
    """Delete a heartbeat with its pings."""
    name = services().liveness.heartbeats.get(heartbeat_id)["name"]
    services().liveness.heartbeats.delete(heartbeat_id)
    return lead_to("/heartbeats", "flash.deleted", name=name)


def _show(heartbeat_id: int, page: PageRequest, address: str = "") -> str:
    found = services().liveness.heartbeats
    return render(
        "heartbeat",
        heartbeat=found.get(heartbeat_id),
        page=found.pings(heartbeat_id, page),
        monitors=monitor_names(),
        address=address,
        own_path=f"/heartbeats/{heartbeat_id}",
    )


def _fields(form: dict[str, Any]) -> dict[str, Any]:
    """Return the form as a body of the API."""
    every, unit = form.pop("every", None), form.pop("every_unit")
    if every is not None:
        form["interval_s"] = every * UNITS[unit]
    form["grace_s"] = form.pop("grace") * UNITS[form.pop("grace_unit")]
    form = {name: value for name, value in form.items() if value is not None}
    host = form.pop("host", None)
    return {**form, "labels": {"host": host} if host else {}}
