"""gunicorn's workers share the connections evenly."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from app.web.server.listener import NOBODY, PLACES, ConnectionCounts, FairListener

ME, OTHER = 1, 2
DEADLINE_S = 30.0


@pytest.fixture
def shared() -> Iterator[socket.socket]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        yield listening


class Worker:
    """A worker whose connections say nothing."""

    def __init__(self, listener: socket.socket, counts: ConnectionCounts, connections: int = 0) -> None:
        self.counts = counts
        self.connections = connections
        self.counts.tell(ME, connections)
        self.accepted = asyncio.Event()
        self.listener = FairListener(listener.dup(), counts, ME, self.make)

    def make(self) -> asyncio.Protocol:
        self.connections += 1
        self.counts.tell(ME, self.connections)
        self.accepted.set()
        return asyncio.Protocol()

    async def accept(self) -> None:
        async with asyncio.timeout(DEADLINE_S):
            await self.accepted.wait()
        self.accepted.clear()


def test_a_connection_is_left_to_who_has_fewer_and_taken_if_it_is_still_there(shared: socket.socket) -> None:
    async def run() -> None:
        worker = Worker(shared, ConnectionCounts(), connections=1)
        worker.counts.tell(OTHER, 0)
        worker.listener.start()
        with socket.create_connection(shared.getsockname()):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert worker.connections == 1, "it waits for the other one"
            await worker.accept()
        worker.listener.stop()

    asyncio.run(run())


@pytest.mark.parametrize("others", [None, 1, 5])
def test_who_has_fewest_takes_what_comes(shared: socket.socket, others: int | None) -> None:
    async def run() -> int:
        worker = Worker(shared, ConnectionCounts(), connections=1)
        worker.counts.tell(OTHER, others or 0)
        if others is None:
            worker.counts.tell(OTHER, NOBODY)
        assert not worker.counts.has_most(ME)
        worker.listener.start()
        with ExitStack() as open_:
            open_.enter_context(socket.create_connection(shared.getsockname()))
            await worker.accept()
        worker.listener.stop()
        return worker.connections

    assert asyncio.run(run()) == 2


def test_who_stops_accepts_nothing_more(shared: socket.socket) -> None:
    async def run() -> int:
        worker = Worker(shared, ConnectionCounts())
        worker.listener.start()
        worker.listener.stop()
        with socket.create_connection(shared.getsockname()):
            await asyncio.sleep(0.05)
        return worker.connections

    assert asyncio.run(run()) == 0


def test_who_stops_takes_those_who_are_connected(shared: socket.socket) -> None:
    async def run() -> int:
        worker = Worker(shared, ConnectionCounts())
        worker.listener.start()
        with socket.create_connection(shared.getsockname()), socket.create_connection(shared.getsockname()):
            worker.listener.stop()
            await asyncio.sleep(0.05)
        return worker.connections

    assert asyncio.run(run()) == 2


def test_a_number_beyond_the_places_counts_too() -> None:
    counts = ConnectionCounts()
    assert not counts.has_most(PLACES + 3)
    counts.tell(PLACES + 3, 4)
    assert not counts.has_most(PLACES + 3)
    counts.tell(OTHER, 3)
    assert counts.has_most(PLACES + 3)
    counts.tell(OTHER, NOBODY)
    assert not counts.has_most(PLACES + 3)
