"""Finds the hosts and items of alerts by the names that their sources use, also those that are reported later."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from sqlalchemy import Connection

from app import clock
from app.rules.alerts.alert_reports import AlertReport
from app.services.alerts.alert_sources import AlertSource
from app.store.alerts import alert_targets, alerts

JOB = "job"


@dataclass(frozen=True, slots=True)
class Target:
    """The host and the item that an alert names, with the labels that tell hosts of one name apart."""

    host_external_id: str | None
    host_name: str | None
    item_external_id: str | None
    item_name: str | None
    labels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_report(cls, report: AlertReport) -> Self:
        """Return the target of a report."""
        names = (report.host_external_id, report.host_name, report.item_external_id, report.item_name)
        return cls(*names, report.labels)

    @classmethod
    def of_row(cls, alert: Mapping[Any, Any]) -> Self:
        """Return the target of a stored alert."""
        names = (alert["host_external_id"], alert["host"], alert["item_external_id"], alert["item"])
        return cls(*names, alert["labels"])


class AlertTargets:
    """The hosts and items of some monitors that the targets name; of equal hosts, those of the first monitor."""

    def __init__(self, connection: Connection, monitor_ids: Sequence[int], targets: Iterable[Target]) -> None:
        targets = list(targets)
        wanted = {name for target in targets for name in (target.host_external_id, target.host_name) if name}
        self._by_external_id: dict[str, int] = {}
        self._by_name: dict[str, list[Mapping[Any, Any]]] = {}
        self._by_display_name: dict[str, list[Mapping[Any, Any]]] = {}
        found = alert_targets.named_hosts(connection, monitor_ids, wanted) if wanted else []
        for host in sorted(found, key=lambda host: (monitor_ids.index(host["monitor_id"]), host["id"])):
            self._by_external_id.setdefault(host["external_id"], host["id"])
            self._by_name.setdefault(host["name"], []).append(host)
            self._by_display_name.setdefault(host["display_name"], []).append(host)
        host_ids = {host_id for target in targets if (host_id := self._host(target)) is not None}
        names = {name for target in targets for name in (target.item_external_id, target.item_name) if name}
        self._items_by_external_id, self._items_by_name = alert_targets.item_ids(connection, host_ids, names)

    def find(self, target: Target) -> tuple[int | None, int | None]:
        """Return the ids of a target's host and item, each None if the inventory does not have it."""
        host_id = self._host(target)
        if host_id is None:
            return None, None
        by_external_id = self._items_by_external_id.get((host_id, target.item_external_id or ""))
        return host_id, by_external_id or self._items_by_name.get((host_id, target.item_name or ""))

    def _host(self, target: Target) -> int | None:
        by_external_id = self._by_external_id.get(target.host_external_id or "")
        if by_external_id is not None or not target.host_name:
            return by_external_id
        named = self._by_name.get(target.host_name) or self._by_display_name.get(target.host_name)
        return _agreeing(named, target.labels) if named else None


def link_alerts(connection: Connection, monitor_id: int, host_ids: Collection[int]) -> None:
    """Link the alerts of a monitor that name one of these hosts, or an item of it; update the hosts' error status."""
    if not host_ids:
        return
    source = AlertSource.of(connection, monitor_id)
    waiting = [
        *alert_targets.without_host(connection, source.owner_id, host_ids),
        *alert_targets.without_item(connection, host_ids),
    ]
    if not waiting:
        return
    targets = {row["id"]: Target.of_row(row) for row in waiting}
    known = AlertTargets(connection, source.members, targets.values())
    found = {alert_id: known.find(target) for alert_id, target in targets.items()}
    linked = {alert_id: ids for alert_id, ids in found.items() if ids[0] is not None}
    alert_targets.link(connection, linked)
    rows = [{"host_id": host_id, "item_id": item_id} for host_id, item_id in linked.values()]
    alerts.refresh_marks_of(connection, rows, clock.now())


def _agreeing(named: Sequence[Mapping[Any, Any]], labels: Mapping[str, str]) -> int | None:
    """Return the host whose labels fit an alert's best; None if several fit equally, so that no guess is shown."""
    if len(named) == 1:
        return int(named[0]["id"])
    fitting: dict[int, int] = {}
    for host in named:
        known = {**_job(host), **host["labels"]}
        shared = [name for name in known if name in labels]
        if all(known[name] == labels[name] for name in shared):
            fitting[host["id"]] = len(shared)
    best = [host_id for host_id, count in fitting.items() if count == max(fitting.values())]
    return best[0] if len(best) == 1 else None


def _job(host: Mapping[Any, Any]) -> dict[str, str]:
    """Return the label that a Prometheus target's group stands for."""
    return {JOB: host["groups"][0]} if len(host["groups"]) == 1 else {}
