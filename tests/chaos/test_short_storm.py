"""A short storm with every kind of accident; `make chaos` runs long ones."""

from pathlib import Path

from tests.acceptance.stack import ForkedStack
from tests.chaos.proof import prove
from tests.chaos.storm import Storm
from tests.chaos.task_load import TaskLoad


def test_a_short_storm_loses_and_doubles_nothing(tmp_path: Path) -> None:
    stack = ForkedStack(tmp_path)
    try:
        storm = Storm(stack, seed=7, seconds=35, tasks=TaskLoad(stack, seed=7, tasks=150))
        storm.rage()
        proof = prove(storm)
    finally:
        stack.close()
    assert len(storm.tasks.accepted) > 100
    assert len(storm.faults) > 5
    assert (proof.lost, proof.doubled, proof.differences) == ([], [], [])
    assert proof.states.total() == proof.states["succeeded"] + proof.states["dead"] + proof.states["cancelled"]
