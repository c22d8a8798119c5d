"""Simulated changing alerts: a pure function of the seed, a host's number and the minute.

A host's time is divided into episodes of ten minutes, with an offset of its own, and each episode draws whether the
host has an alert. Six episodes make an era. An era has two alerts that its episodes choose from, each with its own
identity, text, severity and item: an alert may come back after a pause in the same era, and none outlives its era.
"""

from app.connectors.simulator.fleet import draw, make_host
from app.enums import Severity
from app.rules.alert_reports import AlertReport
from app.rules.generated_alerts import MESSAGES

SOURCE = "simulator"
MINUTES_AN_EPISODE = 10
EPISODES_AN_ERA = 6
ALERTS_AN_ERA = 2
SEVERITIES = (Severity.INFO, Severity.WARNING, Severity.WARNING, Severity.CRITICAL)
TEXTS = tuple(MESSAGES.items())
RESOLUTION = 1_000_000


def make_alert(seed: str, host: int, items: int, share: float, minute: int) -> AlertReport | None:
    """Return the alert of host number `host` (from 0) at that minute since the epoch, or None.

    At any minute about `share` of all hosts have one.
    """
    moment = minute + draw(seed, host, "alert phase") % (MINUTES_AN_EPISODE * EPISODES_AN_ERA)
    episode = moment // MINUTES_AN_EPISODE
    if draw(seed, host, "alert episode", episode) % RESOLUTION >= share * RESOLUTION:
        return None
    era = episode // EPISODES_AN_ERA
    choice = draw(seed, host, "alert choice", episode) % ALERTS_AN_ERA
    drawn = draw(seed, host, "alert", era, choice)
    message, comment = TEXTS[drawn % len(TEXTS)]
    record = make_host(seed, host)
    return AlertReport(
        source=SOURCE,
        external_id=f"{record.external_id}:{era}:{choice}",
        is_firing=True,
        message=message,
        severity=SEVERITIES[drawn // 100 % len(SEVERITIES)],
        comment=comment,
        host_external_id=record.external_id,
        host_name=record.name,
        item_external_id=str(drawn // 1000 % items + 1) if items else None,
    )
