"""Flask's threads, and clients that leave while one works for them."""

import asyncio
import threading
from contextlib import suppress
from typing import Any, cast

from app.web.server.front_door import Lane


def test_who_leaves_makes_no_room_while_a_thread_still_works_for_it() -> None:
    go_on, called = threading.Event(), []

    def application(environ: dict[str, Any], _start: Any) -> list[bytes]:
        called.append(environ["number"])
        go_on.wait(30)
        raise LookupError

    async def leave_all(lane: Lane) -> None:
        asking = []
        for number in range(20):
            asking.append(asyncio.ensure_future(lane.call(cast(Any, application), {"number": number})))
            await asyncio.sleep(0.01)
            asking[-1].cancel()
        waiting = lane._threads._work_queue.qsize()
        last = asyncio.ensure_future(lane.call(cast(Any, application), {"number": "last"}))
        go_on.set()
        with suppress(LookupError):
            await last
        assert (waiting, called) == (0, [0, "last"])

    asyncio.run(leave_all(Lane("test", 1)))
