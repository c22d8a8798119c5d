"""Keeps the address of a notification in a channel of its name, which others may come to use."""

import re
from collections.abc import Mapping
from itertools import count
from typing import Any

from sqlalchemy import Connection, RowMapping

from app import clock
from app.channels.schemes import scheme_of
from app.enums import ChannelKind, DeliveryGuarantee, PageTarget
from app.errors import Invalid
from app.store.contacts import channels, uses
from app.store.database.vault import Vault

MAX_NAME = 200


class RouteAddresses:
    """A channel that others use too is never changed or deleted with a notification."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def connect(self, connection: Connection, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return the columns by which a notification ends at the given channel, or at a new one with its `url`.

        Raises Invalid for a channel that is not shared, and for a `delivery` of a channel that exists.
        """
        if "channel_id" in fields:
            if "delivery" in fields:
                raise Invalid("delivery", "The channel has it: change it there.")
            channel = _shared(connection, fields["channel_id"])
            return {"channel_id": channel["id"], "url_sealed": channel["url_sealed"]}
        now = clock.now()
        row = {
            "name": _free_name(connection, fields["name"]),
            "kind": ChannelKind.APPRISE,
            **self._address(fields["url"]),
            **{name: fields[name] for name in ("language", "timezone")},
            "delivery": fields.get("delivery") or DeliveryGuarantee.AT_LEAST_ONCE,
            "enabled": True,
            "code_failures": 0,
            "created_at": now,
        }
        # The previous release reads the address of the row.
        return {"channel_id": channels.add(connection, row), "url_sealed": row["url_sealed"]}

    def change(self, connection: Connection, row: RowMapping, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change the channel of a locked notification as asked, and return the columns that change with it.

        Raises Invalid as `connect`, and for a `delivery` of a channel that others use.
        """
        if "channel_id" in changes:
            return self.connect(connection, changes)
        own = _own(connection, row)
        if own is None:
            return self._replace(connection, row, changes)
        values: dict[str, Any] = {}
        if "name" in changes and own["name"] == row["name"]:
            values["name"] = _free_name(connection, changes["name"], own["id"])
        if "delivery" in changes:
            values["delivery"] = changes["delivery"]
        if "url" in changes:
            values |= {**self._address(changes["url"]), "last_error": None, "failing_since": None}
        if values:
            channels.change(connection, own["id"], values)
        return {"url_sealed": values["url_sealed"]} if "url" in changes else {}

    def _replace(self, connection: Connection, row: RowMapping, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Give a notification that shares its channel, or has none yet, one of its own."""
        if "delivery" in changes and "url" not in changes and row["channel_id"] is not None:
            raise Invalid("delivery", "Others use the channel too: change it there.")
        if not changes.keys() & {"url", "delivery"}:
            return {}
        fields = {name: changes.get(name, row[name]) for name in ("name", "language", "timezone")}
        url = changes.get("url") or self._vault.open(row["url_sealed"]) or ""
        delivery = changes.get("delivery") or _delivery(connection, row)
        return self.connect(connection, {**fields, "url": url, "delivery": delivery})

    def _address(self, url: str) -> dict[str, Any]:
        return {"url_sealed": self._vault.seal(url), "service": scheme_of(url)}


def disconnect(connection: Connection, row: RowMapping) -> None:
    """Delete the channel of a notification that does not end there any more, unless others need it."""
    own = _own(connection, row)
    if own is not None:
        channels.remove(connection, own["id"])


def _own(connection: Connection, row: RowMapping) -> RowMapping | None:
    """Return the channel of a notification, locked, if it has its name and nothing else uses it."""
    if row["channel_id"] is None or _is_used(connection, row["channel_id"], row["name"]):
        return None
    channel = channels.lock(connection, row["channel_id"])
    is_named = channel is not None and re.fullmatch(rf"{re.escape(row['name'])}( \(\d+\))?", channel["name"])
    return channel if is_named else None


def _is_used(connection: Connection, channel_id: int, except_name: str) -> bool:
    """Return whether a channel is the target of another route than the one of this name, or of an escalation."""
    wanted = {"type": PageTarget.CHANNEL, "id": channel_id}
    if any(name != except_name for name in uses.routes_to_channel(connection, channel_id)):
        return True
    for row in uses.escalations(connection):
        targets = [target for step in row["steps"] for target in step["targets"]]
        if wanted in [*targets, row["fallback"]]:
            return True
    return False


def _shared(connection: Connection, channel_id: int) -> RowMapping:
    channel = channels.find_sealed(connection, channel_id)
    if channel is None or channel["user_id"] is not None:
        raise Invalid("channel_id", f"There is no shared channel {channel_id}.")
    return channel


def _delivery(connection: Connection, row: RowMapping) -> str:
    channel = None if row["channel_id"] is None else channels.find(connection, row["channel_id"])
    return DeliveryGuarantee.AT_MOST_ONCE if channel is None else channel["delivery"]


def _free_name(connection: Connection, name: str, except_id: int | None = None) -> str:
    """Return the name, with a number if a shared channel has it."""
    names = (name if number == 1 else f"{name[: MAX_NAME - 6]} ({number})" for number in count(1))
    return next(each for each in names if not channels.is_name_taken(connection, None, each, except_id))
