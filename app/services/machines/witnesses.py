"""Lets alerts of several monitors that tell one fault of a machine count once, and send one message."""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.enums import AlertEventKind, Severity
from app.rules.machines.faults import FaultTable
from app.rules.machines.witnesses import Standing, differences
from app.services.alerts.suppression import Flipped
from app.services.periodic import Interval
from app.store.alerts import alert_events, alerts, suppression
from app.store.database.engine import Database
from app.store.machines import members, settings, witnesses

ALERT_BATCH_SIZE = 1000
MACHINE_BATCH_SIZE = 100
ROUNDS = 3
"""A witness that takes a place may be covered by a window itself, so that the next one must take it."""
LOOK_EVERY_S = 15.0


class MachineWitnesses:
    """The witnesses of the faults of machines, as `Witnesses` describes them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._looking = Interval(LOOK_EVERY_S)

    def lock(self, connection: Connection, host_ids: Collection[int]) -> None:
        """Make others wait that write alerts of the same machines: both would count."""
        if host_ids:
            members.lock_of_hosts(connection, host_ids)

    def settle(self, connection: Connection, alert_ids: Collection[int], fresh: Collection[int] = ()) -> Flipped:
        """Update which alerts are witnesses on the machines of these alerts; return which of these that flipped."""
        if not alert_ids:
            return Flipped()
        machine_ids = witnesses.machines_of(connection, alert_ids)
        alone = dict.fromkeys(witnesses.without_machine(connection, alert_ids))
        if not machine_ids and not alone:
            return Flipped()
        table = FaultTable.of(settings.find(connection)["faults"])
        suppressed, returned = dict[int, Mapping[Any, Any]](), dict[int, Mapping[Any, Any]]()
        for number in range(ROUNDS):
            wanted = _differences(connection, machine_ids, table, fresh) | (alone if number == 0 else {})
            if not _write(connection, wanted, suppressed, returned):
                break
        return _note(connection, suppressed, returned, {*alert_ids})

    def tick(self) -> None:
        """Let witnesses take the places of alerts that no longer stand."""
        with self._database.transaction() as connection:
            left_alone = witnesses.left_alone(connection, ALERT_BATCH_SIZE)
            self._settle_all(connection, left_alone)

    def look(self) -> None:
        """Find, every 15 seconds, the faults that several alerts tell for another reason than that one fired.

        A window that covered one of them ended, or an alert was linked to its host later.
        """
        if not self._looking.is_over():
            return
        with self._database.reading() as connection:
            astray = witnesses.astray(connection, ALERT_BATCH_SIZE)
            machine_ids = witnesses.seen_by_several(connection)
        if astray:
            with self._database.transaction() as connection:
                self._settle_all(connection, astray)
        for start in range(0, len(machine_ids), MACHINE_BATCH_SIZE):
            with self._database.transaction() as connection:
                some = members.lock(connection, machine_ids[start : start + MACHINE_BATCH_SIZE])
                self._settle_all(connection, [row["id"] for row in witnesses.standing(connection, some)])

    def settle_hosts(self, connection: Connection, host_ids: Collection[int]) -> None:
        """Update the witnesses among the alerts of hosts that became, or are no longer, part of a machine."""
        self._settle_all(connection, witnesses.of_hosts(connection, host_ids))

    def _settle_all(self, connection: Connection, alert_ids: Sequence[int]) -> None:
        flipped = self.settle(connection, alert_ids)
        happened = [(alert_id, AlertEventKind.SUPPRESSED) for alert_id in flipped.suppressed]
        happened += [(alert_id, AlertEventKind.RETURNED) for alert_id in flipped.returned]
        alert_events.add(connection, happened, clock.now())


def _differences(
    connection: Connection, machine_ids: Collection[int], table: FaultTable, fresh: Collection[int]
) -> dict[int, int | None]:
    rows = witnesses.standing(connection, machine_ids) if machine_ids else []
    found: dict[int, int | None] = {}
    for _, of_machine in groupby(sorted(rows, key=_machine_id), key=_machine_id):
        found |= differences([_standing(row, table) for row in of_machine], fresh)
    return found


def _machine_id(row: Mapping[Any, Any]) -> int:
    return int(row["machine_id"])


def _standing(row: Mapping[Any, Any], table: FaultTable) -> Standing:
    # A snooze is a person's word on the fault, and not on one of those who tell it.
    is_snoozed = row["snoozed_until"] is not None
    is_covered = row["suppressed"] and row["witness_of"] is None and not is_snoozed
    return Standing(
        id=row["id"],
        monitor_id=row["monitor_id"],
        severity=Severity(row["severity"]),
        fault=table.fault_of(row["message"], row["labels"], row["host"]),
        is_quiet=row["silenced_by"] is not None or is_covered,
        witness_of=row["witness_of"],
    )


def _write(
    connection: Connection,
    wanted: Mapping[int, int | None],
    suppressed: dict[int, Mapping[Any, Any]],
    returned: dict[int, Mapping[Any, Any]],
) -> bool:
    """Write of whom alerts are witnesses, with their suppression; return whether more must change for it."""
    written = witnesses.write(connection, wanted) if wanted else []
    if not written:
        return False
    hidden, shown = suppression.flip(connection, clock.now(), len(written), written)
    for row in hidden:
        if returned.pop(row["id"], None) is None:
            suppressed[row["id"]] = row
    for row in shown:
        if suppressed.pop(row["id"], None) is None:
            returned[row["id"]] = row
    return witnesses.still_quiet(connection, written)


def _note(
    connection: Connection,
    suppressed: Mapping[int, Mapping[Any, Any]],
    returned: Mapping[int, Mapping[Any, Any]],
    own: Collection[int],
) -> Flipped:
    """Record what happened to others than `own`, and update the hosts and items of all; return the rest."""
    happened = [(alert_id, AlertEventKind.SUPPRESSED) for alert_id in suppressed if alert_id not in own]
    happened += [(alert_id, AlertEventKind.RETURNED) for alert_id in returned if alert_id not in own]
    now = clock.now()
    alert_events.add(connection, happened, now)
    alerts.refresh_marks_of(connection, [*suppressed.values(), *returned.values()], now)
    return Flipped([each for each in suppressed if each in own], [each for each in returned if each in own])
