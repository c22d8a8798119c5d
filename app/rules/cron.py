"""The times that a cron expression means, in a time zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from app.errors import Invalid

FIELDS = 5


def next_time(cron: str, timezone: str, after: datetime) -> datetime:
    """Return the first time after a moment, in UTC.

    A time of day that a change of the clocks skips comes right after the gap, one that it repeats comes once, as
    Debian's cron does; steps like `*/30` go on through both. Raises Invalid for `timezone` and `cron`.
    """
    zone = _zone(timezone)
    if len(cron.split()) != FIELDS:
        raise Invalid("cron", "Must be five fields: minute, hour, day of the month, month, day of the week.")
    try:
        times = (time.astimezone(UTC) for time in CronSim(cron, after.astimezone(zone)))
        # In the second of two equal hours cronsim takes the first one's times for times to come.
        return next(time for time in times if time > after)
    except CronSimError as error:
        raise Invalid("cron", f"Is not a valid cron expression: {error}.") from None
    except StopIteration:
        raise Invalid("cron", "Never matches a date.") from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    # KeyError: there is none; ValueError: it leaves the database's folder; OSError: it is a folder of zones.
    except (KeyError, ValueError, OSError):
        raise Invalid("timezone", "Must be an IANA time zone, such as Asia/Shanghai.") from None
