"""Computes the times of a cron expression in a time zone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from app.errors import Invalid

FIELDS = 5


def next_time(cron: str, timezone: str, after: datetime) -> datetime:
    """Return the first matching time after `after`, in UTC.

    A time of day that a clock change skips fires right after the gap, one that it repeats fires once, as in Debian's
    cron; steps like `*/30` continue through both. Raises Invalid for `timezone` and `cron`.
    """
    zone = _zone(timezone)
    if len(cron.split()) != FIELDS:
        raise Invalid("cron", "Must be five fields: minute, hour, day of the month, month, day of the week.")
    try:
        times = (time.astimezone(UTC) for time in CronSim(cron, after.astimezone(zone)))
        # In the second of two repeated hours, cronsim returns times of the first one as future times.
        return next(time for time in times if time > after)
    except CronSimError as error:
        raise Invalid("cron", f"Is not a valid cron expression: {error}.") from None
    except StopIteration:
        raise Invalid("cron", "Never matches a date.") from None


def next_times(cron: str, timezone: str, after: datetime, count: int) -> list[datetime]:
    """Return the next matching times in UTC: up to `count`, fewer if there are no more. Raises as `next_time`."""
    found = [next_time(cron, timezone, after)]
    while len(found) < count:
        try:
            found.append(next_time(cron, timezone, found[-1]))
        except Invalid:
            break
    return found


def times_before(cron: str, timezone: str, before: datetime) -> Iterator[datetime]:
    """Yield the matching times before `before`, the latest first, in UTC; none if the expression or zone is invalid."""
    try:
        times = CronSim(cron, before.astimezone(_zone(timezone)), reverse=True)
    except (CronSimError, Invalid):
        return
    for time in times:
        if (moment := time.astimezone(UTC)) < before:
            yield moment


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    # KeyError: unknown zone; ValueError: outside the database's folder; OSError: a folder of zones.
    except (KeyError, ValueError, OSError):
        raise Invalid("timezone", "Must be an IANA time zone, such as Asia/Shanghai.") from None
