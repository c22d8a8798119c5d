"""The two roots of all schemas: requests refuse what they do not know, answers always have all their fields."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import RAISE, Schema
from marshmallow.fields import Field


class RequestSchema(Schema):
    """What a body or a query string may hold."""

    is_body_required: ClassVar[bool] = True
    """Whether a body may be left away altogether; has no meaning for a query."""
    json_schema: ClassVar[Mapping[str, Any]] = {}
    """What the OpenAPI document says of it beyond its fields."""

    class Meta:
        """Refuse unknown fields, also in nested objects."""

        unknown = RAISE


class NothingSchema(RequestSchema):
    """What takes no parameters: anything given is unknown."""

    is_body_required = False


class AnswerSchema(Schema):
    """What an answer holds."""

    def on_bind_field(self, field_name: str, field_obj: Field[Any]) -> None:  # noqa: ARG002
        """Document every field as always present."""
        field_obj.required = True
