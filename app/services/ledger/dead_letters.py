"""Lists, retries and discards dead letters."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection

from app import clock
from app.enums import AuditAction, AuditedType, TaskState
from app.errors import BrokerUnavailable, Conflict, NotFound
from app.queue.dead_letters import DeadLetterList
from app.rules.attempt_numbers import numbered
from app.rules.live_events import task_event
from app.services.access.acting import acting_editor
from app.services.access.audit import record_action
from app.services.ledger.idempotency import earlier_answer, fingerprint_of
from app.services.ledger.malformed_messages import STRAY_REASONS
from app.services.ledger.message_relay import MessageRelay
from app.services.ledger.requester import Requester
from app.store.database.engine import Database
from app.store.database.pages import Page, PageRequest
from app.store.ledger import dead_letter_groups, dead_letters, task_attempts, task_runs
from app.store.ledger.dead_letters import LetterFilter

log = structlog.get_logger()
LETTER_BATCH_SIZE = 500

Letter = Mapping[Any, Any]


class DeadLetterService:
    """Methods that name a dead letter raise NotFound; all raise DatabaseUnavailable.

    The ledger is changed first. If Redis is unavailable, its list follows once it is back.
    """

    def __init__(self, database: Database, relay: MessageRelay, dead_letter_list: DeadLetterList) -> None:
        self._database = database
        self._relay = relay
        self._dead_letter_list = dead_letter_list

    def list(self, page: PageRequest, **filters: Any) -> Page:
        """Return a page of dead letters, newest first; the filters are those of `LetterFilter`."""
        with self._database.reading() as connection:
            return dead_letters.fetch(connection, page, LetterFilter(**filters))

    def groups(self, **filters: Any) -> Sequence[Mapping[str, Any]]:
        """Return the matching dead letters by monitor and cause, the largest group first; the filters as of `list`."""
        with self._database.reading() as connection:
            rows = dead_letter_groups.by_cause(connection, LetterFilter(**filters))
        found: dict[tuple[int | None, str], dict[str, Any]] = {}
        for row in rows:
            known = found.setdefault((row["monitor_id"], row["cause"]), {**row, "count": 0, "types": {}})
            known["count"] += row["count"]
            known["types"][row["type"]] = row["count"]
            known["first_dead_at"] = min(known["first_dead_at"], row["first_dead_at"])
            known["last_dead_at"] = max(known["last_dead_at"], row["last_dead_at"])
        return sorted(found.values(), key=lambda group: (-group["count"], group["cause"], group["monitor_id"] or 0))

    def get(self, task_id: str) -> dict[str, Any]:
        """Return one dead letter with every attempt and the last one's traceback."""
        with self._database.reading() as connection:
            letter = _found(connection, task_id)
            history = task_attempts.history(connection, task_id)
        return {
            **letter,
            "history": numbered(history, letter["attempts"], TaskState.DEAD),
            "traceback": history[-1]["traceback"] if history else None,
        }

    def retry(self, task_id: str, by: Requester | None = None, *, is_automatic: bool = False) -> None:
        """Queue a dead task again, under its id, with a fresh count of attempts.

        Raises Conflict if it is a malformed message or an unknown task, and Invalid if the idempotency key was used for
        another request.
        """
        now = clock.now()
        with self._database.transaction() as connection:
            request = fingerprint_of(["retry", task_id])
            if by is not None and earlier_answer(connection, by, request, task_id, now) is not None:
                return
            letter = _found(connection, task_id)
            if letter["reason"] in STRAY_REASONS:
                raise Conflict("it is a malformed message that cannot run: discard it")
            dead_letters.revive(connection, task_id, now)
            if not is_automatic:
                record_action(connection, acting_editor(), AuditedType.TASK, 0, AuditAction.RETRIED, task_id=task_id)
            runs = task_runs.find_many(connection, [task_id])
        self._after_revival([letter], runs)

    def retry_many(self, *, dry_run: bool = False, expected_total: int | None = None, **filters: Any) -> int:
        """Queue all matching dead tasks again and return their number; in a dry run only count them.

        Raises Conflict if there are more than the expected number.
        """
        wanted = LetterFilter(**filters, except_reasons=STRAY_REASONS)
        if dry_run:
            return self._count(wanted)
        self._expect(wanted, expected_total)
        started_at, count = clock.now(), 0
        while True:
            with self._database.transaction() as connection:
                letters = dead_letters.some(connection, wanted, LETTER_BATCH_SIZE)
                # Tasks that die again meanwhile are left alone, or this loop would never end.
                letters = [letter for letter in letters if letter["dead_at"] <= started_at]
                for letter in letters:
                    dead_letters.revive(connection, letter["task_id"], clock.now())
                runs = task_runs.find_many(connection, [letter["task_id"] for letter in letters])
                _note_many(connection, AuditAction.RETRIED, letters, filters)
            if not letters:
                return count
            count += len(letters)
            self._after_revival(letters, runs)

    def discard(self, task_id: str) -> None:
        """Remove a dead task from the dead letters for good; its history stays until it is pruned."""
        with self._database.transaction() as connection:
            letter = _found(connection, task_id)
            dead_letters.discard(connection, task_id, clock.now())
            record_action(connection, acting_editor(), AuditedType.TASK, 0, AuditAction.DISCARDED, task_id=task_id)
        self._remove([letter])

    def discard_many(self, *, dry_run: bool = False, expected_total: int | None = None, **filters: Any) -> int:
        """Remove all matching dead letters for good and return their number; in a dry run only count them.

        Raises Conflict if there are more than the expected number.
        """
        wanted = LetterFilter(**filters)
        if dry_run:
            return self._count(wanted)
        self._expect(wanted, expected_total)
        count = 0
        while True:
            with self._database.transaction() as connection:
                letters = dead_letters.some(connection, wanted, LETTER_BATCH_SIZE)
                for letter in letters:
                    dead_letters.discard(connection, letter["task_id"], clock.now())
                _note_many(connection, AuditAction.DISCARDED, letters, filters)
            if not letters:
                return count
            count += len(letters)
            self._remove(letters)

    def _expect(self, wanted: LetterFilter, expected_total: int | None) -> None:
        if expected_total is not None and self._count(wanted) > expected_total:
            raise Conflict(
                f"the filter matches more than the expected {expected_total} dead letters now, so none was changed:"
                " look at the list again, and give its total"
            )

    def _count(self, wanted: LetterFilter) -> int:
        with self._database.reading() as connection:
            return dead_letters.count(connection, wanted)

    def _after_revival(self, letters: Sequence[Letter], runs: Sequence[Letter]) -> None:
        self._remove(letters)
        tasks = [(letter["type"], letter["task_id"]) for letter in letters]
        self._relay.publish(tasks, [task_event(run) for run in runs])

    def _remove(self, letters: Sequence[Letter]) -> None:
        try:
            self._dead_letter_list.remove(letters)
        except BrokerUnavailable as error:
            log.info("dead_letter.later", count=len(letters), error=str(error))


def _note_many(
    connection: Connection, action: AuditAction, letters: Sequence[Letter], filters: Mapping[str, Any]
) -> None:
    if letters:
        wanted = {name: value for name, value in filters.items() if value is not None}
        about = {"count": len(letters), "filter": wanted}
        record_action(connection, acting_editor(), AuditedType.TASK, 0, action, **about)


def _found(connection: Connection, task_id: str) -> Letter:
    letter = dead_letters.find(connection, task_id)
    if letter is None:
        raise NotFound(f"there is no dead letter {task_id}")
    return letter
