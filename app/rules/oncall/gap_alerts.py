"""What nagare's own alert about a rota without anybody on call says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.rules.oncall.shifts import GapReason, Shift
from app.rules.oncall.spans import Span, merged

PREFIX = "rota-gap:"
"""With the rota's id: the alert's name at its source."""
AHEAD = timedelta(days=7)
"""How long before a gap its alert fires."""
LOOKED_AT = timedelta(days=28)
"""How far to look for the end of a gap."""


@dataclass(frozen=True, slots=True)
class GapAlert:
    """An alert about the next time in which a rota has nobody on call."""

    external_id: str
    message: str
    description: str
    labels: Mapping[str, str]


def gap_alert(
    rota_id: int, name: str, zone: ZoneInfo, found: Sequence[Shift], usernames: Mapping[int, str], looked_at: Span
) -> GapAlert | None:
    """Return the alert about the first of these gaps; None if none starts soon.

    Its message changes only with the gap, not with the time.
    """
    if not found or found[0].span.starts_at >= looked_at.starts_at + AHEAD:
        return None
    # One gap may follow another at once, for another reason.
    whole = merged(gap.span for gap in found)[0]
    message = f"Rota {name} has nobody on call {_when(whole, zone, looked_at)}"
    labels = {"alertname": "RotaGap", "rota": name}
    return GapAlert(f"{PREFIX}{rota_id}", message, _why(found[0], usernames), labels)


def _when(gap: Span, zone: ZoneInfo, looked_at: Span) -> str:
    has_begun, is_open = gap.starts_at <= looked_at.starts_at, gap.ends_at >= looked_at.ends_at
    start, end = _text(gap.starts_at, zone), _text(gap.ends_at, zone)
    if has_begun:
        return "now and in the next four weeks" if is_open else f"until {end}"
    return f"from {start} for more than three weeks" if is_open else f"from {start} to {end}"


def _why(gap: Shift, usernames: Mapping[int, str]) -> str:
    user_id = gap.holder.absent_user_id
    if gap.holder.reason is GapReason.USER_DISABLED and user_id is not None:
        return f"It is the turn of {usernames.get(user_id, user_id)}, who is disabled, and nobody else is on call."
    if gap.holder.reason is GapReason.USER_DELETED:
        return f"It is the turn of user {user_id}, who was deleted, and nobody else is on call."
    return "No layer and no override names anybody at this time."


def _text(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}"
