"""The mappings of monitors of types `webhook` and `http_json`."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope
from app.services.inventory.mappings import Trial
from app.web.api_blueprint import ApiBlueprint
from app.web.context import services
from app.web.schemas.mappings import AnyMappingSchema, MappingSchema, MappingTestSchema, MappingTrialSchema

mappings = ApiBlueprint(
    "mappings", __name__, description="How the bodies that a monitor receives become alerts", writes=Scope.SETTINGS
)

MAPPING = "/monitors/<id:monitor_id>/mapping"


@mappings.operation("GET", MAPPING, role=Role.VIEWER, answer=MappingSchema, errors=(404, 409))
def get_mapping(monitor_id: int) -> Mapping[str, Any]:
    """Return the mapping of a monitor of type `webhook` or `http_json`."""
    return services().inventory.mappings.get(monitor_id)


@mappings.operation("PUT", MAPPING, role=Role.ADMIN, body=AnyMappingSchema, answer=MappingSchema, errors=(404, 409))
def replace_mapping(monitor_id: int, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Replace the mapping of a monitor of type `webhook` or `http_json`."""
    return services().inventory.mappings.replace(monitor_id, body)


@mappings.operation("DELETE", MAPPING, role=Role.ADMIN, status=204, errors=(404, 409))
def delete_mapping(monitor_id: int) -> None:
    """Remove the mapping: the formats of a webhook's bodies are detected again, and a source is no longer read."""
    services().inventory.mappings.remove(monitor_id)


@mappings.operation(
    "POST",
    MAPPING + "/test",
    role=Role.ADMIN,
    body=MappingTestSchema,
    answer=MappingTrialSchema,
    errors=(404, 409),
    scope=Scope.READ,
)
def try_mapping(monitor_id: int, body: Mapping[str, Any]) -> Trial:
    """Return the reports that a body would make, by the given mapping or the monitor's own. Nothing is kept."""
    return services().inventory.mappings.test(monitor_id, body["body"], body.get("mapping"))
