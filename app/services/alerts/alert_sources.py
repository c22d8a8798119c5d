"""What a monitor's settings make of its reports: the severity, the identity in an HA group, and watchdogs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from sqlalchemy import Connection

from app.enums import QuietKind
from app.metrics import UNKNOWN_SEVERITIES
from app.rules.alerts import prometheus_alerts
from app.rules.alerts.alert_reports import AlertReport, Quiet
from app.rules.alerts.prometheus_labels import fingerprint
from app.rules.alerts.severities import SeverityTable
from app.store.alerts import severities
from app.store.inventory import monitors

ALERTNAME = "alertname"
KNOWN_WATCHDOGS = ("Watchdog", "DeadMansSwitch")
"""Names of alerts that always fire, in the rules that most people install."""


@dataclass(frozen=True, slots=True)
class AlertSource:
    """A monitor as a source of alerts; its alerts belong to `owner_id`, the first monitor of its HA group."""

    monitor_id: int
    owner_id: int
    members: Sequence[int]
    """The monitors whose hosts its alerts may name, the owner first."""
    severities: SeverityTable
    watchdogs: Sequence[str]
    ignored_labels: Sequence[str]

    @classmethod
    def of(cls, connection: Connection, monitor_id: int) -> Self:
        """Return a monitor's settings."""
        row = monitors.alert_settings(connection, monitor_id)
        group = row["ha_group"] if row else None
        members = monitors.sharing(connection, monitor_id, group)
        # With tables of their own, the members would change the severity of a shared alert in turns.
        owner = row if members[0] == monitor_id else monitors.alert_settings(connection, members[0])
        return cls(
            monitor_id=monitor_id,
            owner_id=members[0],
            members=members,
            severities=SeverityTable.of(owner["severities"] if owner else None),
            watchdogs=(*KNOWN_WATCHDOGS, *(row["watchdogs"] if row else ())),
            ignored_labels=(row["ha_ignored_labels"] if row and group else ()),
        )

    @property
    def is_shared(self) -> bool:
        """Whether several monitors report its alerts."""
        return len(self.members) > 1

    def read(self, connection: Connection, reports: Sequence[AlertReport], now: datetime) -> list[AlertReport]:
        """Return the reports as this monitor's settings read them; count the severities that they do not know."""
        unknown = Counter[str]()
        read = [self._read(report, unknown) for report in reports]
        if unknown:
            severities.add_unknown(connection, self.monitor_id, unknown, now)
            UNKNOWN_SEVERITIES.add(str(self.monitor_id), amount=unknown.total())
        return read

    def _read(self, report: AlertReport, unknown: Counter[str]) -> AlertReport:
        severity = report.severity
        if report.source_severity is not None:
            known = self.severities.find(report.source_severity)
            if known is None:
                unknown[report.source_severity] += 1
            severity = self.severities.unknown if known is None else known
        name = report.labels.get(ALERTNAME) or report.message
        quiet = Quiet(QuietKind.WATCHDOG) if name in self.watchdogs and report.quiet is None else report.quiet
        read = replace(report, severity=severity, quiet=quiet)
        return self._identified(read) if self.ignored_labels else read

    def _identified(self, report: AlertReport) -> AlertReport:
        labels = {name: value for name, value in report.labels.items() if name not in self.ignored_labels}
        if len(labels) == len(report.labels):
            return report
        is_by_labels = report.source == prometheus_alerts.SOURCE
        return replace(report, labels=labels, external_id=fingerprint(labels) if is_by_labels else report.external_id)
