"""Lets threads that want the same kind of thing at the same time have it done at once, by one of them."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, cast

GATHER_S = 0.002
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class _Place(Generic[Asked, Answer]):
    """What one thread asks; its gate opens when it is answered, or when this thread is to do the next ones."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.is_answered = False
        self.outcome: Answer | BaseException | None = None
        self.gate = threading.Lock()
        self.gate.acquire()


class Together(Generic[Asked, Answer]):
    """Hands to `do` what several threads ask, which returns for each an answer, or the error to be raised there.

    A commit, like a round trip to Redis, costs the same for one as for many. While one thread is at it, those that come
    form the next group, which the first of them does. It gives others a moment to join, until they are half of those
    that were there the last time: the other half is then busy while this one waits for the disk.
    """

    def __init__(
        self,
        do: Callable[[Sequence[Asked]], Sequence[Answer | Exception]],
        each_alone_after: tuple[type[Exception], ...] = (),
        gather_s: float = GATHER_S,
    ) -> None:
        """`each_alone_after` are errors of a group that a single one may have caused: then each is done alone."""
        self._gather_s = gather_s
        self._do = do
        self._each_alone_after = each_alone_after
        self._lock = threading.Lock()
        self._waiting: list[_Place[Asked, Answer]] = []
        self._is_at_it = False
        self._expected = 1
        self._are_there = threading.Event()

    def ask(self, asked: Asked) -> Answer:
        """Return the answer to what is asked. Raises its error, or the one with which its whole group failed."""
        mine: _Place[Asked, Answer] = _Place(asked)
        with self._lock:
            self._waiting.append(mine)
            is_mine_next = not self._is_at_it
            self._is_at_it = True
            if len(self._waiting) >= self._expected and not self._are_there.is_set():
                self._are_there.set()
        if not is_mine_next:
            mine.gate.acquire()
        if not mine.is_answered:
            self._do_all_waiting()
        if isinstance(mine.outcome, BaseException):
            raise mine.outcome
        return cast(Answer, mine.outcome)

    def _do_all_waiting(self) -> None:
        group = self._gather()
        for place, outcome in zip(group, self._outcomes([place.asked for place in group]), strict=True):
            place.outcome, place.is_answered = outcome, True
            place.gate.release()
        with self._lock:
            self._expected = (len(group) + len(self._waiting) + 1) // 2
            self._is_at_it = bool(self._waiting)
            if self._waiting:
                self._waiting[0].gate.release()

    def _outcomes(self, asked: Sequence[Asked]) -> Sequence[Answer | BaseException]:
        """Return what to answer; raises nothing, or the others would wait for ever."""
        try:
            return self._do(asked)
        except self._each_alone_after as error:
            return [outcome for each in asked for outcome in self._outcomes([each])] if len(asked) > 1 else [error]
        except BaseException as error:  # noqa: BLE001
            return [error] * len(asked)

    def _gather(self) -> list[_Place[Asked, Answer]]:
        with self._lock:
            is_short = self._gather_s > 0 and len(self._waiting) < self._expected
            if is_short:
                self._are_there.clear()
        if is_short:
            self._are_there.wait(self._gather_s)
        with self._lock:
            group, self._waiting = self._waiting, []
        return group
