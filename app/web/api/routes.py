"""Routes: the tree that decides which alerts reach whom."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope
from app.rules.response.route_order import Placed
from app.web.api_blueprint import CREATED_HEADERS, ApiBlueprint
from app.web.context import Row, current_editor, services
from app.web.schemas.routes import (
    NewRouteSchema,
    RouteChangesSchema,
    RouteFiltersSchema,
    RouteMatchesSchema,
    RouteOrderSchema,
    RouteSchema,
    RoutesSchema,
    RouteTestAlertAnswerSchema,
    RouteTestAlertSchema,
    RouteTestAnswerSchema,
    RouteTestSchema,
)

routes = ApiBlueprint(
    "routes", __name__, description="The tree that decides which alerts reach whom", writes=Scope.SETTINGS
)

ROUTE = "/routes/<id:route_id>"


@routes.operation("GET", "/routes", role=Role.VIEWER, answer=RoutesSchema)
def list_routes() -> dict[str, Any]:
    """List all routes in the order in which they are asked."""
    return {"items": services().response.routes.list()}


@routes.operation(
    "POST",
    "/routes",
    role=Role.ADMIN,
    body=NewRouteSchema,
    answer=RouteSchema,
    status=201,
    errors=(409,),
    headers=CREATED_HEADERS,
)
def create_route(body: Mapping[str, Any]) -> tuple[Row, dict[str, str]]:
    """Create a route. Without `continues`, the routes after it are not asked for the alerts that it matches."""
    route = services().response.routes.create(body, current_editor())
    return route, {"Location": f"/api/v1/routes/{route['id']}"}


@routes.operation(
    "POST",
    "/routes/test",
    role=Role.VIEWER,
    scope=Scope.READ,
    body=RouteTestSchema,
    answer=RouteTestAnswerSchema,
)
def test_routes(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return who would be told of an alert that fires now, and what each route says of it. Nothing is sent."""
    return services().response.route_trials.test(**body)


@routes.operation(
    "POST",
    "/routes/test-alert",
    role=Role.OPERATOR,
    scope=Scope.ALERTS,
    body=RouteTestAlertSchema,
    answer=RouteTestAlertAnswerSchema,
    status=201,
    headers=CREATED_HEADERS,
)
def fire_test_alert(body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Fire a real alert of nagare's own with these labels: it pages whom the routes say, until a person resolves it."""
    alert_id = services().paging.trial_alerts.fire(current_editor(), **body)
    return {"alert_id": alert_id}, {"Location": f"/api/v1/alerts/{alert_id}"}


@routes.operation("PUT", "/routes/order", role=Role.ADMIN, body=RouteOrderSchema, answer=RoutesSchema)
def put_routes_in_order(body: Mapping[str, Any]) -> dict[str, Any]:
    """Give every route its parent and its place at once. The list names each of them; otherwise nothing changes."""
    order = [Placed(**each) for each in body["routes"]]
    return {"items": services().response.routes.put_in_order(order, current_editor())}


@routes.operation("GET", ROUTE, role=Role.VIEWER, answer=RouteSchema, errors=(404,))
def get_route(route_id: int) -> Row:
    """Return a route."""
    return services().response.routes.get(route_id)


@routes.operation(
    "POST",
    "/routes/matches",
    role=Role.VIEWER,
    scope=Scope.READ,
    body=RouteFiltersSchema,
    answer=RouteMatchesSchema,
)
def preview_route_matches(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many open alerts a route with these filters would match now. Nothing is saved."""
    return services().response.route_matches.preview(body)


@routes.operation("PATCH", ROUTE, role=Role.ADMIN, body=RouteChangesSchema, answer=RouteSchema, errors=(404, 409))
def update_route(route_id: int, body: Mapping[str, Any]) -> Row:
    """Change or move a route, with the routes below it."""
    return services().response.routes.update(route_id, body, current_editor())


@routes.operation("DELETE", ROUTE, role=Role.ADMIN, status=204, errors=(404, 409))
def delete_route(route_id: int) -> None:
    """Delete a route. What waits for its next message is not sent. A route with others below it is not deleted."""
    services().response.routes.delete(route_id, current_editor())


@routes.operation("GET", ROUTE + "/matches", role=Role.VIEWER, answer=RouteMatchesSchema, errors=(404,))
def get_route_matches(route_id: int) -> dict[str, Any]:
    """Return how many open alerts the filters of a route and of those above it match now, and the newest of them."""
    return services().response.route_matches.find(route_id)
