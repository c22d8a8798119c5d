"""Fields that accept exactly what the contract says, where marshmallow's own are lenient."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Any

from marshmallow import fields, validate
from marshmallow.exceptions import ValidationError

from app.rules.matchers.fields import ALERT_FIELDS
from app.rules.matchers.patterns import InvalidMatcher
from app.rules.matchers.syntax import EXAMPLE as MATCH_EXAMPLE
from app.rules.matchers.syntax import MAX_TEXT, parse
from app.web.converters import MAX_ID
from app.web.parsing import is_encodable

NO_NUL = r"^[^\u0000]*$"
DECIMAL = re.compile("-?(0|[1-9][0-9]{0,18})")
RFC_3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")


class Text(fields.String):
    """Text of `min` to `max` characters that every database and response can hold."""

    def __init__(self, *, max: int, min: int | None = None, **kwargs: Any) -> None:
        metadata = {"pattern": NO_NUL, **kwargs.pop("metadata", {})}
        super().__init__(validate=validate.Length(min=min, max=max), metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        # PostgreSQL stores no NUL, and nothing encodes a lone surrogate, which JSON Schema cannot exclude.
        if "\0" in text or not is_encodable(text):
            raise ValidationError("Must not contain a NUL character or a lone surrogate.")
        return text


class MatchText(Text):
    """Matchers of alerts in Alertmanager's notation, at least one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min=1, max=MAX_TEXT, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            matchers = parse(text, ALERT_FIELDS)
        except InvalidMatcher as error:
            raise ValidationError(str(error)) from None
        if not matchers:
            raise ValidationError(f"Must have a matcher, like {MATCH_EXAMPLE}.")
        return text


class Integer(fields.Integer):
    """A JSON number that is an integer, such as 1 or 1.0; not a string that looks like one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strict=True, **kwargs)

    def _validated(self, value: Any) -> int:
        return super()._validated(int(value) if isinstance(value, float) and value.is_integer() else value)


class QueryInteger(fields.Integer):
    """An integer in a query string, in plain decimal digits."""

    def _validated(self, value: Any) -> int:
        if not isinstance(value, str) or not DECIMAL.fullmatch(value):
            raise self.make_error("invalid", input=value)
        return int(value)


class Boolean(fields.Boolean):
    """`true` or `false`; not 1, "yes" or "off"."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class QueryBoolean(fields.Boolean):
    """`true` or `false` in a query string."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if value not in ("true", "false"):
            raise self.make_error("invalid", input=value)
        return bool(value == "true")


class Timestamp(fields.DateTime):
    """A timestamp in RFC 3339; in responses always in UTC with a `Z`."""

    def _serialize(self, value: datetime | str | None, *_: Any, **__: Any) -> str | None:
        if value is None:
            return None
        # Times from Redis are strings.
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        try:
            if not RFC_3339.fullmatch(value.upper()):
                raise ValueError
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        # OverflowError: a time in year 1 or 9999 that in UTC is in year 0 or 10000.
        except (ValueError, OverflowError, AttributeError):
            raise ValidationError("Must be a time like 2026-01-31T12:00:00Z.") from None


def row_id(**kwargs: Any) -> Integer:
    """Return a JSON field for the id of a row."""
    return Integer(validate=validate.Range(1, MAX_ID), **kwargs)


def query_id(**kwargs: Any) -> QueryInteger:
    """Return a query field for the id of a row."""
    return QueryInteger(validate=validate.Range(1, MAX_ID), **kwargs)


def word(words: type[StrEnum], **kwargs: Any) -> fields.String:
    """Return a field for a member of a string enum."""
    return fields.String(validate=validate.OneOf([str(choice) for choice in words]), **kwargs)


def code(codes: type[IntEnum], **kwargs: Any) -> Integer:
    """Return a JSON field for a member of an integer enum."""
    return Integer(validate=validate.OneOf([int(choice) for choice in codes]), metadata=_meaning(codes), **kwargs)


def query_code(codes: type[IntEnum], **kwargs: Any) -> QueryInteger:
    """Return a query field for a member of an integer enum."""
    return QueryInteger(validate=validate.OneOf([int(choice) for choice in codes]), metadata=_meaning(codes), **kwargs)


def _meaning(codes: type[IntEnum]) -> dict[str, str]:
    return {"description": ", ".join(f"{choice.value} {choice.name.lower()}" for choice in codes)}
