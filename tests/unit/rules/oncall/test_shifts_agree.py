"""`shifts` says for each minute what a slow second implementation says, also where clocks change."""

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.rules.oncall.holidays import Holidays
from app.rules.oncall.layers import MAX_EVERY, HolidayUse, Layer, Restriction, TurnUnit
from app.rules.oncall.shifts import Override, Rota, on_call, shifts
from app.rules.oncall.spans import Span
from tests.unit.rules.oncall.naive import MINUTE, WEEKDAYS, Clock, answer, utc

CHANGES = [
    ("Europe/Berlin", "2026-03-29T01:00"),
    ("Europe/Berlin", "2026-10-25T01:00"),
    ("America/New_York", "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01T06:00"),
    # By half an hour.
    ("Australia/Lord_Howe", "2026-04-04T15:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Asia/Shanghai", "2026-02-17T00:00"),
    # The 30th of December does not exist.
    ("Pacific/Apia", "2011-12-30T10:00"),
    # At midnight.
    ("America/Sao_Paulo", "2018-11-04T03:00"),
    ("America/Sao_Paulo", "2018-02-18T02:00"),
]
BEFORE, DAYS = timedelta(days=40), 48
ENABLED = {1: True, 2: True, 3: False, 4: True}
"""User 5 is deleted."""
TIMES = [f"{hour:02}:{minute:02}" for hour in (0, 1, 2, 3, 9, 17, 23) for minute in (0, 15, 30)]


@cache
def clock_of(zone: str, change: str) -> Clock:
    return Clock(zone, utc(change) - BEFORE - timedelta(days=5), DAYS + 5)


@st.composite
def restrictions(draw: st.DrawFn) -> Restriction:
    start = draw(st.sampled_from(TIMES))
    days = draw(st.sets(st.sampled_from(WEEKDAYS), min_size=1))
    return Restriction(tuple(days), start, draw(st.sampled_from([*TIMES, "24:00"]).filter(lambda each: each != start)))


@st.composite
def layers(draw: st.DrawFn, around: date) -> Layer:
    def local(first: int, last: int) -> datetime:
        day = around + timedelta(days=draw(st.integers(first, last)))
        return datetime.fromisoformat(f"{day}T{draw(st.sampled_from(TIMES))}")

    unit = draw(st.sampled_from(TurnUnit))
    return Layer(
        name="",
        users=tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))),
        starts_at=local(-38, 1),
        every=draw(st.integers(1, min(30, MAX_EVERY[unit]))),
        unit=unit,
        ends_at=draw(st.none() | st.just(local(2, 3))),
        restrictions=tuple(draw(st.lists(restrictions(), max_size=2))),
        holidays=draw(st.sampled_from(HolidayUse)),
    )


@st.composite
def overrides(draw: st.DrawFn, change: datetime) -> list[Override]:
    def override(number: int) -> Override:
        start = change + timedelta(minutes=draw(st.integers(-2000, 2000)))
        return Override(number, draw(st.integers(1, 4)), Span(start, start + draw(st.integers(1, 900)) * MINUTE))

    return [override(number) for number in range(draw(st.integers(0, 3)))]


@pytest.mark.parametrize(("zone", "change"), CHANGES)
@settings(max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_shifts_agree_with_a_slow_second_implementation(zone: str, change: str, data: st.DataObject) -> None:
    clock, moment = clock_of(zone, change), utc(change)
    local = moment.astimezone(ZoneInfo(zone)).date()
    names = data.draw(st.lists(layers(local), max_size=3))
    taken = data.draw(overrides(moment))
    days = data.draw(st.sets(st.integers(-1, 2).map(lambda number: local + timedelta(days=number))))
    rota = Rota(ZoneInfo(zone), tuple(names), Holidays(calendar(days), ZoneInfo(zone)), taken)
    wanted = Span(moment - timedelta(days=1, hours=12), moment + timedelta(days=1, hours=12))

    found = shifts(rota, ENABLED, wanted)

    assert [each.span.starts_at for each in found] == [wanted.starts_at, *(each.span.ends_at for each in found[:-1])]
    assert found[-1].span.ends_at == wanted.ends_at
    for shift in found:
        minute = shift.span.starts_at
        while minute < shift.span.ends_at:
            expected = answer(clock, names, taken, [*days], ENABLED, minute)
            holder = shift.holder
            said = (holder.user_id, None if holder.user_id is None else holder.layer, holder.override_id)
            assert (minute, said[:2]) == (minute, expected[:2])
            minute += 7 * MINUTE
        assert on_call(rota, ENABLED, shift.span.starts_at) == shift.holder


def calendar(days: set[date]) -> str:
    events = [f"BEGIN:VEVENT\nUID:{day}\nDTSTART;VALUE=DATE:{day:%Y%m%d}\nEND:VEVENT\n" for day in days]
    return f"BEGIN:VCALENDAR\n{''.join(events)}END:VCALENDAR\n"
