"""Teams: list, add, change, delete."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import fields

from app.enums import Role
from app.store.database.pages import PageRequest
from app.web.context import current_editor, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import filters_of, read_form, read_query
from app.web.schemas.base import RequestSchema
from app.web.schemas.fields import Text, query_id
from app.web.schemas.pages import PageQuerySchema

TEAM = "/teams/<id:team_id>"
MAX_OFFERED = 500


class TeamFormSchema(RequestSchema):
    """A team as the form has it: the ticked users, by id."""

    name = Text(min=1, max=200, required=True)
    description = Text(max=2000, load_default="")
    members = fields.List(query_id(), load_default=list)


@dashboard.page("/teams", role=Role.VIEWER)
def teams() -> str:
    """List the teams."""
    query = read_query(PageQuerySchema)
    page = services().contacts.teams.list(**query)
    return render("teams", page=page, filters=filters_of(query), users=_users())


@dashboard.page(TEAM, role=Role.ADMIN)
def team(team_id: int) -> str:
    """Show a team's form."""
    return render("team", team=services().contacts.teams.get(team_id), users=_users())


@dashboard.action("/teams", role=Role.ADMIN)
def add_team() -> Response:
    """Add a team."""
    made = services().contacts.teams.create(read_form(TeamFormSchema), current_editor())
    return lead_to("/teams", "flash.saved", name=made["name"])


@dashboard.action(TEAM, role=Role.ADMIN)
def edit_team(team_id: int) -> Response:
    """Change a team."""
    changed = services().contacts.teams.update(team_id, read_form(TeamFormSchema), current_editor())
    return lead_to("/teams", "flash.saved", name=changed["name"])


@dashboard.action(TEAM + "/delete", role=Role.ADMIN)
def delete_team(team_id: int) -> Response:
    """Delete a team."""
    name = services().contacts.teams.get(team_id)["name"]
    services().contacts.teams.delete(team_id, current_editor())
    return lead_to("/teams", "flash.deleted", name=name)


def _users() -> list[Mapping[Any, Any]]:
    """Return the users whom a form offers."""
    return [*services().access.users.list(PageRequest(limit=MAX_OFFERED)).items]
