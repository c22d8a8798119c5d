"""Compares what Redis holds with what the API says of it."""

from contextlib import closing

from app.cli.smoke.client import Client
from app.cli.smoke.report import Report, Unexpected
from app.enums import COUNTED_TYPES
from app.errors import BrokerUnavailable
from app.queue.connection import connect_to
from app.queue.queue_lengths import QueueLengths

NAMES = (*map(str, COUNTED_TYPES), "dead")
TRIES = 50


def compare(client: Client, report: Report, redis_url: str) -> None:
    """Check that LLEN of each list is what /queue/stats says, at a moment in which nothing moved."""
    with closing(connect_to(redis_url)) as broker:
        lists = QueueLengths(broker)

        def lengths() -> dict[str, int]:
            found = lists.read()
            return {name: found[name] for name in NAMES}

        try:
            for _ in range(TRIES):
                before = lengths()
                stats = client.get("/queue/stats")
                if before == stats or before == lengths():
                    report.check(before == stats, f"LLEN of {len(before)} lists: {before}, /queue/stats: {stats}")
                    return
        except BrokerUnavailable as error:
            raise Unexpected(str(error)) from error
    raise Unexpected("the lists kept changing, so they could not be compared")
