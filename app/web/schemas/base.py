"""The base classes of all schemas: requests reject unknown fields, responses always have all fields."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import RAISE, Schema
from marshmallow.fields import Field


class RequestSchema(Schema):
    """A body or a query string."""

    is_body_required: ClassVar[bool] = True
    """Whether the body is required; ignored for a query."""
    json_schema: ClassVar[Mapping[str, Any]] = {}
    """Additions to the OpenAPI schema beyond the fields."""

    class Meta:
        """Reject unknown fields, also in nested objects."""

        unknown = RAISE


class NothingSchema(RequestSchema):
    """No parameters: every field is unknown."""

    is_body_required = False


class AnswerSchema(Schema):
    """A response."""

    def on_bind_field(self, field_name: str, field_obj: Field[Any]) -> None:  # noqa: ARG002
        """Document every field as always present."""
        field_obj.required = True
