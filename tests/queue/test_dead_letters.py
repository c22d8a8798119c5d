"""The list of dead letters in Redis."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from redis import Redis

from app.queue.connection import Broker
from app.queue.dead_letters import DeadLetterList
from app.queue.keys import PLAIN

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def letter(number: int, **values: Any) -> dict[str, Any]:
    base = {
        "task_id": f"pull_hosts:{number}",
        "type": "pull_hosts",
        "params": {"monitor_id": number},
        "reason": "source_timeout",
        "error": "连接超时",
        "attempts": 4,
        "worker": "celery@a/1",
        "created_at": NOW,
        "dead_at": NOW + timedelta(seconds=number),
    }
    return base | values


def read(redis: Redis) -> list[dict[str, Any]]:
    return [json.loads(element) for element in redis.lrange(PLAIN.dead_letters, 0, -1)]


def test_people_can_read_it(broker: Broker, redis: Redis) -> None:
    DeadLetterList(broker).push([letter(1), letter(2)])
    assert "连接超时" in str(redis.lrange(PLAIN.dead_letters, 0, 0))
    newest, oldest = read(redis)
    assert (newest["task_id"], oldest["task_id"]) == ("pull_hosts:2", "pull_hosts:1")
    assert list(oldest) == [
        "task_id",
        "type",
        "params",
        "reason",
        "error",
        "attempts",
        "worker",
        "created_at",
        "dead_at",
    ]
    assert oldest["dead_at"] == "2026-01-31T12:00:01Z"


def test_elements_stay_small(broker: Broker, redis: Redis) -> None:
    DeadLetterList(broker).push([letter(1, error="x" * 1_000_000)])
    assert len(read(redis)[0]["error"]) == 2000


def test_a_letter_is_removed_by_value(broker: Broker, redis: Redis) -> None:
    letters = DeadLetterList(broker)
    letters.push([letter(1), letter(2)])
    letters.remove([letter(1), letter(3)])
    assert [element["task_id"] for element in read(redis)] == ["pull_hosts:2"]
    assert letters.count() == 1


def test_it_is_rebuilt_in_one_piece(broker: Broker, redis: Redis) -> None:
    letters = DeadLetterList(broker)
    redis.lpush(PLAIN.dead_letters, "garbage")
    letters.rebuild([letter(number) for number in range(2500)])
    assert [element["task_id"] for element in read(redis)] == [f"pull_hosts:{number}" for number in range(2499, -1, -1)]
    letters.rebuild([])
    assert letters.count() == 0
