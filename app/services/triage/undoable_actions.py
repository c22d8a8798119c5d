"""Actions on many alerts that can be undone for a short time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import structlog

from app.errors import BrokerUnavailable, Conflict, NotFound
from app.services.access.audit import Editor
from app.services.alerts.action_memo import ActionMemo
from app.services.alerts.alert_actions import AlertActions

log = structlog.get_logger()


class Notes(Protocol):
    """Keeps notes for a short time."""

    def keep(self, note: str) -> str:
        """Return the token of a note."""

    def read(self, token: str) -> str | None:
        """Return the note of a token, as long as it is kept."""

    def forget(self, token: str) -> None:
        """Remove a note that was used."""


class Tasks(Protocol):
    """Cancels tasks."""

    def cancel(self, task_id: str) -> Mapping[str, Any]:
        """Cancel a task. Raises Conflict if it has ended."""


@dataclass(frozen=True, slots=True)
class Done:
    """How many alerts an action changed, and the token that undoes it; None if it cannot be undone."""

    count: int
    undo: str | None = None


class UndoableActions:
    """The actions are those of `AlertActions`; with `is_undoable` their sources are told 20 s later.

    All methods raise DatabaseUnavailable.
    """

    def __init__(self, actions: AlertActions, notes: Notes, tasks: Tasks) -> None:
        self._actions = actions
        self._notes = notes
        self._tasks = tasks

    def acknowledge(self, by: Editor, *, is_undoable: bool = True, **choice: Any) -> Done:
        """Acknowledge the matching active alerts."""
        return self._do(self._actions.acknowledge_many, by, is_undoable, choice)

    def resolve(self, by: Editor, *, is_undoable: bool = True, **choice: Any) -> Done:
        """Resolve the matching open alerts."""
        return self._do(self._actions.resolve_many, by, is_undoable, choice)

    def reopen(self, by: Editor, *, is_undoable: bool = True, **choice: Any) -> Done:
        """Reopen the matching resolved alerts that have no newer occurrence."""
        return self._do(self._actions.reopen_many, by, is_undoable, choice)

    def snooze(self, by: Editor, *, until: datetime | None, is_undoable: bool = True, **choice: Any) -> Done:
        """Snooze the matching open alerts. Raises Invalid if the time has passed."""
        return self._do(self._actions.snooze_many, by, is_undoable, {"until": until, **choice})

    def undo(self, token: str, by: Editor) -> int:
        """Undo an action; return for how many alerts: those that somebody changed since keep what they are.

        Raises NotFound if the time for that is over or somebody else did it, BrokerUnavailable.
        """
        note = self._notes.read(token)
        memo = None if note is None else ActionMemo.load(note)
        if memo is None or memo.user_id != by.user_id:
            raise NotFound("the action can no longer be undone: act on the alerts themselves")
        for task_id in memo.task_ids:
            self._cancel(task_id)
        count = self._actions.undo(memo, by)
        self._notes.forget(token)
        return count

    def _do(self, act: Callable[..., int], by: Editor, is_undoable: bool, choice: Mapping[str, Any]) -> Done:
        if not is_undoable:
            return Done(act(by, **choice))
        memo = ActionMemo(by.user_id)
        count = act(by, memo=memo, **choice)
        return Done(count, self._keep(memo) if memo.is_complete else None)

    def _keep(self, memo: ActionMemo) -> str | None:
        try:
            return self._notes.keep(memo.dump())
        except BrokerUnavailable as error:
            # The action is done; only the offer to undo it is lost.
            log.info("undo.not_kept", error=str(error))
            return None

    def _cancel(self, task_id: str) -> None:
        try:
            self._tasks.cancel(task_id)
        except Conflict:
            # Cancelled by a first attempt to undo, which did not get to its end.
            log.info("undo.task_ended", task_id=task_id)
