"""A parent task, its three children, and everything that can become of them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.composition import Services
from app.enums import TaskType
from app.errors import SourceRejected, TaskInterrupted, WorkerLost
from app.rules.task_params.sync import Sync
from app.services.ledger.requester import Requester
from app.services.ledger.task_claim import Claim
from app.store.database.pages import PageRequest
from tests.services.conftest import LEASE_S, Time

ALL = PageRequest(limit=500)
STAGES = ["pull_hosts", "pull_items", "pull_alerts"]


class Family:
    """A parent that has begun, and what a worker does with its children."""

    def __init__(self, services: Services, time: Time, by: Requester, monitor_id: int) -> None:
        self.services = services
        self.time = time
        self.monitor_id = monitor_id
        self.parent_id = services.ledger.submit.accept(by, Sync(monitor_id=monitor_id))
        self.claim_of_parent = self.begin()

    def begin(self) -> Claim:
        claim = self.services.ledger.lifecycle.begin(self.parent_id, "worker/1")
        assert claim is not None
        self.services.ledger.syncs.begin(claim.task_id, claim.attempt, **claim.params)
        return claim

    def parent(self) -> dict[str, Any]:
        return self.services.ledger.tasks.get(self.parent_id)

    def states(self) -> list[str]:
        return [child["state"] for child in self.parent()["children"]]

    def claim(self) -> Claim:
        """Claim the youngest child."""
        claim = self.services.ledger.lifecycle.begin(self.parent()["children"][-1]["task_id"], "worker/2")
        assert claim is not None
        return claim

    def succeed(self, done: int = 3) -> None:
        claim = self.claim()
        progress = self.services.ledger.lifecycle.progress(claim)
        progress(done, done, f"{done} rows")
        self.services.ledger.lifecycle.succeed(claim, {"seen": done}, progress.last_step)
        self.tick()

    def fail(self) -> None:
        self.services.ledger.lifecycle.fail(self.claim(), SourceRejected("no permission"))
        self.tick()

    def cancel(self) -> None:
        self.services.ledger.tasks.cancel(self.parent()["children"][-1]["task_id"])
        self.tick()

    def tick(self) -> None:
        self.time.pass_by(1)
        self.services.recovery.tick("leader")


@pytest.fixture
def family(services: Services, time: Time, by: Requester, monitor_id: int) -> Family:
    return Family(services, time, by, monitor_id)


def test_the_children_come_one_after_the_other_and_their_progress_adds_up(family: Family) -> None:
    assert family.parent()["state"] == "running"
    assert [child["type"] for child in family.parent()["children"]] == STAGES[:1]
    family.tick()
    assert family.states() == ["queued"]
    family.succeed(3)
    family.succeed(30)
    parent = family.parent()
    assert [child["type"] for child in parent["children"]] == STAGES
    family.tick()
    assert family.parent()["progress"] == {"done": 33, "total": None, "message": "pull_alerts: "}
    family.succeed(2)
    parent = family.parent()
    assert (parent["state"], parent["worker"]) == ("succeeded", None)
    assert parent["result"] == {"children": 3, "succeeded": 3, "failed": 0, "cancelled": 0}
    assert parent["progress"] == {"done": 35, "total": 35, "message": "pull_alerts: 2 rows"}
    listed = family.services.ledger.tasks.list(ALL, parent_id=family.parent_id).items
    assert {task["parent_id"] for task in listed} == {family.parent_id}
    assert len(listed) == 3


def test_a_child_that_failed_does_not_stop_the_others_and_the_parent_says_how_many_did(family: Family) -> None:
    family.fail()
    family.cancel()
    family.succeed()
    parent = family.parent()
    assert (parent["state"], parent["result"]) == (
        "succeeded",
        {"children": 3, "succeeded": 1, "failed": 1, "cancelled": 1},
    )


def test_a_parent_of_which_nothing_succeeded_is_dead_and_a_retry_begins_anew(family: Family) -> None:
    for _ in STAGES:
        family.fail()
    parent = family.parent()
    assert (parent["state"], parent["reason"]) == ("dead", "children_failed")
    assert parent["error"] == "3 of 3 tasks failed, 0 were cancelled"
    assert family.services.ledger.queues.stats()["dead"] == 1, "its parts are no dead letters of their own"
    family.services.ledger.dead_letters.retry(family.parent_id)
    family.begin()
    for _ in STAGES:
        family.succeed()
    assert family.parent()["result"] == {"children": 3, "succeeded": 3, "failed": 0, "cancelled": 0}
    assert family.states() == ["dead"] * 3 + ["succeeded"] * 3


def test_a_child_that_is_retried_holds_the_next_one_back(family: Family, time: Time) -> None:
    family.services.ledger.lifecycle.take_back(family.claim().task_id, 1, 0, SourceRejected("x"))
    assert family.states() == ["dead"]
    family.tick()
    assert family.states() == ["dead", "queued"]
    claim = family.claim()
    time.pass_by(1)
    family.tick()
    assert family.states() == ["dead", "running"]
    assert family.services.ledger.lifecycle.hand_back(claim)
    family.tick()
    assert family.states() == ["dead", "queued"]


def test_a_parent_is_no_workers_and_is_not_taken_back(family: Family, time: Time) -> None:
    for _ in range(3 * int(LEASE_S)):
        family.tick()
    parent = family.parent()
    assert (parent["state"], parent["attempts"], parent["history"]) == ("running", 1, [])
    assert family.services.ledger.queues.workers() == []


def test_a_parent_does_not_take_the_only_place_of_its_monitor(family: Family) -> None:
    family.services.inventory.monitors.update(family.monitor_id, {"max_parallel_tasks": 1})
    for _ in STAGES:
        family.succeed()
    assert family.parent()["state"] == "succeeded"


def test_a_parent_that_is_cancelled_cancels_its_children(family: Family) -> None:
    claim = family.claim()
    family.services.ledger.tasks.cancel(family.parent_id)
    assert family.states() == ["cancelled"]
    assert not family.services.ledger.lifecycle.succeed(claim, {})
    family.tick()
    assert (family.parent()["state"], family.states()) == ("cancelled", ["cancelled"])
    assert family.services.ledger.queues.lengths()["pull_hosts"] == 0


def test_a_parent_that_was_cancelled_before_it_began_its_children_begins_none(
    services: Services, by: Requester, monitor_id: int
) -> None:
    task_id = services.ledger.submit.accept(by, Sync(monitor_id=monitor_id))
    claim = services.ledger.lifecycle.begin(task_id, "worker/1")
    assert claim is not None
    services.ledger.tasks.cancel(task_id)
    with pytest.raises(TaskInterrupted):
        services.ledger.syncs.begin(task_id, claim.attempt, monitor_id)
    assert services.ledger.tasks.get(task_id)["children"] == []


def test_two_leaders_at_once_make_one_child(family: Family) -> None:
    family.services.ledger.lifecycle.succeed(family.claim(), {})
    with ThreadPoolExecutor(4) as threads:
        for tick in [threads.submit(family.services.ledger.syncs.tick) for _ in range(4)]:
            tick.result()
    assert family.states() == ["succeeded", "queued"]
    assert family.services.ledger.queues.lengths()[TaskType.PULL_ITEMS] == 1


def test_a_monitor_that_is_deleted_takes_the_family_with_it(family: Family) -> None:
    family.services.inventory.monitors.delete(family.monitor_id)
    family.tick()
    assert (family.parent()["state"], family.states()) == ("cancelled", ["cancelled"])


def test_a_worker_that_left_the_parent_to_its_children_has_no_say_in_it_any_more(
    services: Services, time: Time, by: Requester, monitor_id: int
) -> None:
    family = Family(services, time, by, monitor_id)
    stale = family.claim_of_parent
    assert not services.ledger.lifecycle.hand_back(stale)
    assert not services.ledger.lifecycle.fail(stale, SourceRejected("interrupted in the moment of leaving"))
    assert not services.ledger.lifecycle.take_back(stale.task_id, stale.attempt, 0, WorkerLost("gone"))
    assert not services.ledger.lifecycle.renew(stale)
    assert not services.ledger.lifecycle.succeed(stale, {})
    parent = family.parent()
    assert (parent["state"], parent["attempts"], parent["history"]) == ("running", 1, [])
    for _ in STAGES:
        family.succeed()
    assert family.parent()["result"] == {"children": 3, "succeeded": 3, "failed": 0, "cancelled": 0}
