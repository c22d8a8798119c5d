"""What the streams of a process read of the events, and keep."""

import asyncio
from typing import Any, cast

from app.services.ledger.event_feed import EventFeed
from app.web.streams.hub import Hub


class Feed:
    """A feed without events that counts how often it is read."""

    reads = 0

    def listen(self, _told: Any) -> None:
        """Tell of nothing."""

    def is_whole_since(self, _last_id: str) -> bool:
        return True

    def since(self, _last_id: str, _most: int) -> list[Any]:
        self.reads += 1
        return []


def test_a_page_is_read_once_for_all_at_one_place_and_not_kept() -> None:
    feed = Feed()

    async def ask() -> int:
        hub = Hub(cast(EventFeed, feed))
        for place in range(100):
            await asyncio.gather(*[hub.after(f"{place}-0") for _ in range(5)])
        await asyncio.sleep(0)
        return len(hub._pages)

    assert asyncio.run(ask()) == 0
    assert feed.reads == 100
