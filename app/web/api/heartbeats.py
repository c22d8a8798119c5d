"""Heartbeats."""

from collections.abc import Mapping
from typing import Any

from app.enums import HeartbeatStatus, Role, Scope
from app.store.database.pages import Page, PageRequest
from app.web.api.heartbeat_pings import url_of
from app.web.api_blueprint import CREATED_HEADERS, ApiBlueprint
from app.web.context import Row, services
from app.web.schemas.heartbeats import (
    ExpectedPingsSchema,
    HeartbeatChangesSchema,
    HeartbeatSchema,
    HeartbeatsQuerySchema,
    HeartbeatTimesSchema,
    HeartbeatTokenSchema,
    MadeHeartbeatSchema,
    NewHeartbeatSchema,
    PingSchema,
)
from app.web.schemas.pages import PageQuerySchema, page_of

heartbeats = ApiBlueprint(
    "heartbeats", __name__, description="Backups and scripts that must report regularly", writes=Scope.SETTINGS
)

HEARTBEAT = "/heartbeats/<id:heartbeat_id>"


@heartbeats.operation(
    "GET", "/heartbeats", role=Role.VIEWER, query=HeartbeatsQuerySchema, answer=page_of(HeartbeatSchema)
)
def list_heartbeats(page: PageRequest, status: str | None = None, q: str | None = None) -> Page:
    """List the heartbeats."""
    return services().liveness.heartbeats.list(page, HeartbeatStatus(status) if status else None, q)


@heartbeats.operation(
    "POST",
    "/heartbeats",
    role=Role.ADMIN,
    body=NewHeartbeatSchema,
    answer=MadeHeartbeatSchema,
    status=201,
    errors=(404, 409),
    headers=CREATED_HEADERS,
)
def create_heartbeat(body: Mapping[str, Any]) -> tuple[Row, dict[str, str]]:
    """Create a heartbeat. Its token is shown only in this response. Nothing is expected before its first ping."""
    made = services().liveness.heartbeats.create(body)
    return {**made, "url": url_of(made["token"])}, {"Location": f"/api/v1/heartbeats/{made['id']}"}


@heartbeats.operation(
    "POST",
    "/heartbeats/preview",
    role=Role.VIEWER,
    scope=Scope.READ,
    body=HeartbeatTimesSchema,
    answer=ExpectedPingsSchema,
)
def preview_heartbeat(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the next pings that a heartbeat with these times would expect if one came now. Nothing is saved."""
    return {"items": services().liveness.heartbeats.preview(body)}


@heartbeats.operation("GET", HEARTBEAT, role=Role.VIEWER, answer=HeartbeatSchema, errors=(404,))
def get_heartbeat(heartbeat_id: int) -> Row:
    """Return a heartbeat."""
    return services().liveness.heartbeats.get(heartbeat_id)


@heartbeats.operation(
    "PATCH", HEARTBEAT, role=Role.ADMIN, body=HeartbeatChangesSchema, answer=HeartbeatSchema, errors=(404, 409)
)
def update_heartbeat(heartbeat_id: int, body: Mapping[str, Any]) -> Row:
    """Change, pause or resume a heartbeat. After a change of its times, the next ping is expected as if one came now.

    An interval takes the place of a cron expression, and the reverse. To pause it ends its alert.
    """
    return services().liveness.heartbeats.update(heartbeat_id, body)


@heartbeats.operation("DELETE", HEARTBEAT, role=Role.ADMIN, status=204, errors=(404,))
def delete_heartbeat(heartbeat_id: int) -> None:
    """Delete a heartbeat with its pings. Its alert is resolved."""
    services().liveness.heartbeats.delete(heartbeat_id)


@heartbeats.operation(
    "POST", HEARTBEAT + "/token", role=Role.ADMIN, answer=HeartbeatTokenSchema, status=201, errors=(404,)
)
def issue_heartbeat_token(heartbeat_id: int) -> dict[str, str]:
    """Create a token for a heartbeat. It is shown only in this response, and the previous one stops working."""
    token = services().liveness.heartbeats.issue_token(heartbeat_id)
    return {"token": token, "url": url_of(token)}


@heartbeats.operation(
    "GET", HEARTBEAT + "/pings", role=Role.VIEWER, query=PageQuerySchema, answer=page_of(PingSchema), errors=(404,)
)
def list_pings(heartbeat_id: int, page: PageRequest) -> Page:
    """List the newest pings of a heartbeat, newest first."""
    return services().liveness.heartbeats.pings(heartbeat_id, page)
