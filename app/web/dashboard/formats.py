"""Numbers, times and quantities in the user's language and time zone."""

import math
from datetime import datetime

from app import clock
from app.web.dashboard.translation import translate
from app.web.dashboard.visitor_settings import language, zone

STEPS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
BINARY_UNITS = {"B": "B", "bytes": "B", "Bps": "B/s", "B/s": "B/s"}
SECOND_UNITS = ("s", "seconds", "uptime")
LONGEST = 1e15
"""From here on a number is written with an exponent."""
AS_IS = ("%", "ms", "rpm", "RPM", "°C", "C")


def number(value: float | None) -> str:
    """Return a number with thousands separators."""
    return "–" if value is None else f"{value:,}"


def moment(at: datetime | str | None, seconds: bool = False) -> str:
    """Return date and time in the user's time zone."""
    if at is None:
        return "–"
    local = _moment(at).astimezone(zone())
    time = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    return f"{local:%Y-%m-%d} {time}" if language() == "zh" else f"{local.day} {local:%b %Y}, {time}"


def ago(at: datetime | str | None) -> str:
    """Return a relative time, such as "2 h ago"; date and time if it is more than a week away."""
    if at is None:
        return translate("time.never")
    passed = (clock.now() - _moment(at)).total_seconds()
    if abs(passed) < 5:
        return translate("time.now")
    if abs(passed) > 7 * 86400:
        return moment(at)
    return translate("time.ago" if passed > 0 else "time.in", duration=duration(abs(passed), is_coarse=True))


def duration(seconds: float | None, is_coarse: bool = False) -> str:
    """Return a duration in its largest unit, below ten of it in the two largest unless `is_coarse`."""
    if seconds is None:
        return "–"
    if 0 < seconds < 1:
        return f"{seconds * 1000:.0f} {translate('time.ms')}"
    for index, (length, unit) in enumerate(STEPS):
        if seconds >= length or length == 1:
            whole, rest = divmod(int(seconds), length)
            parts = [f"{whole} {translate(f'time.{unit}')}"]
            if not is_coarse and whole < 10 and length > 1 and rest // STEPS[index + 1][0]:
                next_length, next_unit = STEPS[index + 1]
                parts.append(f"{rest // next_length} {translate(f'time.{next_unit}')}")
            return " ".join(parts)
    raise AssertionError("the last step is one second")


def quantity(value: str | float | None, units: str = "") -> str:
    """Return an item's value with its units, scaled if it is large; text is returned as is."""
    if value is None:
        return "–"
    amount = _as_number(value)
    if amount is None:
        return str(value)
    if units == "unixtime":
        return moment(datetime.fromtimestamp(amount, zone())) if 0 < amount < 4e9 else str(value)
    if units in SECOND_UNITS and abs(amount) < LONGEST:
        return f"-{duration(-amount)}" if amount < 0 else duration(amount)
    divisor, unit = axis_unit(amount, units)
    return f"{_rounded(amount / divisor)} {unit}".strip()


def axis_unit(largest: float, units: str) -> tuple[float, str]:
    """Return the unit for numbers up to this one, and the divisor that converts to it."""
    largest = abs(largest)
    if units in SECOND_UNITS and 0 < largest < 1:
        return 0.001, translate("time.ms")
    if units in SECOND_UNITS:
        length, unit = next((step for step in STEPS if largest >= step[0]), STEPS[-1])
        return length, translate(f"time.{unit}")
    if units in BINARY_UNITS:
        return _prefixed(largest, 1024, ("", "Ki", "Mi", "Gi", "Ti", "Pi"), BINARY_UNITS[units])
    if units == "unixtime":
        return 1, ""
    if not units or units in AS_IS or units.startswith("!"):
        return 1, units.lstrip("!")
    return _prefixed(largest, 1000, ("", "K", "M", "G", "T", "P"), units)


def _prefixed(largest: float, base: int, prefixes: tuple[str, ...], units: str) -> tuple[float, str]:
    power = 0
    while largest >= base and power < len(prefixes) - 1:
        largest, power = largest / base, power + 1
    return base**power, prefixes[power] + units


def _rounded(amount: float) -> str:
    if abs(amount) >= LONGEST:
        return f"{amount:.4g}"
    if amount.is_integer():
        return f"{int(amount):,}"
    return f"{amount:,.2f}".rstrip("0").rstrip(".") if abs(amount) >= 0.01 else f"{amount:.3g}"


def _as_number(value: str | float) -> float | None:
    try:
        amount = float(value)
    except ValueError:
        return None
    return amount if math.isfinite(amount) else None


def _moment(at: datetime | str) -> datetime:
    # Times from Redis are strings.
    return datetime.fromisoformat(at) if isinstance(at, str) else at
