"""What an alert's page shows around the alert: its item's chart at that time, its labels as filters, its links."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import request

from app import clock
from app.enums import AlertEventKind
from app.rules.matchers.matcher import Matcher, Operator
from app.rules.matchers.texts import text_of
from app.web.context import Row, services
from app.web.dashboard.explanations import explained_event
from app.web.dashboard.item_charts import CHART_STEPS, History, drawn, has_history

EVENTS_SHOWN = 100
SIMILAR_SHOWN = 10
LEAST_AROUND = timedelta(hours=1)
"""How much of the time before and after an alert its chart shows at least."""
AROUND_SHARE = 5
"""The chart shows a fifth of a long alert's duration on each side."""
MARKED = frozenset(
    (
        *(AlertEventKind.FIRED, AlertEventKind.REOPENED, AlertEventKind.RETURNED, AlertEventKind.ESCALATED),
        *(AlertEventKind.ACKNOWLEDGED, AlertEventKind.RESOLVED),
    )
)
"""What is drawn into the chart."""
SCHEMES = ("http://", "https://")


def chart_of(alert: Row, item: Mapping[Any, Any] | None) -> History | None:
    """Return the values of an alert's item around the alert; None if there are none."""
    if item is None or not has_history(item):
        return None
    now = clock.now()
    began = alert["started_at"] or alert["first_seen_at"]
    ended = alert["ended_at"] or alert["resolved_at"] or now
    around = max(LEAST_AROUND, (ended - began) / AROUND_SHARE)
    begin, end = began - around, max(min(ended + around, now), began)
    steps = services().inventory.item_values.between(item["id"], begin, end, CHART_STEPS)
    return drawn(item, steps, (begin, end), (end - begin) / CHART_STEPS)


def story_of(alert_id: int, events: Sequence[Row]) -> list[dict[str, Any]]:
    """Return an alert's events, each with `why`: what became of it, if people could be told of it."""
    told = services().paging.why.of_alert(alert_id, limit=EVENTS_SHOWN)["items"]
    why = {line["id"]: explained_event(line) for line in told}
    return [{**event, "why": why.get(event["id"])} for event in events]


def label_filters(labels: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the labels, each with the matcher that finds the alerts that have it too."""
    return [
        {"name": name, "value": value, "match": text_of(Matcher(name, Operator.EQUAL, value))}
        for name, value in labels.items()
    ]


def links_of(alert: Row) -> list[tuple[str, str]]:
    """Return the names and the addresses of an alert's links, such as its runbook."""
    return [(name, text) for name, text in alert["annotations"].items() if text.startswith(SCHEMES)]


def source_link_of(alert: Row) -> str | None:
    """Return where the source shows an alert, if that is an address that a browser may open."""
    address: str | None = alert["source_url"]
    return address if address and address.startswith(SCHEMES) else None


def address_of(alert_id: int) -> str:
    """Return the address of an alert's page, for a message to somebody else."""
    return f"{(services().settings.public_url or request.host_url).rstrip('/')}/alerts/{alert_id}"
