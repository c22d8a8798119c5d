"""Items."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope
from app.store.database.pages import Page, PageRequest
from app.web.api_blueprint import CREATED_HEADERS, ApiBlueprint
from app.web.context import Row, current_editor, services
from app.web.schemas.items import (
    ItemChangesSchema,
    ItemQuerySchema,
    ItemSchema,
    ItemValueQuerySchema,
    ItemValueSchema,
    NewItemSchema,
    ValueSummarySchema,
)
from app.web.schemas.pages import page_of

items = ApiBlueprint("items", __name__, description="Items (metrics) in the inventory", writes=Scope.INVENTORY)


@items.operation("GET", "/items", role=Role.VIEWER, query=ItemQuerySchema, answer=page_of(ItemSchema))
def list_items(**query: Any) -> Page:
    """List the items of all hosts."""
    return services().inventory.inventory.list_items(**query)


@items.operation(
    "POST",
    "/hosts/<id:host_id>/items",
    role=Role.OPERATOR,
    body=NewItemSchema,
    answer=ItemSchema,
    status=201,
    errors=(404, 409),
    headers=CREATED_HEADERS,
)
def create_item(host_id: int, body: Mapping[str, Any]) -> tuple[Row, dict[str, str]]:
    """Create an item in the inventory. A push creates it at the monitor, where its host must exist."""
    item = services().inventory.inventory.create_item(host_id, body, current_editor())
    return item, {"Location": f"/api/v1/items/{item['id']}"}


@items.operation("GET", "/items/<id:item_id>", role=Role.VIEWER, answer=ItemSchema, errors=(404,))
def get_item(item_id: int) -> Row:
    """Return an item with its last value."""
    return services().inventory.inventory.get_item(item_id)


@items.operation(
    "GET",
    "/items/<id:item_id>/values",
    role=Role.VIEWER,
    query=ItemValueQuerySchema,
    answer=page_of(ItemValueSchema),
    errors=(404,),
)
def list_item_values(item_id: int, page: PageRequest, **moments: Any) -> Page:
    """List the stored values of an item, oldest first.

    Only numbers are stored, for `NAGARE_VALUES_HOURS` hours.
    """
    return services().inventory.item_values.list(item_id, page, **moments)


@items.operation(
    "GET",
    "/items/<id:item_id>/summaries",
    role=Role.VIEWER,
    query=ItemValueQuerySchema,
    answer=page_of(ValueSummarySchema),
    errors=(404,),
)
def list_value_summaries(item_id: int, page: PageRequest, **moments: Any) -> Page:
    """List hourly summaries of an item's values, oldest first.

    They are kept for `NAGARE_VALUE_DAYS` days. The last one is of an hour that is not over.
    """
    return services().inventory.item_values.list_summaries(item_id, page, **moments)


@items.operation(
    "PATCH", "/items/<id:item_id>", role=Role.OPERATOR, body=ItemChangesSchema, answer=ItemSchema, errors=(404,)
)
def edit_item(item_id: int, body: Mapping[str, Any]) -> Row:
    """Edit an item. An edit is kept until the source changes the same field."""
    return services().inventory.inventory.edit_item(item_id, body, current_editor())
