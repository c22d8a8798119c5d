"""Batches concurrent calls of several threads: one of them executes all of them together."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, cast

GATHER_S = 0.002
Request = TypeVar("Request")
Answer = TypeVar("Answer")


class _Call(Generic[Request, Answer]):
    """One thread's call; its gate opens when it has an outcome, or when its thread must run the next batch."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.is_answered = False
        self.outcome: Answer | BaseException | None = None
        self.gate = threading.Lock()
        self.gate.acquire()


class Batcher(Generic[Request, Answer]):
    """Passes the requests of several threads to `run`, which returns for each a result, or the error to raise.

    A commit, like a round trip to Redis, costs the same for one request as for many. While one thread runs a batch, the
    requests that arrive form the next batch, which the first of them runs. It waits briefly for others to join, until
    they are half as many as the last time: then the other half uses the processor while this one waits for the disk.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Request]], Sequence[Answer | Exception]],
        run_singly_after: tuple[type[Exception], ...] = (),
        gather_s: float = GATHER_S,
    ) -> None:
        """`run_singly_after` are errors of a batch that a single request may have caused: then each runs alone."""
        self._gather_s = gather_s
        self._run = run
        self._run_singly_after = run_singly_after
        self._lock = threading.Lock()
        self._waiting: list[_Call[Request, Answer]] = []
        self._is_running = False
        self._expected = 1
        self._have_joined = threading.Event()

    def call(self, request: Request) -> Answer:
        """Return the result of a request. Raises its error, or the error of its whole batch."""
        mine: _Call[Request, Answer] = _Call(request)
        with self._lock:
            self._waiting.append(mine)
            is_mine_next = not self._is_running
            self._is_running = True
            if len(self._waiting) >= self._expected and not self._have_joined.is_set():
                self._have_joined.set()
        if not is_mine_next:
            mine.gate.acquire()
        if not mine.is_answered:
            self._run_batch()
        if isinstance(mine.outcome, BaseException):
            raise mine.outcome
        return cast(Answer, mine.outcome)

    def _run_batch(self) -> None:
        batch = self._gather()
        for call, outcome in zip(batch, self._outcomes([call.request for call in batch]), strict=True):
            call.outcome, call.is_answered = outcome, True
            call.gate.release()
        with self._lock:
            self._expected = (len(batch) + len(self._waiting) + 1) // 2
            self._is_running = bool(self._waiting)
            if self._waiting:
                self._waiting[0].gate.release()

    def _outcomes(self, requests: Sequence[Request]) -> Sequence[Answer | BaseException]:
        """Return the outcome of each request. Raises nothing: the other threads would wait forever."""
        try:
            return self._run(requests)
        except self._run_singly_after as error:
            return [out for each in requests for out in self._outcomes([each])] if len(requests) > 1 else [error]
        except BaseException as error:  # noqa: BLE001
            return [error] * len(requests)

    def _gather(self) -> list[_Call[Request, Answer]]:
        with self._lock:
            is_short = self._gather_s > 0 and len(self._waiting) < self._expected
            if is_short:
                self._have_joined.clear()
        if is_short:
            self._have_joined.wait(self._gather_s)
        with self._lock:
            batch, self._waiting = self._waiting, []
        return batch
