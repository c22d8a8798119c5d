"""Records malformed messages and messages of unknown tasks as dead letters, so that they do not vanish silently."""

import json

import structlog
from uuid_utils import uuid7

from app import clock
from app.enums import TaskState, TaskType
from app.errors import BrokerUnavailable
from app.metrics import TASKS
from app.queue.dead_letters import DeadLetterList
from app.queue.malformed_messages import MalformedElements
from app.store.database.engine import Database
from app.store.ledger import dead_letters, task_runs

log = structlog.get_logger()
NOTE_BATCH_SIZE = 100
MALFORMED_MESSAGE = "malformed_message"
UNKNOWN_TASK = "unknown_task"
STRAY_REASONS = (MALFORMED_MESSAGE, UNKNOWN_TASK)


class MalformedMessages:
    """Every method raises DatabaseUnavailable."""

    def __init__(self, database: Database, malformed: MalformedElements, dead_letter_list: DeadLetterList) -> None:
        self._database = database
        self._malformed = malformed
        self._dead_letter_list = dead_letter_list

    def record_malformed(self) -> None:
        """Record the elements that workers set aside. Raises BrokerUnavailable."""
        while notes := self._malformed.oldest(NOTE_BATCH_SIZE):
            for note in notes:
                self._record(note)
            # Removed after they are recorded: a crash in between records them twice rather than never.
            self._malformed.remove(notes)

    def _record(self, note: str) -> None:
        try:
            content = json.loads(note)
            type_, length, text = str(TaskType(content["type"])), int(content["length"]), str(content["text"])
        except (ValueError, TypeError, KeyError, RecursionError):
            # Not a note that nagare wrote, so its queue is unknown.
            log.warning("malformed_note.dropped", length=len(note))
            return
        error = f"a queue element of {length} bytes is not a nagare message"
        self._bury(type_, MALFORMED_MESSAGE, error, text)

    def record_unknown(self, type: str, task_id: str) -> None:
        """Record that a message names a task that is not in the ledger; do nothing if it is there."""
        with self._database.reading() as connection:
            is_known = task_runs.find(connection, task_id) is not None
        if not is_known:
            self._bury(type, UNKNOWN_TASK, "a message in the queue names a task that was never accepted", task_id)

    def _bury(self, type: str, reason: str, error: str, text: str) -> None:
        task_id, now = f"{type}:{uuid7()}", clock.now()
        row = {
            "id": task_id,
            "type": type,
            "state": TaskState.DEAD,
            # PostgreSQL cannot store NUL in text.
            "params": {"element": text.replace("\0", "�")},
            "max_retries": 0,
            "created_at": now,
            "finished_at": now,
            "reason": reason,
            "error": error,
        }
        with self._database.transaction() as connection:
            task_runs.add(connection, [row])
            letter = dead_letters.find(connection, task_id)
        TASKS.add(type, TaskState.DEAD)
        log.warning("task.dead", task_id=task_id, reason=reason, error=error)
        try:
            self._dead_letter_list.push([letter] if letter else [])
        except BrokerUnavailable:
            log.info("dead_letter.later", task_id=task_id)
