"""Fields of filters that take one value or several."""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from marshmallow import fields, validate
from marshmallow.exceptions import ValidationError

from app.rules.matchers.fields import ALERT_FIELDS
from app.rules.matchers.patterns import InvalidMatcher
from app.rules.matchers.syntax import MAX_TEXT, parse
from app.web.schemas.fields import Text

MAX_VALUES = 100
MAX_MATCHES = 10
SEVERAL = "several with commas between them or by repeating the parameter"


class QueryCode(fields.String):
    """A member of an integer enum in a query string, as its word or its number."""

    def __init__(self, codes: type[IntEnum], **kwargs: Any) -> None:
        self._codes = {name: int(each) for each in codes for name in (str(int(each)), each.name.lower())}
        super().__init__(validate=validate.OneOf([*self._codes.values()], error=_one_of(self._codes)), **kwargs)
        self.metadata = {"enum": [*self._codes], **self.metadata}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return self._codes.get(super()._deserialize(value, attr, data, **kwargs))


class QueryValues(fields.List[Any]):
    """One value or several in a query string; loads as the value itself or as a tuple."""

    is_multiple = True

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Any:
        texts = [value] if isinstance(value, str) else value
        pieces = [piece for text in texts for piece in self._pieces(text)]
        if len(pieces) > MAX_VALUES:
            raise ValidationError(f"Must be at most {MAX_VALUES} values.")
        loaded = tuple(dict.fromkeys(self.inner.deserialize(piece, attr, data) for piece in pieces))
        return loaded[0] if len(loaded) == 1 else loaded

    def _pieces(self, text: str) -> Sequence[str]:
        return text.split(",")


class QueryMatches(QueryValues):
    """Matchers in Alertmanager's notation; all of several parameters must hold."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(MatcherText(), **kwargs)

    def _pieces(self, text: str) -> Sequence[str]:
        return [text]


class MatcherText(Text):
    """Matchers in Alertmanager's notation; an empty text has none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max=MAX_TEXT, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            parse(text, ALERT_FIELDS)
        except InvalidMatcher as error:
            raise ValidationError(str(error)) from None
        return text


class Several(fields.Field[Any]):
    """One value or a list of values in a JSON body; loads as the value itself or as a tuple."""

    def __init__(self, inner: fields.Field[Any], schema: Mapping[str, Any], *, description: str = "") -> None:
        several = {"type": "array", "items": dict(schema), "minItems": 1, "maxItems": MAX_VALUES}
        super().__init__(metadata={"anyOf": [dict(schema), several], "description": description})
        self._inner = inner

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Any:
        values = value if isinstance(value, list) else [value]
        if not 1 <= len(values) <= MAX_VALUES:
            raise ValidationError(f"Must be 1 to {MAX_VALUES} values.")
        loaded = tuple(dict.fromkeys(self._inner.deserialize(each, attr, data) for each in values))
        return loaded[0] if len(loaded) == 1 else loaded


class Code(fields.Field[Any]):
    """A member of an integer enum in a JSON body, as its number or its word."""

    def __init__(self, codes: type[IntEnum], **kwargs: Any) -> None:
        self._numbers = [int(each) for each in codes]
        self._words = {each.name.lower(): int(each) for each in codes}
        self.choices = [*self._numbers, *self._words]
        super().__init__(metadata={"enum": self.choices, **kwargs.pop("metadata", {})}, **kwargs)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        number = self._words.get(value) if isinstance(value, str) else value
        if isinstance(number, bool) or number not in self._numbers:
            raise ValidationError(_one_of(self.choices))
        return int(number)


def several_codes(codes: type[IntEnum], **kwargs: Any) -> Several:
    """Return a JSON field for one or several members of an integer enum."""
    inner = Code(codes)
    return Several(inner, {"enum": inner.choices}, **kwargs)


def _one_of(choices: Any) -> str:
    return f"Must be one of: {', '.join(map(str, choices))}."
