"""Says of alerts what sources and people can say, in any order and also late, beside what must be true of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.composition import Services
from app.connectors.base import Completeness
from app.enums import AlertStatus, ReportWay, Severity
from app.errors import Conflict
from app.rules.alerts.alert_reports import AlertReport
from app.services.access.audit import Editor
from app.services.alerts.alert_intake import AlertIntake
from app.store.database.pages import PageRequest
from tests.services.conftest import FLEET, Time, add_user

ALL = PageRequest(limit=500)
IDS = ("1", "2", "3")
ACTIVE, ACKNOWLEDGED, RESOLVED = AlertStatus
TOLD = {"fired": ACTIVE, "reopened": ACTIVE, "acknowledged": ACKNOWLEDGED, "resolved": RESOLVED}
"""What an event says of the status."""
picks = st.integers(0, 10**6)


class AlertMachine(RuleBasedStateMachine):
    """One monitor's alerts; `oldest` keeps of each what may never change or shrink again."""

    def __init__(self, fresh: Callable[[], Services], time: Time) -> None:
        super().__init__()
        self.services, self.time = fresh(), time
        self.editor = Editor(add_user(self.services, "machine"), "machine")
        monitor = {"name": "demo", "type": "simulator", "url": FLEET}
        self.monitor_id = int(self.services.inventory.monitors.create(monitor)["id"])
        self.known: dict[int, Any] = {}

    @initialize()
    def pull_hosts(self) -> None:
        self.services.inventory.pulls.hosts(self.monitor_id)

    @rule(
        said=st.lists(
            st.tuples(st.sampled_from(IDS), st.booleans(), st.sampled_from(Severity), st.booleans()),
            min_size=1,
            max_size=4,
        ),
        late_s=st.sampled_from([0, 0, 30, 7200]),
        way=st.sampled_from([ReportWay.PULL, ReportWay.WEBHOOK]),
    )
    def report(self, said: list[tuple[str, bool, Severity, bool]], late_s: int, way: ReportWay) -> None:
        host = self.services.inventory.inventory.list_hosts(ALL).items[0]["external_id"]
        reports = [
            AlertReport(
                "zabbix", one, is_firing, f"{one} 坏了", severity, is_acknowledged=is_seen, host_external_id=host
            )
            for one, is_firing, severity, is_seen in said
        ]
        observed_at = self.time.now - timedelta(seconds=late_s)
        with self.services.database.transaction() as connection:
            counts = AlertIntake().take_in(connection, self.monitor_id, reports, observed_at, way=way)
        assert counts["seen"] == len(reports)
        assert sum(counts.values()) == 2 * len(reports), "each report did one thing"
        latest = {alert["external_id"]: alert for alert in sorted(self._alerts(), key=lambda alert: alert["id"])}
        for one, (is_firing, severity) in {one: (fires, severity) for one, fires, severity, _ in said}.items():
            if late_s == 0:
                assert one in latest if is_firing else True
                if one in latest:
                    assert (latest[one]["status"] != RESOLVED) is is_firing
                    assert not is_firing or latest[one]["severity"] == severity

    @rule()
    def pull_none(self) -> None:
        with self.services.database.transaction() as connection:
            AlertIntake().end_unseen(connection, self.monitor_id, self.time.now, Completeness.COMPLETE)

    @rule(pick=picks, verb=st.sampled_from(["acknowledge", "resolve", "reopen"]))
    def act(self, pick: int, verb: str) -> None:
        alerts = self._alerts()
        if not alerts:
            return
        alert = alerts[pick % len(alerts)]
        try:
            getattr(self.services.alerts.alert_actions, verb)(alert["id"], self.editor)
        except Conflict:
            assert alert["status"] == RESOLVED

    @rule(seconds=st.sampled_from([1, 60, 1800, 4000]))
    def wait(self, seconds: int) -> None:
        self.time.pass_by(seconds)

    @invariant()
    def at_most_the_latest_occurrence_is_open(self) -> None:
        rows: dict[str, list[Any]] = {}
        for alert in sorted(self._alerts(), key=lambda alert: alert["id"]):
            rows.setdefault(alert["external_id"], []).append(alert)
        for occurrences in rows.values():
            assert [alert["occurrence"] for alert in occurrences] == [*range(1, len(occurrences) + 1)]
            assert all(alert["status"] == RESOLVED for alert in occurrences[:-1])

    @invariant()
    def counts_and_moments_agree(self) -> None:
        for alert in self._alerts():
            assert alert["first_seen_at"] <= alert["last_seen_at"] or alert["resolved_at"] is not None
            assert (alert["status"] == RESOLVED) is (alert["resolved_at"] is not None)
            before = self.known.get(alert["id"], alert)
            assert alert["count"] >= before["count"] >= 1
            assert alert["first_seen_at"] == before["first_seen_at"]
            self.known[alert["id"]] = alert
        assert {*self.known} == {alert["id"] for alert in self._alerts()}, "none goes away"

    @invariant()
    def the_history_tells_the_status(self) -> None:
        for alert in self._alerts():
            newest_first = [event["kind"] for event in self.services.alerts.alerts.events(ALL, alert["id"]).items]
            assert newest_first.count("fired") == 1 and newest_first[-1] == "fired"
            assert next(TOLD[kind] for kind in newest_first if kind in TOLD) == alert["status"], newest_first

    @invariant()
    def the_host_is_marked_while_a_critical_one_is_open(self) -> None:
        host = min(self.services.inventory.inventory.list_hosts(ALL).items, key=lambda host: host["id"], default=None)
        if host is not None:
            is_critical = any(
                alert["severity"] == Severity.CRITICAL and alert["status"] != RESOLVED for alert in self._alerts()
            )
            assert (host["status"] == 2) is is_critical

    def _alerts(self) -> list[Any]:
        return [*self.services.alerts.alerts.list(ALL).items]
