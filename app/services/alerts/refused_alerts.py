"""Keeps the alerts of webhook requests that were refused alone, and reads them again when a person asks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from app import clock
from app.errors import AlertRefused
from app.rules.task_params.alerts import ReceiveAlerts
from app.rules.webhooks.field_mappings import FieldMapping
from app.rules.webhooks.parse import read_again
from app.rules.webhooks.posted import Refusal
from app.services.alerts.alert_intake import AlertIntake
from app.services.ledger.idempotency import fingerprint_of
from app.services.ledger.outbox import Outbox, new_task_id
from app.store.database.engine import Database
from app.store.inventory import monitors
from app.store.ledger import task_fingerprints

TASKS_A_REQUEST = 100
TOLD = 20
"""How many refusals an error names."""


@dataclass(frozen=True, slots=True)
class RefusedAlert:
    """An alert that was refused alone: where, why, and the task that keeps it."""

    place: str
    reason: str
    task_id: str | None
    """None in the answer to a repeated request, if the alert was taken in or discarded meanwhile."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The refused alerts of a request, and the tasks to publish after the commit."""

    alerts: Sequence[RefusedAlert] = ()
    recorded: Mapping[str, int | None] = field(default_factory=dict)


class RefusedAlerts:
    """Each refused alert is a task that reads it again, so it becomes a dead letter with the reason and the place."""

    def __init__(self, database: Database, outbox: Outbox, intake: AlertIntake) -> None:
        self._database = database
        self._outbox = outbox
        self._intake = intake

    def keep(self, connection: Connection, monitor_id: int, refusals: Sequence[Refusal], received_at: datetime) -> Kept:
        """Record tasks for refused alerts.

        An alert that an unfinished task or a dead letter keeps already gets no second one: senders repeat themselves.
        """
        kept: list[RefusedAlert] = []
        recorded: dict[str, int | None] = {}
        for part in _parts(refusals):
            fingerprint = _fingerprint(monitor_id, part)
            task_id = task_fingerprints.find_open(connection, fingerprint)
            if task_id is None:
                task_id = new_task_id(ReceiveAlerts.type)
                params = _params(monitor_id, part, received_at)
                self._outbox.record(connection, task_id, params, monitor_id=monitor_id, fingerprint=fingerprint)
                recorded[task_id] = monitor_id
            kept += _told(part, task_id)
        return Kept(kept, recorded)

    def find(self, connection: Connection, monitor_id: int, refusals: Sequence[Refusal]) -> Kept:
        """Return refused alerts with the tasks that keep them already."""
        kept: list[RefusedAlert] = []
        for part in _parts(refusals):
            kept += _told(part, task_fingerprints.find_open(connection, _fingerprint(monitor_id, part)))
        return Kept(kept)

    def take_in(self, refused: ReceiveAlerts) -> Mapping[str, int]:
        """Read refused alerts again, take in those that can be read now, and return counts by effect.

        Raises AlertRefused if none can. Otherwise tasks of their own keep the others.
        """
        with self._database.reading() as connection:
            monitor = monitors.find_mapping(connection, refused.monitor_id)
        mapping = FieldMapping.of(monitor["mapping"]) if monitor and monitor["mapping"] else None
        posted = read_again(refused.format or "", refused.places, refused.reports, mapping)
        if posted.refusals and not posted.reports:
            raise AlertRefused(describe(posted.refusals))
        received_at = refused.received_at or clock.now()
        with self._database.transaction() as connection:
            counts = self._intake.take_in(connection, refused.monitor_id, posted.reports, received_at)
            kept = self.keep(connection, refused.monitor_id, posted.refusals, received_at)
        self._outbox.publish(kept.recorded)
        return {**counts, "refused": len(posted.refusals)}


def describe(refusals: Sequence[Refusal | RefusedAlert]) -> str:
    """Return the places and reasons of some refusals, and how many more there are."""
    told = [f"{each.place}: {each.reason}" for each in refusals[:TOLD]]
    more = len(refusals) - len(told)
    return " ".join([*told, *([f"And {more} more."] if more else [])])


def _parts(refusals: Sequence[Refusal]) -> Iterator[Sequence[Refusal]]:
    """Yield the refusals of each task: one, unless a request has very many."""
    size = -(-len(refusals) // TASKS_A_REQUEST)
    return (refusals[start : start + size] for start in range(0, len(refusals), max(size, 1)))


def _told(part: Sequence[Refusal], task_id: str | None) -> list[RefusedAlert]:
    return [RefusedAlert(each.place, each.reason, task_id) for each in part]


def _fingerprint(monitor_id: int, part: Sequence[Refusal]) -> str:
    """Return a hash of what was posted, wherever in its body and whenever."""
    return fingerprint_of(["refused", monitor_id, [[each.format, each.alert] for each in part]])


def _params(monitor_id: int, part: Sequence[Refusal], received_at: datetime) -> ReceiveAlerts:
    return ReceiveAlerts(
        monitor_id=monitor_id,
        reports=tuple(each.alert for each in part),
        received_at=received_at,
        format=part[0].format,
        places=tuple(each.alert_place for each in part),
    )
