"""Quiet hours: times of day, in a time zone, between which messages wait."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of day to another, like `22:00` to `07:00`; `begins` may be later in the day than `ends`."""

    begins: str
    ends: str
    timezone: str

    def hold(self, at: datetime) -> bool:
        """Return whether a time lies in the quiet hours."""
        time_of_day = f"{at.astimezone(ZoneInfo(self.timezone)):%H:%M}"
        if self.begins < self.ends:
            return self.begins <= time_of_day < self.ends
        return time_of_day >= self.begins or time_of_day < self.ends

    def end_after(self, at: datetime) -> datetime:
        """Return when the quiet hours in which `at` lies end."""
        zone = ZoneInfo(self.timezone)
        local = at.astimezone(zone)
        end = datetime.combine(local.date(), time.fromisoformat(self.ends), zone)
        if f"{local:%H:%M}" >= self.ends:
            end = datetime.combine(local.date() + timedelta(days=1), time.fromisoformat(self.ends), zone)
        # Where clocks are put back, the end comes twice: the first one may be over.
        first, second = (end.replace(fold=fold).astimezone(at.tzinfo) for fold in (0, 1))
        return first if first > at else second
