"""The mapping of a monitor: edit it, and try that of a webhook with a pasted body."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import ValidationError
from werkzeug.exceptions import BadRequest

from app.enums import Role
from app.errors import Invalid
from app.rules.monitor_types import HTTP_JSON
from app.rules.webhooks.field_mappings import EXPRESSIONS
from app.web.context import services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import read_form
from app.web.dashboard.refused_forms import trial
from app.web.parsing import parse_json
from app.web.problems import MAX_BODY_BYTES
from app.web.schemas.base import RequestSchema
from app.web.schemas.fields import Text
from app.web.schemas.mappings import AnyMappingSchema, MappingTrialSchema, NewMappingSchema

MAPPING = "/monitors/<id:monitor_id>/mapping"


class TrialFormSchema(NewMappingSchema):
    """The form of a mapping, with a pasted body."""

    body = Text(max=MAX_BODY_BYTES)


class SourceFormSchema(RequestSchema):
    """The form of the mapping of an `http_json` source."""

    mapping = Text(min=1, max=MAX_BODY_BYTES, required=True)


@dashboard.page(MAPPING, role=Role.ADMIN)
def mapping(monitor_id: int) -> str:
    """Show the form of a monitor's mapping."""
    monitor = services().inventory.monitors.get(monitor_id)
    given = services().inventory.mappings.get(monitor_id)
    if monitor["type"] == HTTP_JSON:
        text = json.dumps(given, ensure_ascii=False, indent=2) if given else ""
        return render("source_mapping", monitor=monitor, mapping=given, text=text)
    return render("mapping", monitor=monitor, mapping=given, expressions=EXPRESSIONS)


@dashboard.action(MAPPING, role=Role.ADMIN)
def edit_mapping(monitor_id: int) -> Response:
    """Replace the mapping of a monitor."""
    if services().inventory.monitors.get(monitor_id)["type"] == HTTP_JSON:
        given = _source_mapping()
    else:
        given = _without_body(read_form(TrialFormSchema))
    services().inventory.mappings.replace(monitor_id, given)
    return lead_to(f"/monitors/{monitor_id}/mapping", "flash.mapping_saved")


@dashboard.action(MAPPING + "/delete", role=Role.ADMIN)
def delete_mapping(monitor_id: int) -> Response:
    """Remove the mapping of a monitor."""
    services().inventory.mappings.remove(monitor_id)
    return lead_to(f"/monitors/{monitor_id}/mapping", "flash.mapping_removed")


@dashboard.action(MAPPING + "/check", role=Role.ADMIN)
def check_mapping(monitor_id: int) -> str:
    """Read the first page of an `http_json` source by the form's mapping, which is not saved."""
    check = services().inventory.monitors.check_changes(monitor_id, {"mapping": _source_mapping()})
    return trial(f"/monitors/{monitor_id}/mapping", render("monitor_trial", check=check))


@dashboard.action(MAPPING + "/test", role=Role.ADMIN)
def test_mapping(monitor_id: int) -> str:
    """Show what the pasted body would become by the form's mapping, or what is wrong with either."""
    try:
        given = read_form(TrialFormSchema)
        body = parse_json(given.get("body", "").encode())
        trial = services().inventory.mappings.test(monitor_id, body, _without_body(given))
    except ValidationError as wrong:
        return render("mapping_trial", problems=[f"{name}: {said}" for name, said in wrong.messages_dict.items()])
    except Invalid as wrong:
        return render("mapping_trial", problems=[f"{wrong.field.removeprefix('mapping.')}: {wrong}"])
    except BadRequest as wrong:
        return render("mapping_trial", problems=[wrong.description])
    return render("mapping_trial", trial=MappingTrialSchema().dump(trial))


def _source_mapping() -> dict[str, Any]:
    try:
        given = parse_json(read_form(SourceFormSchema)["mapping"].encode())
    except BadRequest as wrong:
        raise Invalid("mapping", str(wrong.description)) from None
    if not isinstance(given, dict):
        raise Invalid("mapping", "Must be an object.")
    loaded: dict[str, Any] = AnyMappingSchema().load(given)
    return loaded


def _without_body(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "body" and value}
