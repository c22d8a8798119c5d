"""A short storm with every kind of accident; `make chaos` runs long ones."""

from pathlib import Path

from tests.acceptance.stack import ForkedStack
from tests.chaos.page_load import PUBLIC_URL, PageLoad
from tests.chaos.page_proof import prove_pages
from tests.chaos.page_records import settle
from tests.chaos.proof import prove
from tests.chaos.storm import Storm
from tests.chaos.task_load import TaskLoad


def test_a_short_storm_loses_and_doubles_no_task_and_no_page(tmp_path: Path) -> None:
    stack = ForkedStack(tmp_path, NAGARE_PUBLIC_URL=PUBLIC_URL)
    try:
        tasks, pages = TaskLoad(stack, seed=7, tasks=120), PageLoad(stack, seed=7, alerts=40)
        storm = Storm(stack, seed=7, seconds=35, tasks=tasks, pages=pages)
        storm.rage()
        settle(pages)
        proof, of_pages = prove(storm), prove_pages(pages)
    finally:
        stack.close()
    assert len(tasks.accepted) > 80
    assert len(storm.faults) > 5
    assert (proof.lost, proof.doubled, proof.differences) == ([], [], [])
    assert proof.states.total() == proof.states["succeeded"] + proof.states["dead"] + proof.states["cancelled"]
    assert (of_pages.lost, of_pages.unexplained) == ([], [])
    assert of_pages.counts["told"] > 0
    assert of_pages.counts["suppressed"] > 0
