"""A nagare that runs for hours in a moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from app.composition import Services
from app.enums import ReportWay, TaskType
from app.models import Alert, Monitor, WatchedPeriod
from app.rules.alerts.alert_reports import AlertReport
from app.rules.liveness.confirmations import OWN_SOURCE
from app.services.alerts.alert_intake import AlertIntake
from app.services.ledger.outbox import new_task_id
from app.services.liveness.watching import LOOK_EVERY_S
from app.store.database.pages import PageRequest
from tests.services.alert_rows import add_alert
from tests.services.conftest import Time
from tests.store.rows import add_run

ALL = PageRequest(limit=500)


@dataclass
class Running:
    """Lets time pass in which the leader looks, and time in which it does not."""

    services: Services
    time: Time
    monitor_id: int

    def look(self) -> None:
        """Let the leader look as soon as it may."""
        self.time.pass_by(LOOK_EVERY_S)
        self.services.liveness.watching.tick()

    def run_for(self, seconds: float) -> None:
        """Let time pass as if the leader had looked all the time, and look at its end."""
        self.look()
        self.time.pass_by(seconds - LOOK_EVERY_S)
        periods = WatchedPeriod.__table__.c
        with self.services.database.transaction() as connection:
            latest = select(func.max(periods.id)).scalar_subquery()
            connection.execute(update(WatchedPeriod).where(periods.id == latest).values(ended_at=self.time.now))
        self.services.liveness.watching.tick()

    def be_down_for(self, seconds: float) -> None:
        """Let time pass in which no leader runs, and look at its end."""
        self.time.pass_by(seconds)
        self.services.liveness.watching.tick()

    def schedule(self, task_type: str = "pull_alerts", cron: str = "*/5 * * * *", **values: Any) -> int:
        """Add a schedule of the monitor and return its id."""
        whole = {
            "name": f"{task_type} {cron}",
            "cron": cron,
            "timezone": "Asia/Shanghai",
            "task_type": task_type,
            "params": {"monitor_id": self.monitor_id},
            "enabled": True,
        }
        return int(self.services.ledger.schedules.create(whole | values)["id"])

    def succeed(self, task_type: TaskType = TaskType.PULL_ALERTS) -> None:
        """Let a task of the monitor succeed now."""
        self._add_run(task_type, state="succeeded", finished_at=self.time.now)

    def fail(self, error: str, task_type: TaskType = TaskType.PULL_ALERTS) -> None:
        """Let a task of the monitor fail for good now."""
        self._add_run(task_type, state="dead", finished_at=self.time.now, error=error)

    def start(self, task_type: TaskType = TaskType.PULL_ALERTS) -> None:
        """Let a task of the monitor run its first attempt."""
        self._add_run(task_type, state="running", attempt=1, worker="worker@here/1")

    def set_monitor(self, **values: Any) -> None:
        """Change columns of the monitor."""
        with self.services.database.transaction() as connection:
            connection.execute(update(Monitor).where(Monitor.__table__.c.id == self.monitor_id).values(values))

    def alert(self, number: int = 1, **values: Any) -> int:
        """Add an alert that was posted by Alertmanager now, and return its id."""
        with self.services.database.transaction() as connection:
            return add_alert(connection, self.monitor_id, number, **{"source": "prometheus", **values})

    def report(self, *reports: AlertReport, way: ReportWay = ReportWay.WEBHOOK) -> dict[str, int]:
        """Let the monitor report alerts now."""
        with self.services.database.transaction() as connection:
            return AlertIntake().take_in(connection, self.monitor_id, reports, self.time.now, way=way)

    def set_alert(self, alert_id: int, **values: Any) -> None:
        """Change columns of an alert."""
        with self.services.database.transaction() as connection:
            connection.execute(update(Alert).where(Alert.__table__.c.id == alert_id).values(values))

    def get(self, alert_id: int) -> Mapping[str, Any]:
        """Return an alert."""
        return self.services.alerts.alerts.get(alert_id)

    def history(self, alert_id: int) -> list[str]:
        """Return what happened to an alert, the oldest first."""
        return [event["kind"] for event in reversed(self.services.alerts.alerts.events(ALL, alert_id).items)]

    def own_alerts(self, **filters: Any) -> list[Mapping[str, Any]]:
        """Return nagare's own alerts, the newest first."""
        return list(self.services.alerts.alerts.list(ALL, source=OWN_SOURCE, **filters).items)

    def _add_run(self, task_type: TaskType, **values: Any) -> None:
        with self.services.database.transaction() as connection:
            row: dict[str, Any] = {"id": new_task_id(task_type), "type": task_type, "monitor_id": self.monitor_id}
            add_run(connection, created_at=self.time.now, **row, **values)
