"""Routes: the tree, with what each matches now; add, edit, move, try an alert, delete."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from marshmallow import ValidationError, pre_load, validate

from app.enums import Language, NotificationKind, Role, RouteTarget, Severity
from app.errors import Invalid
from app.web.context import current_editor, services
from app.web.converters import MAX_ID
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.explanations import sentence
from app.web.dashboard.field_errors import field_error
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import read_form
from app.web.dashboard.pages.monitors import monitor_names
from app.web.dashboard.picks import Picked
from app.web.dashboard.route_order_form import MAX_ORDER, moved_in, order_in
from app.web.dashboard.visitor_settings import zone
from app.web.schemas.base import RequestSchema
from app.web.schemas.fields import Text, code, row_id
from app.web.schemas.routes import NewRouteSchema, RouteChangesSchema, RouteFiltersSchema

ROUTE = "/routes/<id:route_id>"
TARGETS = {"channel_id": RouteTarget.CHANNEL, "escalation_id": RouteTarget.ESCALATION, "team_id": RouteTarget.TEAM}
GOES_TO = "goes_to"
NOWHERE = str(RouteTarget.NONE)


class _GoesTo(RequestSchema):
    """A form names what a route ends at in one field, like `team_id:3`."""

    goes_to = Text(max=40, load_only=True)

    @pre_load
    def _split(self, given: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        fields = dict(given)
        column, _sign, target_id = fields.pop(GOES_TO, "").partition(":")
        if column == NOWHERE:
            fields["target"] = NOWHERE
        elif column in TARGETS and target_id.isdecimal():
            fields |= {"target": str(TARGETS[column]), column: int(target_id)}
        return fields


class NewRouteFormSchema(_GoesTo, NewRouteSchema):
    """The form of a new route."""


class RouteFormSchema(_GoesTo, RouteChangesSchema):
    """The form of a route."""


class OrderFormSchema(RequestSchema):
    """The order of all routes as the page shows or wants it, and a route to move in it."""

    order = Text(max=MAX_ORDER, required=True)
    move = Text(max=30)


class TrialFormSchema(RequestSchema):
    """The form of an alert to try."""

    labels = Text(max=4000)
    severity = code(Severity)
    host = Text(max=500)
    monitor_id = row_id(allow_none=True)
    alert_id = Picked("alerts", validate=validate.Range(1, MAX_ID), allow_none=True)


@dashboard.page("/routes", role=Role.VIEWER)
def routes() -> str:
    """Show the tree of routes, and a form to try an alert on it."""
    return render("routes", routes=services().response.routes.list(), **_choices())


@dashboard.page(ROUTE, role=Role.ADMIN)
def route(route_id: int) -> str:
    """Show a route's form, with the alerts that it matches now."""
    found = services().response.routes.get(route_id)
    matches = services().response.route_matches.find(route_id)
    return render("route", route=found, matches=matches, routes=services().response.routes.list(), **_choices())


@dashboard.page(ROUTE + "/matches", role=Role.VIEWER)
def route_matches(route_id: int) -> str:
    """Show how many open alerts a route matches now."""
    return render("route_matches", matches=services().response.route_matches.find(route_id), route_id=route_id)


@dashboard.action("/routes/preview", role=Role.VIEWER)
def preview_route() -> str:
    """Show what the route in a form would match now, or what is wrong with its filters."""
    try:
        given = read_form(RouteFormSchema)
        filters = {name: given[name] for name in RouteFiltersSchema().fields if name in given}
        return render("route_preview", matches=services().response.route_matches.preview(filters))
    except ValidationError as wrong:
        [messages, *_] = wrong.messages_dict.values()
        return render("route_preview", problem=field_error(messages[0]))
    except Invalid as wrong:
        return render("route_preview", problem=field_error(str(wrong)))


@dashboard.action("/routes/test", role=Role.VIEWER)
def try_routes() -> str:
    """Show who would be told of an alert, and what each route says of it."""
    try:
        given = read_form(TrialFormSchema)
        alert_id = given.pop("alert_id", None)
        alert = {name: value for name, value in given.items() if value is not None}
        if "labels" in alert:
            alert["labels"] = _labels_in(alert["labels"])
        wanted: dict[str, Any] = {"alert": alert} if alert_id is None else {"alert_id": alert_id}
        return render("route_trial", trial=services().response.route_trials.test(**wanted), sentence=sentence)
    except ValidationError as wrong:
        [(field, messages), *_] = wrong.messages_dict.items()
        return render("route_trial", problem=f"{field}: {messages[0]}")
    except Invalid as wrong:
        return render("route_trial", problem=str(wrong))


@dashboard.action("/routes/test-alert", role=Role.OPERATOR)
def fire_test_alert() -> Response:
    """Fire an alert that tests for real who is told."""
    given = read_form(TrialFormSchema)
    labels = _labels_in(given["labels"]) if given.get("labels") else {}
    about = {name: given[name] for name in ("severity", "host") if given.get(name) is not None}
    alert_id = services().paging.trial_alerts.fire(current_editor(), labels=labels, **about)
    return lead_to(f"/alerts/{alert_id}/why", "flash.test_alert")


@dashboard.action("/routes", role=Role.ADMIN)
def add_route() -> Response:
    """Add a route."""
    made = services().response.routes.create(read_form(NewRouteFormSchema), current_editor())
    return lead_to("/routes", "flash.route_added", name=made["name"])


@dashboard.action("/routes/order", role=Role.ADMIN)
def put_routes_in_order() -> Response:
    """Move a route among its siblings, or give all routes the order of the form."""
    given = read_form(OrderFormSchema)
    order = moved_in(order_in(given["order"]), given.get("move", ""))
    services().response.routes.put_in_order(order, current_editor())
    return lead_to("/routes", "flash.routes_moved")


@dashboard.action(ROUTE, role=Role.ADMIN)
def edit_route(route_id: int) -> Response:
    """Change, move, enable or disable a route."""
    changed = services().response.routes.update(route_id, read_form(RouteFormSchema), current_editor())
    return lead_to("/routes", "flash.saved", name=changed["name"])


@dashboard.action(ROUTE + "/delete", role=Role.ADMIN)
def delete_route(route_id: int) -> Response:
    """Delete a route."""
    name = services().response.routes.get(route_id)["name"]
    services().response.routes.delete(route_id, current_editor())
    return lead_to("/routes", "flash.deleted", name=name)


def _labels_in(text: str) -> dict[str, str]:
    """Return the labels in a text like `team=pay, cluster=eu`, also with one a line."""
    found = {}
    for part in text.replace("\n", ",").split(","):
        name, sign, value = part.partition("=")
        if part.strip() and not (sign and name.strip()):
            raise ValidationError({"labels": [f"{part.strip()} is not like team=pay."]})
        if part.strip():
            found[name.strip()] = value.strip().strip('"')
    return found


def _choices() -> Mapping[str, Any]:
    """Return what a form of a route offers."""
    return {
        "monitors": monitor_names(),
        "severities": list(Severity),
        "languages": list(Language),
        "kinds": list(NotificationKind),
        "zone": zone(),
        "targets": services().response.routes.choices(),
        "given": request.args,
    }
