"""Queries of an open page."""

from marshmallow import validate

from app.web.schemas.base import RequestSchema
from app.web.schemas.fields import QueryInteger, query_id
from app.web.schemas.several import QueryValues

MAX_AGE_MS = 10**12


class LiveQuerySchema(RequestSchema):
    """Where a page's stream starts."""

    age = QueryInteger(validate=validate.Range(0, MAX_AGE_MS), load_default=0)
    """Milliseconds since the page was rendered or last heard of a change."""


class CriticalQuerySchema(RequestSchema):
    """Alerts of which a page has heard."""

    ids = QueryValues(query_id(), required=True)
