"""Who works, who leads, and what happens without Redis."""

import socket

import pytest
from redis import Redis

from app import clock
from app.errors import BrokerUnavailable
from app.queue import workers
from app.queue.connection import Broker, connect_to
from app.queue.publisher import RedisPublisher
from app.queue.workers import WorkerRegistry


def test_a_worker_is_alive_until_it_signs_off_or_falls_silent(broker: Broker, redis: Redis) -> None:
    registry = WorkerRegistry(broker)
    registry.announce("b@host", {"name": "b@host", "pid": 2})
    registry.announce("a@host", {"name": "a@host", "pid": 1})
    assert [worker["pid"] for worker in registry.alive()] == [1, 2]
    assert 0 < redis.ttl("nagare:worker:a@host") <= workers.ALIVE_S
    registry.sign_off("a@host")
    redis.delete("nagare:worker:b@host")
    assert registry.alive() == []
    assert redis.smembers("nagare:workers") == set()


def test_one_leads_until_its_time_is_over(broker: Broker, redis: Redis) -> None:
    registry = WorkerRegistry(broker)
    assert registry.lead("a", 5)
    assert not registry.lead("b", 5)
    assert registry.lead("a", 5)
    redis.delete("nagare:recovery:leader")
    assert registry.lead("b", 5)
    assert not registry.lead("a", 5)


def test_without_redis_each_use_fails_at_once_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        broker = connect_to(f"redis://user:hunter22@127.0.0.1:{taken.getsockname()[1]}/0")
        with pytest.raises(BrokerUnavailable) as error:
            RedisPublisher(broker).publish([("pull_hosts", "pull_hosts:x")])
        assert "hunter22" not in str(error.value)
        with pytest.raises(BrokerUnavailable, match="a moment ago"):
            RedisPublisher(broker).publish([("pull_hosts", "pull_hosts:x")])
        later = clock.monotonic() + 60
        monkeypatch.setattr(clock, "monotonic", lambda: later)
        with pytest.raises(BrokerUnavailable, match="refused"):
            RedisPublisher(broker).publish([("pull_hosts", "pull_hosts:x")])


def test_an_error_of_redis_is_told_too(broker: Broker, redis: Redis) -> None:
    redis.set("nagare:queue:pull_hosts", "a text, where a list should be")
    with pytest.raises(BrokerUnavailable, match="WRONGTYPE"):
        RedisPublisher(broker).publish([("pull_hosts", "pull_hosts:x")])
