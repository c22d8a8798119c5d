"""A program that is kept loaded between orders."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.channels.preloaded import end_idle, run_order
from tests.cli.processes import alive, wait_for

PROGRAM = "tests.unit.channels.preloaded_program"


@pytest.fixture(autouse=True)
def _without_others() -> Iterator[None]:
    end_idle()
    yield
    end_idle()


def run(timeout_s: float = 20, **order: object) -> dict[str, object] | None:
    return run_order(PROGRAM, order, timeout_s)


def test_one_process_is_loaded_and_no_order_finds_another() -> None:
    first, second = run(say="一"), run(say="二")
    assert first is not None and second is not None
    assert (first["seen"], second["seen"]) == (["prepared", "一"], ["prepared", "二"])
    assert first["parent"] == second["parent"]
    assert first["left"] == ""


def test_an_order_may_be_long() -> None:
    answer = run(say="长" * 1_000_000)
    assert answer is not None and answer["length"] == 1_000_000


@pytest.mark.parametrize("harm", ["die", "talk", "hang"])
def test_an_order_without_a_whole_answer_has_none_and_the_next_one_has(harm: str) -> None:
    assert run(0.5 if harm == "hang" else 20, do=harm) is None
    answer = run(say="后")
    assert answer is not None and answer["seen"] == ["prepared", "后"]


def test_several_threads_have_one_each() -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = [*threads.map(lambda number: run(say=str(number)), range(8))]
    assert [answer and answer["seen"] for answer in answers] == [["prepared", str(number)] for number in range(8)]


def test_a_program_that_cannot_be_loaded_has_no_answer() -> None:
    assert run_order("tests.unit.channels.nothing", {}, 20) is None


def test_it_ends_with_its_parent() -> None:
    code = f"from app.channels.preloaded import run_order; print(run_order({PROGRAM!r}, {{}}, 20)['parent'])"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    wait_for(lambda: not alive([int(done.stdout)]), "the program to end")
