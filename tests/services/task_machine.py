"""Drives tasks through everything that can happen to them, in any order, beside what must be true of them."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from redis import Redis

from app.composition import Services
from app.enums import TaskState
from app.errors import Conflict, SourceRejected, SourceUnreachable, WorkerLost
from app.rules.task_params.pull import PullHosts
from app.services.ledger.requester import Requester
from app.services.ledger.task_claim import Claim
from app.store.database.pages import PageRequest
from tests.services.conftest import FLEET, LEASE_S, Time, add_user

KEY = "nagare:queue:pull_hosts"
DEAD = "nagare:queue:dead"
ALL = PageRequest(limit=500)
ENDED = {TaskState.SUCCEEDED, TaskState.DEAD, TaskState.CANCELLED}
SETTLED_AFTER = 150
picks = st.integers(0, 10**6)


class TaskMachine(RuleBasedStateMachine):
    """Workers claim, renew, lose, end; people cancel, retry, discard; Redis is flushed; the recovery heals.

    `claims` are those of workers that live, `silent` those of workers that died unnoticed; each keeps when it was begun
    or renewed last. Nothing may count any more of those in `stale`, which were lost.
    """

    def __init__(self, fresh: Callable[[], Services], redis: Redis, time: Time) -> None:
        super().__init__()
        self.services, self.redis, self.time = fresh(), redis, time
        self.by = Requester(add_user(self.services, "machine"))
        monitor = {"name": "demo", "type": "simulator", "url": FLEET, "max_parallel_tasks": 3}
        self.monitor_id = int(self.services.inventory.monitors.create(monitor)["id"])
        self.accepted: list[str] = []
        self.claims: dict[str, tuple[Claim, float]] = {}
        self.silent: dict[str, tuple[Claim, float]] = {}
        self.stale: list[Claim] = []
        self.ended: dict[str, str] = {}
        self.delivered: list[str] = []

    def teardown(self) -> None:
        """Let workers do all that is left, and look at what came of it."""
        for _ in range(SETTLED_AFTER):
            self._pass(1)
            for _ in [*self.claims]:
                self.end(0, None)
            self._deliver_all()
            if all(self._state(task_id) in ENDED for task_id in self.accepted) and not self.claims:
                break
        self._pass(12)
        states = {task_id: self._state(task_id) for task_id in self.accepted}
        assert set(states.values()) <= ENDED, states
        dead = {letter["task_id"] for letter in self.services.ledger.dead_letters.list(ALL).items}
        listed = [json.loads(str(letter))["task_id"] for letter in self.redis.lrange(DEAD, 0, -1)]
        assert sorted(listed) == sorted(dead), "the list of dead letters is that of the ledger"
        assert dead <= {task_id for task_id, state in states.items() if state == TaskState.DEAD}
        self._deliver_all()
        assert self.claims == {}, "nothing runs that has ended"
        self._pass(12)
        stats = self.services.ledger.queues.stats()
        assert (stats["dead"], stats["pull_hosts"]) == (len(dead), 0)

    @initialize()
    def begin_some(self) -> None:
        for _ in range(4):
            self.submit()
            self.deliver()

    @rule()
    def submit(self) -> None:
        self.accepted.append(self.services.ledger.submit.accept(self.by, PullHosts(monitor_id=self.monitor_id)))

    @rule()
    def deliver(self) -> None:
        """A worker takes the next message, if there is one."""
        element: Any = self.redis.rpop(KEY)
        if element is not None:
            task_id = json.loads(element)["headers"]["id"]
            self.delivered.append(task_id)
            self._begin(task_id)

    @precondition(lambda self: self.delivered)
    @rule(pick=picks)
    def deliver_again(self, pick: int) -> None:
        self._begin(self.delivered[pick % len(self.delivered)])

    @precondition(lambda self: self.claims)
    @rule(pick=picks)
    def renew(self, pick: int) -> None:
        claim = self._some_claim(pick)
        if self.services.ledger.lifecycle.renew(claim):
            self.claims[claim.task_id] = (claim, self.time.monotonic)
        else:
            self._is_lost(claim)

    @precondition(lambda self: self.claims)
    @rule(pick=picks, error=st.sampled_from([None, SourceUnreachable("gone"), SourceRejected("no")]))
    def end(self, pick: int, error: Exception | None) -> None:
        claim = self._some_claim(pick)
        lifecycle = self.services.ledger.lifecycle
        is_recorded = lifecycle.succeed(claim, {"seen": 1}) if error is None else lifecycle.fail(claim, error)
        if not is_recorded:
            self._is_lost(claim)
            return
        del self.claims[claim.task_id]
        state = self._state(claim.task_id)
        expected = {type(None): {"succeeded"}, SourceRejected: {"dead"}, SourceUnreachable: {"retrying", "dead"}}
        assert state in expected[type(error)]

    @precondition(lambda self: self.claims)
    @rule(pick=picks)
    def hand_back(self, pick: int) -> None:
        claim = self._some_claim(pick)
        if self.services.ledger.lifecycle.hand_back(claim):
            del self.claims[claim.task_id]
        else:
            self._is_lost(claim)

    @precondition(lambda self: self.claims)
    @rule(pick=picks, is_noticed=st.booleans())
    def crash(self, pick: int, is_noticed: bool) -> None:
        """A child dies; its parent notices, or dies too."""
        claim = self._some_claim(pick)
        if is_noticed:
            self.services.ledger.lifecycle.lose(claim.task_id, "worker/1", WorkerLost("killed"))
            self.stale.append(claim)
            del self.claims[claim.task_id]
        else:
            self.silent[claim.task_id] = self.claims.pop(claim.task_id)

    @precondition(lambda self: self.stale)
    @rule(pick=picks)
    def a_ghost_speaks(self, pick: int) -> None:
        """Somebody whose claim was taken back tries to record an outcome."""
        claim = self.stale[pick % len(self.stale)]
        assert not self.services.ledger.lifecycle.renew(claim)
        assert not self.services.ledger.lifecycle.succeed(claim, {"seen": 666})
        assert not self.services.ledger.lifecycle.fail(claim, SourceRejected("ghost"))
        assert not self.services.ledger.lifecycle.hand_back(claim)

    @precondition(lambda self: self.accepted)
    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        task_id = self.accepted[pick % len(self.accepted)]
        before = self._state(task_id)
        try:
            self.services.ledger.tasks.cancel(task_id)
        except Conflict:
            assert before in ENDED
        else:
            assert self._state(task_id) == TaskState.CANCELLED

    @precondition(lambda self: self.accepted)
    @rule(pick=picks, is_retry=st.booleans())
    def retry_or_discard(self, pick: int, is_retry: bool) -> None:
        letters = self.services.ledger.dead_letters.list(ALL).items
        if letters:
            task_id = letters[pick % len(letters)]["task_id"]
            (self.services.ledger.dead_letters.retry if is_retry else self.services.ledger.dead_letters.discard)(
                task_id
            )
            if is_retry:
                self.ended.pop(task_id, None)

    @rule(what=st.sampled_from(["everything", "the queue", "the dead letters"]))
    def flush(self, what: str) -> None:
        if what == "everything":
            self.redis.flushall()
        else:
            self.redis.delete(KEY if what == "the queue" else DEAD)

    @rule(seconds=st.integers(1, 12))
    def _pass(self, seconds: int) -> None:
        """Time passes; a worker's recovery takes its turn each second."""
        for _ in range(seconds):
            self.time.pass_by(1)
            self.services.recovery.tick("me")

    @invariant()
    def what_has_ended_stays_as_it_is(self) -> None:
        for task in self.services.ledger.tasks.list(ALL).items:
            known = self.ended.setdefault(task["task_id"], task["state"]) if task["state"] in ENDED else None
            assert known in (None, task["state"])
            assert task["task_id"] not in self.ended or task["state"] in ENDED

    @invariant()
    def nobody_takes_what_a_living_worker_holds(self) -> None:
        for claim, at in self.claims.values():
            task = self.services.ledger.tasks.get(claim.task_id)
            is_held = (task["state"], task["attempts"]) == (TaskState.RUNNING, claim.attempt - claim.first_attempt)
            assert is_held or task["state"] == TaskState.CANCELLED or self.time.monotonic - at >= LEASE_S

    def _begin(self, task_id: str) -> None:
        held = self.claims.get(task_id) or self.silent.get(task_id)
        claim = self.services.ledger.lifecycle.begin(task_id, "worker/1")
        if claim is None:
            return
        if held is not None:
            silent_s = self.time.monotonic - held[1]
            assert silent_s >= LEASE_S, f"begun twice at once, {silent_s} s after its last sign of life"
            self.stale.append(held[0])
            self.silent.pop(task_id, None)
        assert task_id in self.accepted
        self.claims[task_id] = (claim, self.time.monotonic)

    def _deliver_all(self) -> None:
        while self.redis.llen(KEY):
            self.deliver()

    def _some_claim(self, pick: int) -> Claim:
        return [*self.claims.values()][pick % len(self.claims)][0]

    def _is_lost(self, claim: Claim) -> None:
        """The claim is no longer its worker's, which must have been silent for a lease, or a person cancelled it."""
        silent_s = self.time.monotonic - self.claims.pop(claim.task_id)[1]
        self.stale.append(claim)
        assert silent_s >= LEASE_S or self._state(claim.task_id) == TaskState.CANCELLED

    def _state(self, task_id: str) -> str:
        return str(self.services.ledger.tasks.get(task_id)["state"])
