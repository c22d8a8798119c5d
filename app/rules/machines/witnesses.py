"""Which open alerts of a machine are witnesses of a fault that another monitor's alert tells already."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from app.enums import Severity


@dataclass(frozen=True, slots=True)
class Standing:
    """An open alert of a machine."""

    id: int
    monitor_id: int
    severity: Severity
    fault: str | None
    """None if nobody can say what it tells."""
    is_quiet: bool
    """Whether something else than being a witness suppresses it."""
    witness_of: int | None = None


def arrange(alerts: Iterable[Standing], fresh: Collection[int] = ()) -> dict[int, int | None]:
    """Return of which alert each is a witness, None for those that stand for themselves.

    Of the alerts that tell one fault, the most severe stands for all, and of equals the one that fired first; a witness
    is of another monitor. One that something keeps quiet stands for nobody: a silence at one source does not hide what
    another one sees. `fresh` are those that have just fired.
    """
    by_fault: dict[str, list[Standing]] = {}
    found: dict[int, int | None] = {}
    for alert in alerts:
        found[alert.id] = None
        if alert.fault is not None:
            by_fault.setdefault(alert.fault, []).append(alert)
    for same in by_fault.values():
        loud = [alert for alert in same if not alert.is_quiet]
        if loud:
            first = min(loud, key=lambda alert: _rank(alert, fresh))
            found |= {alert.id: first.id for alert in same if alert.monitor_id != first.monitor_id}
    return found


def differences(alerts: Iterable[Standing], fresh: Collection[int] = ()) -> Mapping[int, int | None]:
    """Return the alerts for which `arrange` says something else than is known."""
    known = {alert.id: alert for alert in alerts}
    wanted = arrange(known.values(), fresh)
    return {alert_id: first for alert_id, first in sorted(wanted.items()) if known[alert_id].witness_of != first}


def _rank(alert: Standing, fresh: Collection[int]) -> tuple[int, bool, bool, int]:
    return -alert.severity, alert.id in fresh, alert.witness_of is not None, alert.id
