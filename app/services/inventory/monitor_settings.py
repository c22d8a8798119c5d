"""Checks the settings of a monitor that depend on its type, its address or other monitors."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from app.connectors.base import MonitorAccess
from app.connectors.http.addresses import parse_url
from app.connectors.registry import connector_class
from app.errors import Invalid
from app.rules.monitor_types import ALERTMANAGER_TYPES, HTTP_JSON, WEBHOOK
from app.store.inventory import monitors


def access_of(fields: Mapping[str, Any]) -> MonitorAccess:
    """Return how a monitor with these fields is reached."""
    names = {field.name for field in dataclasses.fields(MonitorAccess)}
    given = {name: fields[name] for name in names & fields.keys()}
    given["headers"] = given.get("headers") or {}
    return MonitorAccess(**given)


def check_access(fields: Mapping[str, Any]) -> None:
    """Raise Invalid naming the field if the type does not exist, or its address or credentials are wrong."""
    if not fields["url"] and fields["type"] != WEBHOOK:
        raise Invalid("url", "Missing data for required field.")
    access = dataclasses.replace(access_of(fields), alertmanager_urls=())  # those are checked one by one
    connector_class(fields["type"])(access).close()


def check_new_access(fields: Mapping[str, Any]) -> None:
    """Raise Invalid like `check_access`, and for `mapping` if this type of monitor is not read by one."""
    if "mapping" in fields and fields["type"] != HTTP_JSON:
        # That of a monitor that receives has other fields, which are checked where it is set.
        raise Invalid("mapping", f"Leave it out: only a monitor of type {HTTP_JSON} is read by a mapping.")
    check_access(fields)


def readers_changed(access: MonitorAccess, changes: Mapping[str, Any]) -> Iterator[str]:
    """Yield why somebody else than before could read what is sent to a monitor after these changes."""
    if _server_of(changes.get("url", access.url)) != _server_of(access.url):
        yield "the URL names another server"
    if access.verify and not changes.get("verify", True):
        yield "without the check of the certificate, anyone on the way could read it"
    if (changes.get("ca_pem") or "").split() not in ([], (access.ca_pem or "").split()):
        yield "another authority could vouch for another server"
    if changes.get("proxy_url") not in (None, access.proxy_url):
        yield "requests go through another proxy"


def _server_of(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def check_alertmanagers(type: str, urls: list[str]) -> None:
    """Raise Invalid naming the URL that is wrong, or the field if this type of monitor has no Alertmanagers."""
    if urls and type not in ALERTMANAGER_TYPES:
        types = " or ".join(ALERTMANAGER_TYPES)
        raise Invalid("alertmanager_urls", f"Leave it out: only a monitor of type {types} has Alertmanagers.")
    for number, url in enumerate(urls):
        parse_url(url, f"alertmanager_urls.{number}")


def check_group(connection: Connection, type: str, ha_group: str | None, except_id: int | None = None) -> None:
    """Raise Invalid if a monitor of another type is in the HA group."""
    for member in monitors.group_members(connection, ha_group) if ha_group else ():
        if member["id"] != except_id and member["type"] != type:
            raise Invalid(
                "ha_group",
                f"All monitors of a group have the same type: {member['name']} is of type {member['type']}.",
            )
