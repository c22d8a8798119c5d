"""The labels that stand beside alerts in a list, so that alerts of one message can be told apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.rules.response.notification_labels import beside, differing


@dataclass(frozen=True, slots=True)
class _Row:
    message: str
    host_name: str | None
    labels: Mapping[str, str]


def labels_beside(alerts: Sequence[Mapping[Any, Any]]) -> dict[int, dict[str, str]]:
    """Return the few labels to show beside each alert, by alert id."""
    rows = {alert["id"]: _Row(alert["message"], alert["host"], alert["labels"]) for alert in alerts}
    same: dict[str, list[_Row]] = {}
    for row in rows.values():
        same.setdefault(row.message, []).append(row)
    apart = {message: differing(of_message) for message, of_message in same.items()}
    return {alert_id: beside(row, apart[row.message]) for alert_id, row in rows.items()}
