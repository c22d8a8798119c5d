"""Pulls alerts from monitors, and sends acknowledgements to them."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.connectors.base import AlertPage, Completeness, alert_page, worst_of
from app.enums import ReportWay
from app.errors import SourceRejected
from app.rules.alerts.alert_bounds import bounded
from app.rules.progress_messages import ProgressUnit, counted
from app.services.alerts.alert_intake import AlertIntake
from app.services.inventory.monitor_connections import MonitorConnections
from app.services.ledger.task_lifecycle import Step, no_step
from app.store.alerts import alerts
from app.store.database.engine import Database
from app.store.inventory import monitors

MAX_MISSING = 20


class AlertPullService:
    """Methods raise NotFound, Conflict (a disabled monitor), SourceError, DatabaseUnavailable, TaskInterrupted."""

    def __init__(self, database: Database, monitor_connections: MonitorConnections, intake: AlertIntake) -> None:
        self._database = database
        self._monitor_connections = monitor_connections
        self._intake = intake

    def pull(self, monitor_id: int, step: Step = no_step) -> dict[str, Any]:
        """Take in all alerts that fire at a monitor; resolve those that earlier pulls reported and this one did not.

        A pull that stops half-way, or whose source says that something is missing, resolves none. The result has
        `completeness`, and in `missing` what the source could not say.
        """
        observed_at = clock.now()
        totals = Counter[str]()
        completeness, missing, undecided_names = Completeness.COMPLETE, list[str](), set[str]()
        step(0, None, counted((0, ProgressUnit.ALERTS)))
        with self._monitor_connections.open(monitor_id) as connector:
            for page in map(alert_page, connector.alerts()):
                totals.update(self._take_in(monitor_id, page, observed_at))
                completeness = worst_of([completeness, page.completeness])
                missing += [sentence for sentence in page.missing if sentence not in missing]
                undecided_names.update(page.undecided_names)
                step(totals["seen"], None, counted((totals["seen"], ProgressUnit.ALERTS)))
        end_unseen = partial(
            self._intake.end_unseen,
            monitor_id=monitor_id,
            observed_at=observed_at,
            completeness=completeness,
            undecided_names=undecided_names,
        )
        ended = self._end_unseen(end_unseen, partial(step, totals["seen"], None))
        with self._database.transaction() as connection:
            monitors.record_pulled(connection, monitor_id, clock.now())
        step(totals["seen"], totals["seen"], counted((totals["seen"], ProgressUnit.ALERTS)))
        counts = {name: totals[name] for name in ("seen", "new", "repeated", "reopened")}
        return {**counts, "resolved": ended, "completeness": completeness, "missing": missing[:MAX_MISSING]}

    def acknowledge(
        self, monitor_id: int, alert_ids: Sequence[int], comment: str = "", step: Step = no_step
    ) -> dict[str, int]:
        """Acknowledge alerts at their monitor; skip those that no longer exist here.

        All are tried; then SourceRejected is raised if the monitor rejected some.
        """
        refused: list[str] = []
        with self._database.reading() as connection:
            external_ids = alerts.external_ids(connection, monitor_id, alert_ids)
        with self._monitor_connections.open(monitor_id) as connector:
            step(0, len(external_ids), counted((0, ProgressUnit.ALERTS)))
            for done, external_id in enumerate(external_ids, 1):
                try:
                    connector.acknowledge_alert(external_id, comment)
                except SourceRejected as error:
                    refused.append(f"{external_id}: {error}")
                step(done, len(external_ids), counted((done, ProgressUnit.ALERTS)))
        if refused:
            raise SourceRejected(f"{len(refused)} of {len(external_ids)} were rejected: {'; '.join(refused[:3])}")
        return {"acknowledged": len(external_ids)}

    def _take_in(self, monitor_id: int, page: AlertPage, observed_at: datetime) -> dict[str, int]:
        reports = [*map(bounded, page.records)]
        with self._database.transaction() as connection:
            counts = self._intake.take_in(connection, monitor_id, reports, observed_at, way=ReportWay.PULL)
            if page.still_open:
                self._intake.keep_open(connection, monitor_id, page.still_open, observed_at)
        return counts

    def _end_unseen(self, end_unseen: Callable[[Connection], int], tell: Callable[[str], None]) -> int:
        ended = 0
        while True:
            with self._database.transaction() as connection:
                count = end_unseen(connection)
            if not count:
                return ended
            ended += count
            tell(f"{ended} alerts resolved")
