"""What a webhook body says: its reports, the alerts that were refused alone, and what its sender left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.rules.alerts.alert_reports import AlertReport


@dataclass(frozen=True, slots=True)
class Refusal:
    """An alert of a group that was refused alone; the others of its group are taken in."""

    format: str
    """A key of `parse.READERS`. It is stored, so it never changes."""
    alert_place: str
    """The path of the alert in its body, like `alerts.1`."""
    place: str
    """The path of the fault, like `alerts.1.labels`."""
    reason: str
    alert: Any
    """The alert as it was posted."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A webhook body that was read."""

    reports: Sequence[AlertReport] = ()
    refusals: Sequence[Refusal] = ()
    truncated: int = 0
    """How many alerts its sender left out because of a limit of its own."""
    is_test: bool = False
    """Whether somebody tries out the connection: nothing of it is kept."""


def without_repeats(reports: Iterable[AlertReport]) -> list[AlertReport]:
    """Return the reports in their order; one that repeats the state of its alert replaces the one before.

    Otherwise an alert that one body names twice counts as two.
    """
    kept: list[AlertReport] = []
    latest: dict[tuple[str, str], int] = {}
    for report in reports:
        identity = (report.source, report.external_id)
        index = latest.get(identity)
        if index is not None and kept[index].is_firing == report.is_firing:
            kept[index] = report
        else:
            latest[identity] = len(kept)
            kept.append(report)
    return kept
