"""Who is on call when: the topmost person of a rota's layers and overrides."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import heappop, heappush
from zoneinfo import ZoneInfo

from app.rules.oncall.holidays import Holidays
from app.rules.oncall.layers import HolidayUse, Layer
from app.rules.oncall.restrictions import restricted
from app.rules.oncall.spans import Span, common, merged, within, without
from app.rules.oncall.turns import turns

MOMENT = timedelta(microseconds=1)
"""The shortest span: the databases keep no finer times."""


class GapReason(StrEnum):
    """Why nobody is on call."""

    UNCOVERED = "uncovered"
    """No layer and no override names anybody at this time."""
    USER_DISABLED = "user_disabled"
    """The user whose turn it is is disabled."""
    USER_DELETED = "user_deleted"
    """The user whose turn it is does not exist any more."""


@dataclass(frozen=True, slots=True)
class Override:
    """That a person is on call in place of whoever the layers name."""

    id: int
    user_id: int
    span: Span


@dataclass(frozen=True, slots=True)
class Rota:
    """What decides who is on call."""

    zone: ZoneInfo
    layers: tuple[Layer, ...]
    """From the lowest to the highest."""
    holidays: Holidays
    overrides: Sequence[Override] = ()
    """The newest last: it counts before older ones."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is on call, and why; or why nobody is."""

    user_id: int | None
    """None for nobody."""
    layer: int | None = None
    """The index of the layer whose turn it is."""
    override_id: int | None = None
    turn: Span | None = None
    """The whole turn or override, of which other ones may cover parts."""
    reason: GapReason | None = None
    """Why it is nobody."""
    absent_user_id: int | None = None
    """Whose turn it is, if that user is disabled or deleted and nobody else is there."""


NOBODY = Holder(None, reason=GapReason.UNCOVERED)


@dataclass(frozen=True, slots=True)
class Shift:
    """Who is on call in a span."""

    span: Span
    holder: Holder


@dataclass(frozen=True, slots=True)
class _Claim:
    """A span for which a layer or an override names somebody."""

    span: Span
    rank: tuple[bool, int]
    """Of all claims to a time, the one with the highest rank counts; those of absent users are below all others."""
    holder: Holder


def shifts(rota: Rota, enabled: Mapping[int, bool], wanted: Span) -> list[Shift]:
    """Return who is on call in a span, without any time left out.

    `enabled` has the users who exist, and whether each is enabled. Two turns of one person are two shifts.
    """
    result: list[Shift] = []
    for span, holder in _topmost([*_claims(rota, enabled, wanted)]):
        if result and result[-1].holder == holder:
            result[-1] = Shift(Span(result[-1].span.starts_at, span.ends_at), holder)
        else:
            result.append(Shift(span, holder))
    return result


def on_call(rota: Rota, enabled: Mapping[int, bool], at: datetime) -> Holder:
    """Return who is on call at a time."""
    return shifts(rota, enabled, Span(at, at + MOMENT))[0].holder


def gaps(rota: Rota, enabled: Mapping[int, bool], wanted: Span) -> list[Shift]:
    """Return when nobody is on call."""
    return [shift for shift in shifts(rota, enabled, wanted) if shift.holder.user_id is None]


def whole_shifts(rota: Rota, enabled: Mapping[int, bool], wanted: Span) -> list[Shift]:
    """Return the shifts that overlap a span; the first one has its real start, not that of the span."""
    now = on_call(rota, enabled, wanted.starts_at)
    begun = now.turn.starts_at if now.turn else wanted.starts_at
    found = shifts(rota, enabled, Span(min(begun, wanted.starts_at), wanted.ends_at))
    return [shift for shift in found if shift.span.ends_at > wanted.starts_at]


def _claims(rota: Rota, enabled: Mapping[int, bool], wanted: Span) -> Iterator[_Claim]:
    """Yield what layers and overrides claim of a span."""
    yield _Claim(wanted, (False, -1), NOBODY)
    for index, layer in enumerate(rota.layers):
        counted = _counted(layer, rota, wanted)
        for turn in turns(layer, rota.zone, wanted):
            holder = _holder(enabled, turn.user_id, turn.span, layer=index)
            for span in within(turn.span, counted):
                yield _Claim(span, (holder.user_id is not None, index), holder)
    for rank, override in enumerate(rota.overrides, len(rota.layers)):
        holder = _holder(enabled, override.user_id, override.span, override_id=override.id)
        for span in within(override.span, [wanted]):
            yield _Claim(span, (holder.user_id is not None, rank), holder)


def _counted(layer: Layer, rota: Rota, wanted: Span) -> list[Span]:
    """Return the times of a span in which a layer counts, whoever has its turn."""
    counted = [wanted]
    if layer.restrictions:
        counted = [*common(counted, merged(restricted(layer.restrictions, rota.zone, wanted)))]
    if layer.holidays is HolidayUse.ONLY:
        return [*common(counted, rota.holidays.within(wanted))]
    if layer.holidays is HolidayUse.EXCEPT:
        return [*common(counted, without(wanted, rota.holidays.within(wanted)))]
    return counted


def _holder(
    enabled: Mapping[int, bool], user_id: int, turn: Span, *, layer: int | None = None, override_id: int | None = None
) -> Holder:
    if enabled.get(user_id):
        return Holder(user_id, layer, override_id, turn)
    reason = GapReason.USER_DISABLED if user_id in enabled else GapReason.USER_DELETED
    return Holder(None, layer, override_id, reason=reason, absent_user_id=user_id)


def _topmost(claims: Sequence[_Claim]) -> Iterator[tuple[Span, Holder]]:
    """Yield the holder with the highest rank, from each time at which a claim starts or ends to the next."""
    waiting = sorted(claims, key=lambda claim: claim.span.starts_at, reverse=True)
    current: list[tuple[bool, int, int, _Claim]] = []
    times = sorted({time for claim in claims for time in claim.span})
    for span in map(Span, times, times[1:]):
        while waiting and waiting[-1].span.starts_at <= span.starts_at:
            claim = waiting.pop()
            is_present, rank = claim.rank
            # The number of those that wait decides between equal ranks before claims would be compared.
            heappush(current, (not is_present, -rank, len(waiting), claim))
        while current[0][-1].span.ends_at <= span.starts_at:
            heappop(current)
        yield span, current[0][-1].holder
