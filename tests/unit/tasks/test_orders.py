"""What a person asks of a worker."""

import signal

from app.enums import TaskType
from tasks.orders import Orders


def test_a_paused_worker_takes_nothing_until_it_is_resumed() -> None:
    orders = Orders()
    assert orders.paused({"sync"}) == {"sync"}
    orders.follow("pause")
    assert orders.paused(()) == {*TaskType}
    orders.follow(None)
    orders.follow("something of another release")
    assert orders.is_paused
    orders.follow("resume")
    assert orders.paused({"sync"}) == {"sync"}


def test_a_worker_shuts_down_as_sigterm_does_it() -> None:
    received: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: received.append(number))
    try:
        Orders().follow("shutdown")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert received == [signal.SIGTERM]
