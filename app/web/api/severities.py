"""The severity tables of monitors."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope
from app.web.api_blueprint import ApiBlueprint
from app.web.context import current_editor, services
from app.web.schemas.severities import ChangedSeveritiesSchema, NewSeveritiesSchema, SeveritiesSchema

severities = ApiBlueprint(
    "severities", __name__, description="How a monitor's words for severities are translated", writes=Scope.SETTINGS
)

TABLE = "/monitors/<id:monitor_id>/severities"


@severities.operation("GET", TABLE, role=Role.VIEWER, answer=SeveritiesSchema, errors=(404,))
def get_severities(monitor_id: int) -> dict[str, Any]:
    """Return a monitor's severity table, and the words that it does not know."""
    return services().alerts.severities.get(monitor_id)


@severities.operation(
    "PUT", TABLE, role=Role.ADMIN, body=NewSeveritiesSchema, answer=ChangedSeveritiesSchema, errors=(404,)
)
def replace_severities(monitor_id: int, body: Mapping[str, Any]) -> dict[str, Any]:
    """Replace a monitor's own entries of its severity table. Its open alerts get their new severities at once."""
    return services().alerts.severities.replace(monitor_id, body, current_editor())
