"""What several threads want at once is done at once, and each gets what is its own."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.services.batcher import Batcher
from tests.cli.processes import wait_for


class Doer:
    """Doubles numbers, refuses 13, and fails with -1 in the group; the first group waits until `go`."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.go = threading.Event()

    def do(self, numbers: Sequence[int]) -> Sequence[int | Exception]:
        self.groups.append(list(numbers))
        assert self.go.wait(10)
        if -1 in numbers:
            raise OSError("the disk is full")
        return [ValueError("unlucky") if number == 13 else 2 * number for number in numbers]


def test_who_comes_alone_is_not_kept_waiting() -> None:
    doer = Doer()
    doer.go.set()
    batcher = Batcher(doer.do)
    assert [batcher.call(number) for number in (1, 2)] == [2, 4]
    assert doer.groups == [[1], [2]]


def test_those_who_come_meanwhile_are_done_at_once_and_an_error_is_that_of_one() -> None:
    doer = Doer()
    batcher = Batcher(doer.do)
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(batcher.call, 1)
        wait_for(lambda: doer.groups == [[1]], "the first to be at it")
        later = {number: pool.submit(batcher.call, number) for number in range(10, 20)}
        wait_for(lambda: len(batcher._waiting) == 10, "the others to wait")
        doer.go.set()
        assert first.result() == 2
        assert isinstance(later.pop(13).exception(), ValueError)
        assert {number: future.result() for number, future in later.items()} == {n: 2 * n for n in later}
    assert [sorted(group) for group in doer.groups] == [[1], list(range(10, 20))]


def test_an_error_of_the_whole_group_reaches_all_of_it_and_nobody_after_it() -> None:
    doer = Doer()
    batcher = Batcher(doer.do)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(batcher.call, 1)
        wait_for(lambda: doer.groups == [[1]], "the first to be at it")
        later = [pool.submit(batcher.call, number) for number in (-1, 5)]
        wait_for(lambda: len(batcher._waiting) == 2, "the others to wait")
        doer.go.set()
        assert first.result() == 2
        assert [type(future.exception()) for future in later] == [OSError, OSError]
    with pytest.raises(OSError, match="full"):
        batcher.call(-1)
    assert batcher.call(7) == 14


def test_nobody_is_forgotten_or_done_twice_however_many_come() -> None:
    doer = Doer()
    doer.go.set()
    batcher = Batcher(doer.do)
    numbers = range(100, 2100)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(batcher.call, numbers)) == [2 * number for number in numbers]
    assert sorted(number for group in doer.groups for number in group) == list(numbers)
