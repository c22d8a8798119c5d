"""Keeps the identities of hosts up to date, and joins hosts whose identities are equal beyond doubt."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, RowMapping

from app import clock
from app.enums import IdentityKind, IdentityMode, JoinWay
from app.rules.machines.identities import NUMBERED_BY, HostFacts, identities_of, is_contradicted
from app.rules.machines.settings import IdentityRules
from app.services.machines.joining import Joining, Reason
from app.services.periodic import Interval
from app.store.database.engine import Database
from app.store.machines import identities, machines, members, settings
from app.store.machines.members import Pair

HOST_BATCH_SIZE = 1000
JOINED_AT_ONCE = 500
JOIN_EVERY_S = 15.0
SMALL_BATCH_SIZE = 500


class Identities:
    """Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database, joining: Joining) -> None:
        self._database = database
        self._joining = joining
        self._interval = Interval(JOIN_EVERY_S)

    def tick(self) -> None:
        """Identify hosts that have no identities by the current rules, some at a time; join hosts every 15 seconds."""
        self._identify_some()
        if self._interval.is_over():
            self._join()
            self._dissolve()

    def _identify_some(self) -> None:
        with self._database.reading() as connection:
            after = settings.find(connection)["identified_up_to"]
        if after is None:
            return
        with self._database.transaction() as connection:
            host_ids = identities.ids_after(connection, after, HOST_BATCH_SIZE)
            identify(connection, host_ids)
            is_end = len(host_ids) < HOST_BATCH_SIZE
            settings.write(connection, {"identified_up_to": None if is_end else host_ids[-1]})

    def _join(self) -> None:
        with self._database.reading() as connection:
            rules = IdentityRules.of(settings.find(connection)["rules"])
            found = undecided(connection, rules.kinds(IdentityMode.JOIN))
            unclear = _ambiguous_ids(connection, found)
        certain = {
            pair: sure
            for pair, rows in found.items()
            if (sure := [row for row in rows if row["kind"] != IdentityKind.SOURCE_ID or row["value"] not in unclear])
        }
        for pair in sorted(certain)[:JOINED_AT_ONCE]:
            [row, *_] = certain[pair]
            with self._database.transaction() as connection:
                reason = Reason(JoinWay.RULE, f"{row['kind']} {row['value']}")
                self._joining.join_by_rule(connection, pair, reason, clock.now())

    def _dissolve(self) -> None:
        with self._database.reading() as connection:
            is_any = members.too_small(connection, 1)
        if is_any:
            with self._database.transaction() as connection:
                settings.lock(connection)
                self._joining.dissolve(connection, members.too_small(connection, SMALL_BATCH_SIZE))


def identify(connection: Connection, host_ids: Collection[int]) -> None:
    """Write the identities of these hosts, where they differ from those that are known."""
    if not host_ids:
        return
    rules = IdentityRules.of(settings.find(connection)["rules"])
    wanted = {
        (row["id"], kind.value, value)
        for row in identities.facts(connection, host_ids)
        for kind, value in identities_of(_facts(row), rules)
    }
    known = identities.known(connection, host_ids)
    identities.remove(connection, known - wanted)
    identities.add(connection, wanted - known)


def undecided(
    connection: Connection, kinds: Sequence[IdentityKind], among: tuple[int, int] | None = None
) -> dict[Pair, list[RowMapping]]:
    """Return the pairs of hosts that may be one machine, with what they have in common, the surest first.

    `among` is a range of ids of their first hosts.
    """
    rows = identities.pairs(connection, kinds, among) if kinds else []
    numbered = _numbered(connection, rows)
    found: dict[Pair, list[RowMapping]] = {}
    for row in sorted(rows, key=lambda row: kinds.index(IdentityKind(row["kind"]))):
        # Two Zabbix servers number their hosts alike: an id means something only to a source that names it.
        if row["kind"] != IdentityKind.SOURCE_ID or (row["host_a"] in numbered) != (row["host_b"] in numbered):
            found.setdefault((row["host_a"], row["host_b"]), []).append(row)
    doubtful = {host_id for pair, same in found.items() if _is_by_name(same) for host_id in pair}
    names: dict[int, set[tuple[IdentityKind, str]]] = {}
    for host_id, kind, value in identities.known(connection, doubtful) if doubtful else ():
        names.setdefault(host_id, set()).add((IdentityKind(kind), value))
    return {
        pair: same
        for pair, same in found.items()
        if not (_is_by_name(same) and is_contradicted(names[pair[0]], names[pair[1]], IdentityKind.NAME))
    }


def _numbered(connection: Connection, rows: Sequence[RowMapping]) -> set[int]:
    """Return the hosts of the pairs with an equal id of a source that have it as their own."""
    by_id = [row for row in rows if row["kind"] == IdentityKind.SOURCE_ID]
    host_ids = {row[name] for row in by_id for name in ("host_a", "host_b")}
    hosts = machines.named(connection, host_ids) if host_ids else []
    return {row["id"] for row in hosts if row["monitor_type"] == NUMBERED_BY}


def _is_by_name(same: Sequence[RowMapping]) -> bool:
    return all(row["kind"] == IdentityKind.NAME for row in same)


def _ambiguous_ids(connection: Connection, found: Mapping[Pair, Sequence[RowMapping]]) -> set[str]:
    """Return the ids that hosts of several Zabbix servers have: a person must say which one is meant."""
    rows = [row for same in found.values() for row in same if row["kind"] == IdentityKind.SOURCE_ID]
    numbered = _numbered(connection, rows)
    pairs = {(row["value"], row[name]) for row in rows for name in ("host_a", "host_b") if row[name] in numbered}
    return {value for value, count in Counter(value for value, _ in pairs).items() if count > 1}


def _facts(row: RowMapping) -> HostFacts:
    return HostFacts(
        monitor_type=row["monitor_type"],
        external_id=row["external_id"],
        name=row["source_name"],
        display_name=row["source_display_name"],
        ip_addr=row["ip_addr"],
        labels=row["labels"],
        details=row["details"],
    )
