"""The field mapping of a monitor of type `webhook`: edit it, and try it with a pasted body."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import ValidationError
from werkzeug.exceptions import BadRequest

from app.enums import Role
from app.errors import Invalid
from app.rules.webhooks.field_mappings import EXPRESSIONS
from app.web.context import services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import read_form
from app.web.parsing import parse_json
from app.web.problems import MAX_BODY_BYTES
from app.web.schemas.fields import Text
from app.web.schemas.mappings import MappingTrialSchema, NewMappingSchema

MAPPING = "/monitors/<id:monitor_id>/mapping"


class TrialFormSchema(NewMappingSchema):
    """The form of a mapping, with a pasted body."""

    body = Text(max=MAX_BODY_BYTES)


@dashboard.page(MAPPING, role=Role.ADMIN)
def mapping(monitor_id: int) -> str:
    """Show the form of a monitor's mapping."""
    return render(
        "mapping",
        monitor=services().inventory.monitors.get(monitor_id),
        mapping=services().inventory.mappings.get(monitor_id),
        expressions=EXPRESSIONS,
    )


@dashboard.action(MAPPING, role=Role.ADMIN)
def edit_mapping(monitor_id: int) -> Response:
    """Replace the mapping of a monitor."""
    given = read_form(TrialFormSchema)
    services().inventory.mappings.replace(monitor_id, _without_body(given))
    return lead_to(f"/monitors/{monitor_id}/mapping", "flash.mapping_saved")


@dashboard.action(MAPPING + "/delete", role=Role.ADMIN)
def delete_mapping(monitor_id: int) -> Response:
    """Remove the mapping of a monitor."""
    services().inventory.mappings.remove(monitor_id)
    return lead_to(f"/monitors/{monitor_id}/mapping", "flash.mapping_removed")


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


def _without_body(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "body" and value}
