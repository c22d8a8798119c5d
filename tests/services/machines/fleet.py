"""Two monitors with hosts that are written as their pulls write them, and alerts that they report."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.composition import Services
from app.connectors.base import Completeness
from app.enums import ReportWay, Severity
from app.rules.alerts.alert_reports import AlertReport
from app.services.access.audit import Editor
from app.services.alerts.alert_intake import AlertIntake
from app.services.machines.identities import identify
from app.store.database.pages import PageRequest
from app.store.inventory import hosts
from app.store.inventory.hosts import PulledHost
from tests.services.conftest import Time, add_user

ALL = PageRequest(limit=500)
DOWN = {
    "zabbix": AlertReport("zabbix", "1", True, "Linux: Zabbix agent is not available (for 3m)", Severity.CRITICAL),
    "prometheus": AlertReport(
        "prometheus",
        "a",
        True,
        "Instance web-1 of job node has no answer",
        Severity.CRITICAL,
        labels={"alertname": "InstanceDown", "job": "node", "instance": "web-1.example.com:9100"},
    ),
}
"""The same fault in the words of two systems."""


class Fleet:
    """The hosts and alerts of some monitors, by the types of the monitors."""

    def __init__(self, services: Services, time: Time) -> None:
        self.services = services
        self.time = time
        self.editor = Editor(add_user(services, "王"), "王")
        self.monitors = {kind: self.monitor(kind) for kind in ("zabbix", "prometheus", "simulator")}

    def monitor(self, kind: str, name: str = "") -> int:
        url = "simulator://demo" if kind == "simulator" else "http://127.0.0.1:9"
        fields = {"name": name or kind, "type": kind, "url": url, "api_token": "t"}
        return int(self.services.inventory.monitors.create(fields)["id"])

    def host(self, kind: str, name: str, ip: str | None = None, **more: Any) -> int:
        """Write a host as a pull of its monitor does, and return its id."""
        given = {"external_id": name, "labels": {}, "details": {}, "monitor_id": self.monitors.get(kind)} | more
        row = PulledHost(given["external_id"], name, name, "", True, ip, None, (), given["labels"], given["details"])
        with self.services.database.transaction() as connection:
            written = hosts.upsert(connection, given["monitor_id"], [row], self.time.now)
            identify(connection, [*written.ids.values()])
            [host_id] = hosts.ids_by_external_id(connection, given["monitor_id"], [given["external_id"]]).values()
        return host_id

    def web(self) -> tuple[int, int]:
        """Add one machine that Zabbix and Prometheus see, and return both hosts."""
        return self.host("zabbix", "web-1", "10.0.0.5"), self.host("prometheus", "web-1.example.com:9100")

    def join(self, *host_ids: int) -> dict[str, Any]:
        return dict(self.services.machines.machines.merge_hosts(host_ids, self.editor))

    def report(self, kind: str, host: str, way: ReportWay = ReportWay.PULL, **changes: Any) -> int:
        """Take in the alert of a monitor that a host is down, and return its id."""
        report = replace(DOWN[kind], host_external_id=host, **changes)
        with self.services.database.transaction() as connection:
            intake = AlertIntake(self.services.machines.witnesses)
            intake.take_in(connection, self.monitors[kind], [report], self.time.now, way=way)
        self.time.pass_by(1)
        return int(self.alert(self.monitors[kind], report.external_id)["id"])

    def end_unseen(self, kind: str) -> None:
        with self.services.database.transaction() as connection:
            intake = AlertIntake(self.services.machines.witnesses)
            intake.end_unseen(connection, self.monitors[kind], self.time.now, Completeness.COMPLETE)

    def alert(self, monitor_id: int, external_id: str) -> Mapping[Any, Any]:
        alerts = self.services.alerts.alerts.list(ALL, monitor_id=monitor_id).items
        return next(alert for alert in alerts if alert["external_id"] == external_id)

    def events(self, alert_id: int) -> list[str]:
        """Return what happened to an alert, the oldest first."""
        return [event["kind"] for event in self.services.alerts.alerts.events(ALL, alert_id).items][::-1]

    def counting(self) -> list[int]:
        """Return the open alerts that count, by id."""
        alerts = self.services.alerts.alerts.list(ALL, status=(0, 1), suppressed=False).items
        return sorted(alert["id"] for alert in alerts)

    def suggested(self) -> list[tuple[int, ...]]:
        return [tuple(each["host_ids"]) for each in self.services.machines.suggestions.list(ALL).items]

    def machines(self) -> list[list[int]]:
        """Return the hosts of each machine."""
        found = self.services.machines.machines.list(ALL).items
        return [[host["id"] for host in machine["hosts"]] for machine in found]

    def newest(self) -> int:
        """Return the id of the newest machine."""
        return int(self.services.machines.machines.list(ALL).items[-1]["id"])

    def tick(self) -> None:
        """Let recovery do what it does about machines, with time between."""
        self.time.pass_by(20)
        self.services.machines.witnesses.tick()
        self.services.machines.identities.tick()
        self.services.machines.witnesses.look()
