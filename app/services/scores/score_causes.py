"""Says what would help the health score most."""

from collections.abc import Mapping
from typing import Any

from app import clock
from app.enums import ScoreCause
from app.rules.alerts.scores import ACKNOWLEDGED_FACTOR, alert_load, health_score, regained
from app.services.alerts.scores import COST_DIGITS, LOAD_DIGITS, check_scope
from app.store.alerts import scores
from app.store.alerts.scores import Scope, Window
from app.store.database.engine import Database
from app.store.scores import causes

POINT_DIGITS = 2


class ScoreCauses:
    """Raises NotFound if the scope's monitor, host or machine does not exist, and DatabaseUnavailable."""

    def __init__(self, database: Database, *, window_h: float) -> None:
        self._database = database
        self._window_s = window_h * 3600

    def list(self, by: ScoreCause, limit: int, **scope: Any) -> dict[str, Any]:
        """Return the monitors, groups, hosts, messages or alerts of a scope that cost its score most.

        Each with its share of the load, the points of the score that come back when none of its alerts counts any
        more, and those that come back at once if its active alerts are acknowledged or resolved: they then count half.
        """
        chosen, window = Scope(**scope), Window(clock.now(), self._window_s)
        with self._database.reading() as connection:
            check_scope(connection, chosen)
            host_count = scores.host_count(connection, chosen)
            load = alert_load(scores.sums(connection, window, chosen), host_count)
            rows = causes.fetch(connection, window, chosen, by, limit)
        return {
            "score": health_score(load),
            "load": round(load, LOAD_DIGITS),
            "hosts": host_count,
            "by": by,
            "causes": [_cause(row, load, max(1, host_count)) for row in rows],
        }


def _cause(row: Mapping[Any, Any], load: float, hosts: int) -> dict[str, Any]:
    shown = dict(row)
    cost, active = (float(shown.pop(name)) / hosts for name in ("points", "active_points"))
    return {
        **shown,
        # PostgreSQL's sum of whole numbers is a decimal one.
        **{name: int(shown[name]) for name in ("alerts", "open_alerts")},
        "cost": round(cost, COST_DIGITS),
        "regained": round(regained(load, cost), POINT_DIGITS),
        "regained_at_once": round(regained(load, active * (1 - ACKNOWLEDGED_FACTOR)), POINT_DIGITS),
    }
