"""Heartbeats: list, add, preview, show, edit, pause, resume, issue a new address, delete. An address is shown once."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import ValidationError

from app.enums import HeartbeatStatus, Role, Severity
from app.errors import Invalid
from app.store.database.pages import PageRequest
from app.web.api.heartbeat_pings import url_of
from app.web.context import services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.field_errors import field_error
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import back, filters_of, read_form, read_query, told_as
from app.web.dashboard.heartbeat_form import FIELDS, UNITS, read_changes, read_new, read_times, shown
from app.web.dashboard.pages.monitors import monitor_names
from app.web.dashboard.visitor_settings import zone
from app.web.schemas.base import RequestSchema
from app.web.schemas.fields import Boolean
from app.web.schemas.heartbeats import HeartbeatsQuerySchema
from app.web.schemas.pages import PageQuerySchema

HEARTBEAT = "/heartbeats/<id:heartbeat_id>"


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
        **_form(),
    )


@dashboard.page(HEARTBEAT, role=Role.VIEWER)
def heartbeat(heartbeat_id: int) -> str:
    """Show one heartbeat and its newest pings."""
    query = read_query(PageQuerySchema)
    return _show(heartbeat_id, query["page"])


@dashboard.action("/heartbeats", role=Role.ADMIN)
def add_heartbeat() -> Response:
    """Add a heartbeat, and show its address."""
    given = read_new()
    with told_as(FIELDS):
        made = services().liveness.heartbeats.create(given)
    return Response(_show(made["id"], PageRequest(), address=url_of(made["token"])))


@dashboard.action(HEARTBEAT, role=Role.ADMIN)
def pause_heartbeat(heartbeat_id: int) -> Response:
    """Pause or resume a heartbeat."""
    changed = services().liveness.heartbeats.update(heartbeat_id, read_form(PauseFormSchema))
    return lead_to(back(f"/heartbeats/{heartbeat_id}"), "flash.saved", name=changed["name"])


@dashboard.action(HEARTBEAT + "/settings", role=Role.ADMIN)
def edit_heartbeat(heartbeat_id: int) -> Response:
    """Change a heartbeat."""
    found = services().liveness.heartbeats
    changes = read_changes(found.get(heartbeat_id))
    with told_as(FIELDS):
        changed = found.update(heartbeat_id, changes)
    return lead_to(f"/heartbeats/{heartbeat_id}", "flash.saved", name=changed["name"])


@dashboard.action("/heartbeats/preview", role=Role.VIEWER)
def preview_heartbeat() -> str:
    """Show when the heartbeat in a form must ping, or what is wrong with its times."""
    try:
        with told_as(FIELDS):
            return render("heartbeat_preview", expected=services().liveness.heartbeats.preview(read_times()))
    except Invalid as wrong:
        return render("heartbeat_preview", problem=field_error(str(wrong)))
    except ValidationError as wrong:
        [messages, *_] = wrong.messages_dict.values()
        return render("heartbeat_preview", problem=field_error(messages[0]))


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
    one = found.get(heartbeat_id)
    return render(
        "heartbeat",
        heartbeat=one,
        page=found.pings(heartbeat_id, page),
        **_form(one),
        address=address,
        own_path=f"/heartbeats/{heartbeat_id}",
    )


def _form(heartbeat: Mapping[Any, Any] | None = None) -> Mapping[str, Any]:
    """Return what the form of a heartbeat shows and offers."""
    choices = {"monitors": monitor_names(), "severities": list(Severity), "units": list(UNITS)}
    return {"form": shown(heartbeat, str(zone())), **choices}
