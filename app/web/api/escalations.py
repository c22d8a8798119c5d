"""Escalations."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope
from app.store.database.pages import Page, PageRequest
from app.web.api_blueprint import CREATED_HEADERS, ApiBlueprint
from app.web.context import Row, current_editor, services
from app.web.schemas.escalations import EscalationChangesSchema, EscalationSchema, NewEscalationSchema
from app.web.schemas.pages import PageQuerySchema, page_of

escalations = ApiBlueprint(
    "escalations", __name__, description="Who is paged, one step after the other", writes=Scope.SETTINGS
)

ESCALATION = "/escalations/<id:escalation_id>"


@escalations.operation("GET", "/escalations", role=Role.VIEWER, query=PageQuerySchema, answer=page_of(EscalationSchema))
def list_escalations(page: PageRequest) -> Page:
    """List the escalations."""
    return services().paging.escalations.list(page)


@escalations.operation(
    "POST",
    "/escalations",
    role=Role.ADMIN,
    body=NewEscalationSchema,
    answer=EscalationSchema,
    status=201,
    errors=(409,),
    headers=CREATED_HEADERS,
)
def create_escalation(body: Mapping[str, Any]) -> tuple[Row, dict[str, str]]:
    """Create an escalation."""
    made = services().paging.escalations.create(body, current_editor())
    return made, {"Location": f"/api/v1/escalations/{made['id']}"}


@escalations.operation("GET", ESCALATION, role=Role.VIEWER, answer=EscalationSchema, errors=(404,))
def get_escalation(escalation_id: int) -> Row:
    """Return an escalation."""
    return services().paging.escalations.get(escalation_id)


@escalations.operation(
    "PATCH", ESCALATION, role=Role.ADMIN, body=EscalationChangesSchema, answer=EscalationSchema, errors=(404, 409)
)
def update_escalation(escalation_id: int, body: Mapping[str, Any]) -> Row:
    """Change an escalation. Open pages keep the steps with which they began."""
    return services().paging.escalations.update(escalation_id, body, current_editor())


@escalations.operation("DELETE", ESCALATION, role=Role.ADMIN, status=204, errors=(404, 409))
def delete_escalation(escalation_id: int) -> None:
    """Delete an escalation. One that routes end at, or that others fall back to, cannot be deleted."""
    services().paging.escalations.delete(escalation_id, current_editor())
