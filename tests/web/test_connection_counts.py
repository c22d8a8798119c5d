"""gunicorn's workers share the connections evenly."""

import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import TConn

from app.web.connection_counts import PLACES, ConnectionCounts
from app.web.server import PatientWorker

ME, OTHER = 1, 2
DEADLINE_S = 30.0


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        yield listening


@pytest.fixture
def worker(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> Iterator[PatientWorker]:
    """Return a worker whose connections say nothing."""
    config = Config()
    created = PatientWorker(ME, 0, [listener], None, 30, config, Logger(config))
    accepted: list[TConn] = []
    monkeypatch.setattr(created, "counts", ConnectionCounts())
    monkeypatch.setattr(created, "enqueue_req", accepted.append)
    created.poller = selectors.DefaultSelector()
    yield created
    for connection in accepted:
        connection.close()
    created.poller.close()
    created.tmp.close()


def turn(worker: PatientWorker) -> None:
    """Do what gunicorn's loop does each time."""
    worker.set_accept_enabled(True)
    worker.wait_for_and_dispatch_events(1.0)


def test_a_connection_is_left_to_who_has_fewer_and_taken_if_it_is_still_there(
    worker: PatientWorker, listener: socket.socket
) -> None:
    with socket.create_connection(listener.getsockname()), socket.create_connection(listener.getsockname()):
        worker.counts.tell(OTHER, 0)
        turn(worker)
        assert worker.nr_conns == 1
        turn(worker)
        assert worker.nr_conns == 1
        deadline = time.monotonic() + DEADLINE_S
        while worker.nr_conns == 1 and time.monotonic() < deadline:
            turn(worker)
        assert worker.nr_conns == worker.counts.least() + 2 == 2


def test_the_next_one_is_left_too_when_another_worker_took_the_first(
    worker: PatientWorker, listener: socket.socket
) -> None:
    worker.counts.tell(OTHER, 0)
    worker.nr_conns = 1
    for _ in range(2):
        with socket.create_connection(listener.getsockname()):
            turn(worker)
            listener.setblocking(True)
            listener.accept()[0].close()
            listener.setblocking(False)
        time.sleep(0.01)
    assert worker.nr_conns == 1


@pytest.mark.parametrize("others", [None, 1, 5])
def test_who_has_fewest_takes_what_comes(worker: PatientWorker, listener: socket.socket, others: int | None) -> None:
    worker.nr_conns = 1
    if others is None:
        worker.counts.tell(OTHER, 0)
        worker.counts.forget(OTHER)
    else:
        worker.counts.tell(OTHER, others)
    with socket.create_connection(listener.getsockname()):
        turn(worker)
    assert worker.nr_conns == 2


def test_to_who_stops_nothing_is_left(worker: PatientWorker) -> None:
    worker.counts.tell(OTHER, 7)
    turn_without_waiting = 0.0
    worker.wait_for_and_dispatch_events(turn_without_waiting)
    assert worker.counts.least() == 0
    worker.alive = False
    worker.wait_for_and_dispatch_events(turn_without_waiting)
    assert worker.counts.least() == 7


def test_a_number_beyond_the_places_counts_too() -> None:
    counts = ConnectionCounts()
    assert counts.least() == 0
    counts.tell(PLACES + 3, 4)
    assert counts.least() == 4
    counts.forget(PLACES + 3)
    assert counts.least() == 0
