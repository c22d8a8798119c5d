"""Checks the settings of a chat channel. Errors repeat no part of a value: most of them are secrets."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.channels.written_addresses import is_written_address_callable
from app.errors import Invalid
from app.urls.syntax import parse_node, split_url

FORM = "https://host, with a port and a path if there are any"
MAX_ADDRESS = 300
DEFAULT_PORT = 443


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting: what it may be, and what to say of anything else."""

    name: str
    pattern: str
    remedy: str
    is_required: bool = True
    is_secret: bool = False
    default: str = ""


def checked(fields: Sequence[Setting], given: Mapping[str, Any]) -> dict[str, str]:
    """Return the settings with their defaults. Raises Invalid, which names the setting."""
    for name in given:
        if name not in {field.name for field in fields}:
            known = ", ".join(field.name for field in fields)
            raise Invalid("settings", f"There is an unknown setting. These exist: {known}.")
    found = {}
    for field in fields:
        value = given.get(field.name)
        if value in (None, ""):
            if field.is_required:
                raise Invalid(field.name, f"Missing. {field.remedy}")
            value = field.default
        elif not isinstance(value, str) or not re.fullmatch(field.pattern, value):
            raise Invalid(field.name, field.remedy)
        found[field.name] = value
    return found


def check_base_url(url: str, *, may_have_path: bool) -> None:
    """Raise Invalid unless the service's address is one that nagare may call."""
    try:
        parts = split_url(url, FORM)
        host, _ = parse_node(parts.nodes, DEFAULT_PORT)
    except ValueError as error:
        raise Invalid("base_url", f"The address {error}.") from None
    if parts.scheme not in ("http", "https"):
        raise Invalid("base_url", "Must start with https:// or http://.")
    if parts.login is not None or parts.query is not None:
        raise Invalid("base_url", "Must have no user name, password or query.")
    if not may_have_path and parts.path.strip("/"):
        raise Invalid("base_url", "Must end after the host: the paths are those of the service.")
    if not is_written_address_callable(host):
        raise Invalid(
            "base_url",
            "The address is link-local, multicast or a metadata service; nagare does not connect to those.",
        )
