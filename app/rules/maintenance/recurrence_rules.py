"""Reads and checks recurrence rules (RFC 5545), as far as a maintenance window may recur."""

import re
from datetime import UTC, datetime, time
from typing import cast
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from app.errors import Invalid

EXAMPLE = "FREQ=WEEKLY;BYDAY=SA,SU"
MAX_TEXT = 500
MAX_INTERVAL = 1000
PERIODS_A_YEAR = {"HOURLY": 366 * 24, "DAILY": 366, "WEEKLY": 53, "MONTHLY": 12, "YEARLY": 1}
NUMBERS = re.compile(r"[+-]?[0-9]{1,3}(,[+-]?[0-9]{1,3})*")
DAYS = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)(,([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU))*")
UNTIL = re.compile(r"([0-9]{8})(T([0-9]{6})(Z?))?")
PARTS = {
    "FREQ": re.compile("|".join(PERIODS_A_YEAR)),
    "INTERVAL": re.compile("[0-9]{1,4}"),
    "COUNT": re.compile("[0-9]{1,6}"),
    "UNTIL": UNTIL,
    "WKST": re.compile("MO|TU|WE|TH|FR|SA|SU"),
    "BYMONTH": NUMBERS,
    "BYMONTHDAY": NUMBERS,
    "BYYEARDAY": NUMBERS,
    "BYWEEKNO": NUMBERS,
    "BYDAY": DAYS,
    "BYSETPOS": NUMBERS,
    "BYHOUR": NUMBERS,
    "BYMINUTE": NUMBERS,
}
"""What may be in a rule. Seconds, and Easter, which only one library knows, may not."""
TOO_OFTEN = ("MINUTELY", "SECONDLY")
DATES = ("BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS")
"""With FREQ=HOURLY, these could make a search for the next time go through every hour of centuries."""


def normalized(text: str) -> str:
    """Return a rule as it is kept: in capitals, without its name and spaces around."""
    return text.strip().upper().removeprefix("RRULE:").strip(";")


def read_rule(text: str, start: datetime, zone: ZoneInfo) -> rrule:
    """Return the rule of a text in normal form whose first time is `start`, a local time without its zone.

    Raises Invalid for `rrule` with the part and the remedy. Whatever the rule is, this returns at once.
    """
    parts = _parts(text)
    until = _until(parts.pop("UNTIL", None), zone)
    if until and until < start:
        raise _invalid("UNTIL is before starts_at. Give a later time, or none.")
    try:
        text = ";".join(f"{name}={value}" for name, value in parts.items())
        rule = cast(rrule, rrulestr(text, dtstart=start))
        # Whether a time is one of a rule's does not depend on the interval. With one after which no date is left, a
        # rule that never matches ends at once, and not after thousands of years.
        once = rule.replace(interval=datetime.max.year * PERIODS_A_YEAR[parts["FREQ"]], count=None)
        first = next(iter(once), None)
    except (ValueError, OverflowError) as error:
        raise _invalid(f"Cannot be read: {error}.") from None
    if first != start:
        raise _invalid("starts_at is not one of its times. Let starts_at be the first one, or change the rule.")
    return rule.replace(until=until) if until else rule


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    if any(word in text for word in ("DTSTART", "EXDATE", "RDATE", "\n")):
        raise _invalid(f"Must be a single rule like {EXAMPLE}, without dates: starts_at is the first time.")
    for part in text.split(";"):
        name, sign, value = part.partition("=")
        if not sign or name not in PARTS:
            raise _invalid(f"`{part[:40]}` is not a part of a rule like {EXAMPLE}. The parts are {', '.join(PARTS)}.")
        if name in parts:
            raise _invalid(f"{name} is there twice.")
        if name == "FREQ" and value in TOO_OFTEN:
            raise _invalid("A window may recur once an hour at most: use FREQ=HOURLY or less often.")
        if not PARTS[name].fullmatch(value):
            raise _invalid(f"{name} cannot be `{value[:40]}`. A rule is like {EXAMPLE}.")
        parts[name] = value
    _check(parts)
    return parts


def _check(parts: dict[str, str]) -> None:
    if "FREQ" not in parts:
        raise _invalid(f"FREQ is missing. A rule is like {EXAMPLE}.")
    if not 1 <= int(parts.get("INTERVAL", "1")) <= MAX_INTERVAL:
        raise _invalid(f"INTERVAL must be from 1 to {MAX_INTERVAL}.")
    if int(parts.get("COUNT", "1")) < 1:
        raise _invalid("COUNT must be at least 1; leave it out for a window without an end.")
    if "COUNT" in parts and "UNTIL" in parts:
        raise _invalid("Give COUNT or UNTIL, not both.")
    hourly_dates = [name for name in DATES if name in parts]
    if parts["FREQ"] == "HOURLY" and hourly_dates:
        raise _invalid(f"FREQ=HOURLY takes no {hourly_dates[0]}: use FREQ=DAILY or less often, with BYHOUR.")
    if parts["FREQ"] not in ("MONTHLY", "YEARLY") and re.search("[0-9]", parts.get("BYDAY", "")):
        raise _invalid("BYDAY takes numbers only with FREQ=MONTHLY or FREQ=YEARLY.")


def _until(text: str | None, zone: ZoneInfo) -> datetime | None:
    """Return the last local time; a date without a time includes its day."""
    found = UNTIL.fullmatch(text or "")
    if found is None:
        return None
    try:
        if found[2] is None:
            return datetime.combine(datetime.strptime(found[1], "%Y%m%d"), time.max)
        moment = datetime.strptime(f"{found[1]}T{found[3]}", "%Y%m%dT%H%M%S")
        return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) if found[4] else moment
    except (ValueError, OverflowError):
        raise _invalid("UNTIL must be a date like 20271231 or a time like 20271231T235959Z.") from None


def _invalid(message: str) -> Invalid:
    return Invalid("rrule", message)
