"""Parses bodies and query strings strictly: what is ambiguous or unknown is rejected, never guessed."""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from flask import Request
from marshmallow import EXCLUDE, RAISE, Schema, ValidationError
from webargs.core import is_json, missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType


class StrictParser(FlaskParser):
    """Rejects unknown and repeated query parameters, bodies that are not JSON, and ambiguous JSON."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"query": RAISE, "json": RAISE, "headers": EXCLUDE}  # noqa: RUF012 - as webargs declares it

    def __init__(self) -> None:
        super().__init__()
        self._nothing: dict[Schema, Mapping[str, Any]] = {}

    def parse(self, argmap: Any, req: Request | None = None, *, location: str | None = None, **others: Any) -> Any:
        """Return the parsed request. The result for an empty request is computed once per schema."""
        schema, request = argmap, req or self.get_default_request()
        if not isinstance(schema, Schema) or not gives_nothing(request, schema, location):
            return super().parse(schema, request, location=location, **others)
        if schema not in self._nothing:
            self._nothing[schema] = super().parse(schema, request, location=location, **others)
        return dict(self._nothing[schema])

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """Return the query parameters. Raises ValidationError for one that is given more than once, and must not be."""
        repeated = {
            name: ["Must not be given more than once."]
            for name, values in req.args.lists()
            if len(values) > 1 and not getattr(schema.fields.get(name), "is_multiple", False)
        }
        if repeated:
            raise ValidationError(repeated)
        return super().load_querystring(req, schema)

    def load_json(self, req: Request, schema: Schema) -> Any:
        """Return the body; a missing one counts as empty if the schema does not require a body."""
        text = req.get_data()
        # Werkzeug silently truncates a chunked body at the limit.
        if req.content_length is None and len(text) >= (req.max_content_length or math.inf):
            raise RequestEntityTooLarge
        # A small compressed body could decompress to any size, so none is accepted.
        if req.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise UnsupportedMediaType("The body must not be compressed.")
        if not text:
            if getattr(schema, "is_body_required", False):
                raise BadRequest("A JSON body is required.")
            return missing
        if not is_json(req.mimetype):
            raise UnsupportedMediaType("The body must be JSON, with Content-Type: application/json.")
        return parse_json(text)

    def handle_error(self, error: ValidationError, *_: object, **__: object) -> NoReturn:
        """Pass the messages on without webargs's wrapping by location."""
        (error.messages,) = error.messages_dict.values()
        raise error


def gives_nothing(request: Request, schema: Schema, location: str | None) -> bool:
    """Return whether a location of the request has nothing for the schema."""
    if location == "query":
        return not request.query_string
    if location == "headers":
        return not any((field.data_key or name) in request.headers for name, field in schema.fields.items())
    return request.content_length == 0 and not getattr(schema, "is_body_required", True)


def parse_json(text: bytes) -> Any:
    """Return the parsed JSON. Raises BadRequest when it is not JSON or is ambiguous."""
    try:
        return json.loads(text.decode(), object_pairs_hook=_unambiguous, parse_constant=_refuse_constant)
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None
    except ValueError as error:
        raise BadRequest(f"The body is not valid JSON: {error}") from None


def _unambiguous(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"duplicate name: {name!a}")
        # A lone surrogate cannot be encoded as UTF-8, so a response that names the field would fail.
        if not is_encodable(name):
            raise ValueError("a name is not valid Unicode")
        found[name] = value
    return found


def is_encodable(text: str) -> bool:
    """Return whether the text can be encoded as UTF-8; a lone surrogate from JSON's `\\ud800` cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")
