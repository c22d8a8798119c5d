"""Teams."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope
from app.store.database.pages import Page, PageRequest
from app.web.api_blueprint import CREATED_HEADERS, ApiBlueprint
from app.web.context import Row, current_editor, services
from app.web.schemas.pages import PageQuerySchema, page_of
from app.web.schemas.teams import NewTeamSchema, TeamChangesSchema, TeamSchema

teams = ApiBlueprint("teams", __name__, description="People who are paged together", writes=Scope.SETTINGS)

TEAM = "/teams/<id:team_id>"


@teams.operation("GET", "/teams", role=Role.VIEWER, query=PageQuerySchema, answer=page_of(TeamSchema))
def list_teams(page: PageRequest) -> Page:
    """List the teams with their members."""
    return services().contacts.teams.list(page)


@teams.operation(
    "POST",
    "/teams",
    role=Role.ADMIN,
    body=NewTeamSchema,
    answer=TeamSchema,
    status=201,
    errors=(409,),
    headers=CREATED_HEADERS,
)
def create_team(body: Mapping[str, Any]) -> tuple[Row, dict[str, str]]:
    """Create a team."""
    team = services().contacts.teams.create(body, current_editor())
    return team, {"Location": f"/api/v1/teams/{team['id']}"}


@teams.operation("GET", TEAM, role=Role.VIEWER, answer=TeamSchema, errors=(404,))
def get_team(team_id: int) -> Row:
    """Return a team with its members."""
    return services().contacts.teams.get(team_id)


@teams.operation("PATCH", TEAM, role=Role.ADMIN, body=TeamChangesSchema, answer=TeamSchema, errors=(404, 409))
def update_team(team_id: int, body: Mapping[str, Any]) -> Row:
    """Change a team. `members` replaces all of its members."""
    return services().contacts.teams.update(team_id, body, current_editor())


@teams.operation("DELETE", TEAM, role=Role.ADMIN, status=204, errors=(404, 409))
def delete_team(team_id: int) -> None:
    """Delete a team. One that a route or an escalation pages is not deleted: the response names those."""
    services().contacts.teams.delete(team_id, current_editor())
