"""Commands that are sent at once."""

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from app.errors import BrokerUnavailable
from app.queue.connection import Broker
from tests.services.away import redis_away


def test_each_command_has_its_own_answer_also_beside_one_that_is_refused(broker: Broker, redis: Redis) -> None:
    redis.set("text", "文")
    for _ in range(2):
        refusal, length, text = broker.send(
            [("LPUSH", "text", "x"), ("RPUSH", "list", "一", "b", 3), ("GETSET", "text", "文")]
        )
        assert isinstance(refusal, ResponseError)
        assert "WRONGTYPE" in str(refusal)
        assert (length, text) == (3, "文")
        assert redis.lrange("list", 0, -1) == ["一", "b", "3"]
        redis.delete("list")


def test_a_redis_that_is_away_is_told_and_left_alone_for_a_moment(broker: Broker, redis: Redis) -> None:
    with redis_away(redis), pytest.raises(BrokerUnavailable, match="refused"):
        broker.send([("PING",)])
    with pytest.raises(BrokerUnavailable, match="a moment ago"):
        broker.send([("PING",)])
