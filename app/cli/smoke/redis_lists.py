"""Compares what Redis holds with what the API says of it."""

from contextlib import closing

import redis

from app.cli.smoke.client import Client
from app.cli.smoke.report import Report, Unexpected
from app.enums import COUNTED_TYPES

KEYS = {name: f"nagare:queue:{name}" for name in (*map(str, COUNTED_TYPES), "dead")}
TRIES = 50


def compare(client: Client, report: Report, redis_url: str) -> None:
    """Check that LLEN of each list is what /queue/stats says, at a moment in which nothing moved."""
    with closing(redis.Redis.from_url(redis_url, socket_timeout=5)) as connection:
        try:
            for _ in range(TRIES):
                before = {name: int(connection.llen(key)) for name, key in KEYS.items()}
                stats = client.get("/queue/stats")
                if before == stats or before == {name: int(connection.llen(key)) for name, key in KEYS.items()}:
                    report.check(before == stats, f"LLEN of {len(KEYS)} lists: {before}, /queue/stats: {stats}")
                    return
        except redis.RedisError as error:
            raise Unexpected(f"Redis does not answer: {error}") from error
    raise Unexpected("the lists never stood still long enough to be compared")
