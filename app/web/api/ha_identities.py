"""The identities that the monitors of HA pairs share."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope
from app.web.api_blueprint import ApiBlueprint
from app.web.context import services
from app.web.schemas.ha_identities import HaIdentitySchema, NewHaIdentitySchema

ha_identities = ApiBlueprint(
    "ha_identities", __name__, description="Monitors that watch the same things", writes=Scope.SETTINGS
)

IDENTITY = "/monitors/<id:monitor_id>/identity"


@ha_identities.operation("GET", IDENTITY, role=Role.VIEWER, answer=HaIdentitySchema, errors=(404,))
def get_ha_identity(monitor_id: int) -> dict[str, Any]:
    """Return the identity that a monitor shares with the other monitors of its HA group."""
    return services().inventory.ha_identities.get(monitor_id)


@ha_identities.operation(
    "PUT", IDENTITY, role=Role.ADMIN, body=NewHaIdentitySchema, answer=HaIdentitySchema, errors=(404,)
)
def replace_ha_identity(monitor_id: int, body: Mapping[str, Any]) -> dict[str, Any]:
    """Let monitors that watch the same things have one alert. Without a group, the monitor leaves its own."""
    return services().inventory.ha_identities.replace(monitor_id, body)
