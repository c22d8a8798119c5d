"""Finds and repairs what was lost between the ledger, Redis and the workers, so that no accepted task is lost."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from app import clock
from app.errors import BrokerUnavailable, DatabaseUnavailable, WorkerLost
from app.queue.dead_letters import DeadLetterList
from app.queue.publisher import Publisher
from app.queue.queue_lengths import QueueLengths
from app.queue.workers import WorkerRegistry
from app.rules.live_events import task_event
from app.services.ledger.malformed_messages import MalformedMessages
from app.services.ledger.message_relay import MessageRelay
from app.services.ledger.task_lifecycle import TaskLifecycle
from app.services.periodic import Interval
from app.store.database.engine import Database
from app.store.ledger import dead_letters, task_messages, task_runs
from app.store.operation import due_work
from app.store.operation.due_work import Due

log = structlog.get_logger()
LEADERSHIP_S = 5.0
MESSAGE_BATCH_SIZE = 1000
RECONCILE_EVERY_S = 5.0
RECONCILE_ALL_EVERY_S = 60.0
GRACE_S = 10.0
"""A message younger than this may still be on its way between the ledger, the list and a worker."""
MAX_LETTERS_COMPARED = 1000
"""A list of dead letters up to this length is compared letter by letter, a longer one by its length only."""
MAX_STEP_S = 2.0
"""The longest pause between two ticks that counts as time in which leases were watched."""


@dataclass(slots=True)
class Watched:
    """A running attempt, and for how long its lease has not been renewed."""

    attempt: int
    beat: int
    unrenewed_s: float = 0.0


class Recovery:
    """Runs once a second in every worker; one worker, the leader, acts.

    It runs the `due_jobs` that the database says are due, and the `periodic_jobs`, each at its own interval. Leases
    do not use the wall clock: a clock that jumps takes nothing from a live worker.
    """

    def __init__(
        self,
        database: Database,
        publisher: Publisher,
        relay: MessageRelay,
        lengths: QueueLengths,
        dead_letter_list: DeadLetterList,
        registry: WorkerRegistry,
        lifecycle: TaskLifecycle,
        malformed_messages: MalformedMessages,
        *,
        lease_s: float,
        due_jobs: Mapping[Due, Callable[[], None]],
        periodic_jobs: Sequence[Callable[[], None]],
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._relay = relay
        self._lengths = lengths
        self._dead_letter_list = dead_letter_list
        self._registry = registry
        self._lifecycle = lifecycle
        self._malformed_messages = malformed_messages
        self._lease_s = lease_s
        self._due_jobs = due_jobs
        self._periodic_jobs = periodic_jobs
        self._watched: dict[str, Watched] = {}
        self._watched_at: float | None = None
        self._reconciling = Interval(RECONCILE_EVERY_S)
        self._reconciling_all = Interval(RECONCILE_ALL_EVERY_S)
        self._is_dead_list_wrong = False

    def make_room(self) -> None:
        """Ensure that the keys which a tick needs have the right types. Raises BrokerUnavailable."""
        self._lengths.make_room(self._lengths.misplaced())

    def tick(self, name: str) -> Mapping[str, int]:
        """Do what is due if this worker leads; return how many messages of each type waited before.

        Raises BrokerUnavailable, DatabaseUnavailable.
        """
        try:
            seen = self._lengths.snapshot()
            if not self._registry.lead(name, LEADERSHIP_S):
                self._stop_watching()
                return seen.lengths
            self._lengths.make_room(seen.no_lists)
            with self._database.reading() as connection:
                found = due_work.find(connection, clock.now())
            self._end_expired_attempts(is_any_running=Due.RUNNING in found)
            if Due.MESSAGES in found:
                self._publish_due()
            if seen.is_any_malformed:
                self._malformed_messages.record_malformed()
            if self._reconciling.is_over():
                self._reconcile_lists(GRACE_S)
                self._reconcile_dead_letters()
            if self._reconciling_all.is_over():
                self._reconcile_lists(0)
            for chore in (*(self._due_jobs[each] for each in self._due_jobs if each in found), *self._periodic_jobs):
                chore()
        except (BrokerUnavailable, DatabaseUnavailable):
            # Workers could not renew their leases either while the database was unavailable.
            self._stop_watching()
            raise
        return seen.lengths

    def _stop_watching(self) -> None:
        self._watched.clear()
        self._watched_at = None

    def _end_expired_attempts(self, *, is_any_running: bool) -> None:
        """End attempts whose lease was not renewed for its whole length: their worker is gone."""
        beats = self._running_beats() if is_any_running else {}
        now = clock.monotonic()
        # Time in which this process itself was stopped, as in a suspended machine, was not watched.
        step_s = 0.0 if self._watched_at is None else min(now - self._watched_at, MAX_STEP_S)
        self._watched_at = now
        watched: dict[str, Watched] = {}
        for task_id, (attempt, beat) in beats.items():
            before = self._watched.get(task_id)
            stands = before is not None and (before.attempt, before.beat) == (attempt, beat)
            watched[task_id] = Watched(attempt, beat, before.unrenewed_s + step_s if before and stands else 0.0)
        self._watched = watched
        for task_id, run in watched.items():
            if run.unrenewed_s >= self._lease_s:
                error = WorkerLost(f"the worker did not renew its lease for {self._lease_s:g} s")
                if self._lifecycle.take_back(task_id, run.attempt, run.beat, error):
                    log.warning("task.taken_back", task_id=task_id, attempt=run.attempt)

    def _running_beats(self) -> dict[str, tuple[int, int]]:
        with self._database.reading() as connection:
            return task_runs.running_beats(connection)

    def _publish_due(self) -> None:
        """Publish retries and scheduled tasks that are due, and tasks whose message did not reach Redis."""
        with self._database.reading() as connection:
            is_due = task_messages.is_any_due(connection, clock.now())
        while is_due:
            with self._database.transaction() as connection:
                now = clock.now()
                requeued = task_messages.requeue_due(connection, now, MESSAGE_BATCH_SIZE)
                unpublished = task_messages.unpublished(connection, MESSAGE_BATCH_SIZE)
                unpublished += task_messages.releasable(connection, MESSAGE_BATCH_SIZE)
                tasks = task_messages.claim_publishing(connection, unpublished, now)
                events = [task_event(run) for run in task_runs.find_many(connection, requeued)] if requeued else []
            if not self._relay.publish(tasks, events):
                raise BrokerUnavailable("what is due could not be published")
            is_due = len(tasks) >= MESSAGE_BATCH_SIZE

    def _reconcile_lists(self, grace_s: float) -> None:
        """Find queued tasks whose message is gone, for example after a flush of Redis, and publish them again."""
        now = clock.now()
        with self._database.reading() as connection:
            queued = task_messages.queued_counts(connection, now - timedelta(seconds=grace_s))
        lengths = self._lengths.read()
        for type_, count in queued.items():
            if lengths.get(type_, 0) >= count:
                continue
            with self._database.reading() as connection:
                expected = task_messages.queued_ids(connection, type_, now - timedelta(seconds=GRACE_S))
            missing = self._publisher.lost(type_, expected)
            for start in range(0, len(missing), MESSAGE_BATCH_SIZE):
                with self._database.transaction() as connection:
                    task_messages.mark_unpublished(connection, missing[start : start + MESSAGE_BATCH_SIZE])
            if missing:
                log.warning("messages.lost", type=type_, count=len(missing))
        self._publish_due()

    def _reconcile_dead_letters(self) -> None:
        """Rebuild the list if it differs from the ledger twice in a row: once may be a letter on its way."""
        was_wrong, self._is_dead_list_wrong = self._is_dead_list_wrong, not self._is_dead_list_right()
        if not (was_wrong and self._is_dead_list_wrong):
            return
        with self._database.reading() as connection:
            letters = dead_letters.every(connection)
        self._dead_letter_list.rebuild(letters)
        self._is_dead_list_wrong = False
        log.warning("dead_letters.rebuilt", count=len(letters))

    def _is_dead_list_right(self) -> bool:
        with self._database.reading() as connection:
            count = dead_letters.count(connection)
            if count > MAX_LETTERS_COMPARED:
                return count == self._dead_letter_list.count()
            letters = dead_letters.every(connection)
        return self._dead_letter_list.holds(letters)
