"""Reads the pages' forms and query strings with the API's schemas."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError, fields

from app.errors import Invalid
from app.services.ledger.requester import Requester
from app.web.context import current_user
from app.web.dashboard import csrf
from app.web.dashboard.visitor_settings import zone
from app.web.parsing import is_encodable
from app.web.schemas.base import RequestSchema
from app.web.schemas.fields import DECIMAL, Boolean, Integer, Timestamp

OPENS = "open"
"""The parameter of an address that names the dialog to show; no list is filtered by it."""
PAGE = "form_page"
"""The field with the page of a form that is shown again, without a script."""
OURS = {csrf.FIELD, "back", "remove", PAGE}
"""Fields that every form has and no schema knows."""
SETTINGS = "settings."
"""The beginning of the fields of a chat's settings: `settings.<kind>.<name>`."""
KEPT_IF_BLANK = {"password", "api_token", "client_key_pem", "headers", "http_password", "proxy_url", "settings"}
"""Secrets are never shown: a blank field keeps the stored one."""

LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")
"""What a datetime-local input sends."""
EXAMPLES = {"headers": "X-Scope-OrgID: team-a"}
"""What a line of a field with pairs looks like."""


def read_form(schema: type[RequestSchema]) -> dict[str, Any]:
    """Return the fields of the form. Raises ValidationError naming the invalid ones."""
    wanted = schema()
    given = [(name, texts) for name, texts in request.form.lists() if name not in OURS and not _is_setting(name)]
    values = {name: _plain(wanted.fields.get(name), texts) for name, texts in given} | _settings()
    loaded: dict[str, Any] = wanted.load(
        {name: value for name, value in values.items() if _is_meant(wanted, name, value)}
    )
    return loaded


def read_query(schema: type[RequestSchema]) -> dict[str, Any]:
    """Return the filters of a list without the blank ones. Raises ValidationError."""
    loaded: dict[str, Any] = schema().load(
        zoned({name: text for name, text in request.args.items() if text != "" and name != OPENS}, schema)
    )
    return loaded


def zoned(given: Mapping[str, str], schema: type[Schema]) -> dict[str, str]:
    """Return parameters of which those of datetime-local inputs have the user's time zone."""
    times = {name for name, field in schema().fields.items() if isinstance(field, Timestamp)}
    return {name: _moment(text) if name in times and LOCAL.fullmatch(text) else text for name, text in given.items()}


@contextmanager
def told_as(names: Mapping[str, str]) -> Iterator[None]:
    """Let errors name a form's fields where these are not those of the API."""
    try:
        yield
    except Invalid as error:
        raise Invalid(names.get(error.field, error.field), str(error)) from None
    except ValidationError as error:
        said = {names.get(field, field): messages for field, messages in error.messages_dict.items()}
        raise ValidationError(said) from None


def removed_secrets(names: Collection[str]) -> dict[str, None]:
    """Return those of the secrets that the form asks to remove."""
    return {name: None for name in request.form.getlist("remove") if name in names}


def back(default: str) -> str:
    """Return the page to go back to that the form names, if it is one of ours."""
    return path_of_ours(request.values.get("back", "")) or default


def path_of_ours(path: str) -> str:
    """Return the path if it is one of ours, otherwise nothing."""
    is_ours = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if is_ours and is_encodable(path) else ""


def requester() -> Requester:
    """Return the user as the requester of a task; with `unique`, so that a repeated click queues nothing twice."""
    return Requester(current_user()["id"], unique=True)


def given_filters() -> dict[str, str]:
    """Return a list's filters as they stand in the address, without its cursor."""
    return {name: text for name, text in request.args.items() if text and name not in ("cursor", "limit", OPENS)}


def filters_of(query: Mapping[str, Any]) -> dict[str, Any]:
    """Return a list's filters without its cursor."""
    return {name: value for name, value in query.items() if name != "page"}


def _is_setting(name: str) -> bool:
    return name.startswith(SETTINGS)


def _settings() -> dict[str, dict[str, str]]:
    """Return the settings of the chosen kind of chat that are not blank; nothing if all of them are."""
    kind = request.form.get("kind")
    fields_of_chats = [(name.split(".", 2), text) for name, text in request.form.items() if _is_setting(name) and text]
    found = {name[2]: text.strip() for name, text in fields_of_chats if len(name) == 3 and kind in (None, name[1])}
    return {"settings": found} if found else {}


def _plain(field: fields.Field[Any] | None, texts: Sequence[str]) -> Any:
    """Return each value of a field of the form, as JSON would have held it."""
    if isinstance(field, fields.List) and len(texts) > 1:
        return [text for text in texts if text]
    text = texts[-1].replace("\r\n", "\n")
    if text == "" and field is not None and field.allow_none:
        return None
    if isinstance(field, fields.Dict):
        return _pairs(str(field.name), text)
    if isinstance(field, Boolean):
        return {"true": True, "false": False}.get(text, text)
    if isinstance(field, Integer) and DECIMAL.fullmatch(text):
        return int(text)
    if isinstance(field, Timestamp):
        return _moment(text)
    return [part.strip() for part in text.split(",") if part.strip()] if isinstance(field, fields.List) else text


def _pairs(field: str, text: str) -> dict[str, str]:
    """Return the pairs in a text with one `name: value` a line. The error repeats nothing: a line may be a secret."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        name, sign, value = line.partition(":")
        if line.strip() and not (sign and name.strip()):
            raise ValidationError({field: [f"Line {number} is not like {EXAMPLES.get(field, 'name: value')}."]})
        if line.strip():
            found[name.strip()] = value.strip()
    return found


def _moment(text: str) -> str:
    """Return the time in a datetime-local input, which has no time zone: it is in the user's."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone()).isoformat(timespec="seconds")
    except ValueError:
        raise ValidationError({"time": ["Must be a date and a time."]}) from None


def _is_meant(schema: Schema, name: str, value: Any) -> bool:
    if value is None and name in KEPT_IF_BLANK:
        return False
    field = schema.fields.get(name)
    # A blank value for an optional field that must not be blank means that it was left out.
    return not (
        value == "" and field is not None and not field.required and name not in ("description", "comment", "units")
    )
