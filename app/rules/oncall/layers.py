"""The layers of a rota, as its row and the API write them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from dateutil.rrule import FR, MO, SA, SU, TH, TU, WE

from app.errors import Invalid
from app.rules.timezones import is_timezone

MAX_LAYERS = 20
MAX_USERS = 100
MAX_RESTRICTIONS = 20
FIRST_YEAR, LAST_YEAR = 1970, 2100
DAYS: Final = {"mon": MO, "tue": TU, "wed": WE, "thu": TH, "fri": FR, "sat": SA, "sun": SU}
END_OF_DAY = "24:00"


class TurnUnit(StrEnum):
    """The unit of the time between two hand-overs."""

    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


MAX_EVERY = {TurnUnit.HOURS: 8784, TurnUnit.DAYS: 366, TurnUnit.WEEKS: 53, TurnUnit.MONTHS: 12}
"""A turn lasts a year at most."""


class HolidayUse(StrEnum):
    """How a layer treats the holidays of its rota."""

    IGNORE = "ignore"
    ONLY = "only"
    """The layer counts on holidays only."""
    EXCEPT = "except"
    """The layer does not count on holidays."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """Hours of the week; `until` before `start` is on the next day."""

    days: tuple[str, ...]
    start: str
    until: str


@dataclass(frozen=True, slots=True)
class Layer:
    """People who take turns. Times are local times of the rota's zone."""

    name: str
    users: tuple[int, ...]
    starts_at: datetime
    every: int
    unit: TurnUnit
    ends_at: datetime | None = None
    restrictions: tuple[Restriction, ...] = ()
    """The hours in which the layer counts; none for always."""
    holidays: HolidayUse = HolidayUse.IGNORE


def layers_of(rows: Sequence[Mapping[str, Any]]) -> tuple[Layer, ...]:
    """Return the layers of a rota from its row, from the lowest to the highest."""
    return tuple(_layer(row) for row in rows)


def _layer(row: Mapping[str, Any]) -> Layer:
    ends_at = row.get("ends_at")
    return Layer(
        name=row["name"],
        users=tuple(row["users"]),
        starts_at=datetime.fromisoformat(row["starts_at"]),
        every=row["every"],
        unit=TurnUnit(row["unit"]),
        ends_at=datetime.fromisoformat(ends_at) if ends_at else None,
        restrictions=tuple(
            Restriction(tuple(each["days"]), each["from"], each["until"]) for each in row.get("restrictions", ())
        ),
        holidays=HolidayUse(row.get("holidays", HolidayUse.IGNORE)),
    )


def check_layers(rows: Sequence[Mapping[str, Any]]) -> None:
    """Raise Invalid, with the place of the field, for layers whose single fields are valid but do not fit together."""
    for number, layer in enumerate(layers_of(rows)):
        place = f"layers.{number}"
        _check_time(f"{place}.starts_at", layer.starts_at)
        if layer.every > MAX_EVERY[layer.unit]:
            raise Invalid(f"{place}.every", f"Must be at most {MAX_EVERY[layer.unit]} {layer.unit}: a turn is a year.")
        if layer.ends_at is not None:
            _check_time(f"{place}.ends_at", layer.ends_at)
            if layer.ends_at <= layer.starts_at:
                raise Invalid(f"{place}.ends_at", "Must be after starts_at.")
        for index, restriction in enumerate(layer.restrictions):
            if restriction.start == restriction.until:
                remedy = f'For the whole day give "from": "00:00" and "until": "{END_OF_DAY}".'
                raise Invalid(f"{place}.restrictions.{index}.until", f"Must differ from `from`. {remedy}")


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone. Raises Invalid for `timezone`."""
    if not is_timezone(name):
        raise Invalid("timezone", "Must be an IANA time zone, such as Asia/Shanghai.")
    return ZoneInfo(name)


def _check_time(field: str, time: datetime) -> None:
    if not FIRST_YEAR <= time.year <= LAST_YEAR:
        raise Invalid(field, f"Must be between the years {FIRST_YEAR} and {LAST_YEAR}.")
