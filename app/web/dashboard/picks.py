"""What a form's field offers while somebody types, and what its text means when the form is sent."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from marshmallow import ValidationError

from app.store.database.pages import PageRequest
from app.web.context import services
from app.web.schemas.fields import DECIMAL, Integer

SHOWN = 8
MAX_TEXT = 100
NUMBER = re.compile(r"#([1-9][0-9]{0,17})$")
"""The end of a text that was chosen: the id of what it names."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One of the things that are offered."""

    value: str
    """The text that the field gets, which ends with the id if the form needs one."""
    text: str
    hint: str = ""


def hosts(q: str) -> list[Pick]:
    """Return hosts that contain a text, by id."""
    return [Pick(_numbered(name, id_), name, monitor) for id_, name, monitor in _hosts(q)]


def host_names(q: str) -> list[Pick]:
    """Return hosts that contain a text, by name."""
    return [Pick(name, name, monitor) for _, name, monitor in _hosts(q)]


def alerts(q: str) -> list[Pick]:
    """Return the newest alerts that contain a text, by id."""
    found = services().alerts.alerts.list(PageRequest(SHOWN), q=q or None).items
    return [Pick(_numbered(row["message"], row["id"]), row["message"], row["host"] or "") for row in found]


def zones(q: str) -> list[Pick]:
    """Return time zones that contain a text; those that begin with it, or whose city does, come first."""
    wanted = q.casefold().replace(" ", "_")
    found = [name for name in available_timezones() if wanted in name.casefold()]
    starts = re.compile(rf"(^|/){re.escape(wanted)}")
    found.sort(key=lambda name: (name.casefold() != wanted, not starts.search(name.casefold()), name))
    return [Pick(name, name) for name in found[:SHOWN]]


KINDS: Mapping[str, Callable[[str], list[Pick]]] = {
    "hosts": hosts,
    "host-names": host_names,
    "alerts": alerts,
    "zones": zones,
}


class Picked(Integer):
    """The id of what was picked: a number, a text like `web01 #12`, or a name that only one thing has."""

    def __init__(self, kind: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._kind = kind

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return super()._deserialize(self._id(value.strip()) if isinstance(value, str) else value, *args, **kwargs)

    def _id(self, text: str) -> int:
        if DECIMAL.fullmatch(text):
            return int(text)
        numbers = (
            [text] if NUMBER.search(text) else [each.value for each in KINDS[self._kind](text) if each.text == text]
        )
        if len(numbers) != 1 or not (found := NUMBER.search(numbers[0])):
            reason = "Several have this name: choose one from the list." if numbers else "Nothing has this name."
            raise ValidationError(reason)
        return int(found[1])


def picked_host(host_id: int | None) -> str:
    """Return the text of a host in a field; blank for none."""
    if host_id is None:
        return ""
    return _numbered(services().inventory.inventory.host_names({host_id}).get(host_id, ""), host_id)


def _hosts(q: str) -> Sequence[tuple[int, str, str]]:
    found = services().inventory.inventory.list_hosts(PageRequest(SHOWN), q=q or None).items
    monitors = services().inventory.monitors.names()
    return [(row["id"], row["display_name"], monitors.get(row["monitor_id"], "")) for row in found]


def _numbered(text: str, id_: int) -> str:
    short = text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
    return f"{short} #{id_}".strip()
