"""Simulated changing alerts: a pure function of the seed, a host's number and the minute.

A host's time is divided into episodes of ten minutes, with an offset of its own, and each episode draws whether the
host has an alert. Six episodes make an era. An era has two alerts that its episodes choose from, each with its own
identity, text, severity and item: an alert may come back after a pause in the same era, and none outlives its era.
"""

from datetime import UTC, datetime

from app.connectors.simulator.fleet import draw, make_host, make_item
from app.enums import Severity
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.generated_alerts import MESSAGES

SOURCE = "simulator"
MINUTES_AN_EPISODE = 10
EPISODES_AN_ERA = 6
ALERTS_AN_ERA = 2
SEVERITIES = (
    ("info", Severity.INFO),
    ("warning", Severity.WARNING),
    ("warning", Severity.WARNING),
    ("critical", Severity.CRITICAL),
)
TEAMS = ("platform", "shop", "支付", "data")
TEXTS = tuple(MESSAGES.items())
RESOLUTION = 1_000_000


def make_alert(seed: str, host: int, items: int, share: float, minute: int) -> AlertReport | None:
    """Return the alert of host number `host` (from 0) at that minute since the epoch, or None.

    At any minute about `share` of all hosts have one.
    """
    phase = draw(seed, host, "alert phase") % (MINUTES_AN_EPISODE * EPISODES_AN_ERA)
    episode = (minute + phase) // MINUTES_AN_EPISODE
    choice = _choice(seed, host, share, episode)
    if choice is None:
        return None
    era = episode // EPISODES_AN_ERA
    began = episode
    while (began - 1) // EPISODES_AN_ERA == era and _choice(seed, host, share, began - 1) == choice:
        began -= 1
    started_at = datetime.fromtimestamp((began * MINUTES_AN_EPISODE - phase) * 60, UTC)
    return _report(seed, host, items, era, choice, started_at)


def _choice(seed: str, host: int, share: float, episode: int) -> int | None:
    """Return which of the era's alerts the host has in that episode, or None."""
    if draw(seed, host, "alert episode", episode) % RESOLUTION >= share * RESOLUTION:
        return None
    return draw(seed, host, "alert choice", episode) % ALERTS_AN_ERA


def _report(seed: str, host: int, items: int, era: int, choice: int, started_at: datetime) -> AlertReport:
    drawn = draw(seed, host, "alert", era, choice)
    message, description = TEXTS[drawn % len(TEXTS)]
    word, severity = SEVERITIES[drawn // 100 % len(SEVERITIES)]
    record = make_host(seed, host)
    item = make_item(seed, host, drawn // 1000 % items, started_at) if items else None
    return AlertReport(
        source=SOURCE,
        external_id=f"{record.external_id}:{era}:{choice}",
        is_firing=True,
        message=message,
        severity=severity,
        source_severity=word,
        description=description,
        value=item and f"{item.value} {item.units}".strip(),
        labels={**record.labels, "team": TEAMS[host % len(TEAMS)]},
        started_at=started_at,
        host_external_id=record.external_id,
        host_name=record.name,
        item_external_id=item and item.external_id,
        item_name=item and item.name,
    )
