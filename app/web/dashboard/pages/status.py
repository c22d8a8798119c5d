"""The state of nagare itself, in the header of every page."""

from typing import Any

from app.enums import Role
from app.errors import BrokerUnavailable, DatabaseUnavailable
from app.web.context import services
from app.web.dashboard.blueprint import dashboard, render


@dashboard.page("/status", role=Role.VIEWER)
def status() -> str:
    """Show whether everything that nagare needs is available."""
    return render("status")


@dashboard.app_template_global()
def system_status() -> dict[str, Any]:
    """Return what is wrong, and the counts of live workers, waiting tasks, dead letters and open critical alerts.

    None is unknown.
    """
    wrong = services().operation.health.readiness()
    known: dict[str, Any] = {"workers": None, "waiting": None, "dead": None, "critical": _open_critical()}
    try:
        lengths = services().ledger.queues.lengths()
        known |= {"dead": lengths.pop("dead"), "waiting": sum(lengths.values())}
        known["workers"] = len(services().queue.workers.alive())
    except BrokerUnavailable:
        known |= _by_ledger()
    if known["workers"] is None:
        # Nobody knows of workers while Redis is away: that is what the page says.
        wrong = {**wrong, "worker": None}
    # Whoever sees this page is a user, so users exist.
    return {"wrong": {name: text for name, text in wrong.items() if text and name != "setup"}, **known}


def _open_critical() -> int | None:
    try:
        counts = services().alerts.scores.score()["alerts"]["critical"]
    except DatabaseUnavailable:
        return None
    return int(counts["active"] + counts["acknowledged"])


def _by_ledger() -> dict[str, int]:
    try:
        counts = services().ledger.queues.ledger_stats()
    except DatabaseUnavailable:
        return {}
    return {"dead": counts.pop("dead"), "waiting": sum(counts.values())}
