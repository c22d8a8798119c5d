"""The worker's transport where kombu's own would end the worker."""

import pytest
from kombu import Connection
from redis.exceptions import ConnectionError as RedisConnectionError

from tasks.transport import Transport


def test_a_channel_that_was_closed_fails_as_a_lost_connection_does(valkey: str) -> None:
    connection = Connection(valkey, transport=Transport)
    channel = connection.channel()
    qos = channel.qos
    connection.release()
    with pytest.raises(RedisConnectionError):
        qos.ack("the tag of a message whose task has just ended")


def test_messages_that_cannot_be_restored_do_not_stop_the_closing(valkey: str) -> None:
    connection = Connection(valkey, transport=Transport)
    channel = connection.channel()
    qos = channel.qos
    connection.release()
    qos._delivered["a tag"] = object()
    qos.restore_unacked()
    assert not qos._delivered
