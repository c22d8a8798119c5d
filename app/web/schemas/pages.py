"""Paged lists: `limit` and `cursor` in, `items` and `next_cursor` out."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from app.store.database.pages import PageRequest
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import QueryInteger, Text

SHORT_PAGES = "With many rows, a page can have fewer rows than `limit`, or none, and still have a `next_cursor`"
"""Description of a text search."""


class PageQuerySchema(RequestSchema):
    """The page of a list; lists with filters add theirs."""

    limit = QueryInteger(
        validate=validate.Range(1, 500), load_default=50, metadata={"description": "Maximum number of rows"}
    )
    cursor = Text(min=1, max=1000, metadata={"description": "The `next_cursor` of the previous page"})

    @post_load
    def _make_page(self, query: dict[str, Any], **_: object) -> dict[str, Any]:
        return {"page": PageRequest(limit=query.pop("limit"), cursor=query.pop("cursor", None)), **query}


def page_of(row: type[Schema]) -> type[Schema]:
    """Return the schema of a page of such rows."""
    name = row.__name__.removesuffix("Schema") + "PageSchema"
    return AnswerSchema.from_dict(
        {"items": fields.List(fields.Nested(row)), "next_cursor": fields.String(allow_none=True)}, name=name
    )
