"""Messages: written as Celery writes them, found and taken back by value."""

import json

import pytest
from kombu.transport.virtual import Channel
from redis import Redis

from app.enums import TaskType
from app.queue.connection import Broker
from app.queue.malformed_messages import MalformedElements, canonical
from app.queue.publisher import RedisPublisher, message
from app.queue.queue_lengths import QueueLengths

ID = "pull_hosts:0192f0c1-0000-7000-8000-000000000000"
KEY = "nagare:queue:pull_hosts"


def ids(count: int, type: str = "pull_hosts") -> list[str]:
    return [f"{type}:{number:08x}-0000-7000-8000-000000000000" for number in range(count)]


@pytest.mark.parametrize("type_", list(TaskType))
def test_celery_reads_our_messages(type_: TaskType) -> None:
    task_id = ids(1, type_)[0]
    payload = json.loads(message(type_, task_id))
    read = Channel.Message(payload, channel=Channel.__new__(Channel))
    assert read.decode() == [[task_id], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]
    assert (read.headers["task"], read.headers["id"]) == (f"tasks.{type_}", task_id)
    assert read.delivery_info["routing_key"] == f"nagare:queue:{type_}"
    assert read.delivery_tag == task_id


def test_the_length_of_the_list_is_the_number_of_waiting_tasks(broker: Broker, redis: Redis) -> None:
    tasks = [("pull_hosts", task_id) for task_id in ids(2500)] + [
        ("push_item", task_id) for task_id in ids(3, "push_item")
    ]
    RedisPublisher(broker).publish(tasks)
    lengths = QueueLengths(broker).read()
    assert lengths == {**dict.fromkeys(map(str, TaskType), 0), "pull_hosts": 2500, "push_item": 3, "dead": 0}
    assert all(redis.llen(f"nagare:queue:{type_}") == lengths[type_] for type_ in TaskType)


def test_the_oldest_message_is_taken_first(broker: Broker, redis: Redis) -> None:
    RedisPublisher(broker).publish([("pull_hosts", task_id) for task_id in ids(3)])
    assert redis.rpop(KEY) == message("pull_hosts", ids(3)[0])


def test_waiting_ids_are_all_found_between_other_elements(broker: Broker, redis: Redis) -> None:
    publisher = RedisPublisher(broker)
    publisher.publish([("pull_hosts", task_id) for task_id in ids(2100)])
    redis.lpush(KEY, "not JSON", "5", '{"headers": []}', '{"headers": {"id": 5}}', "[" * 5000)
    assert publisher.waiting_ids("pull_hosts") == set(ids(2100))
    assert publisher.waiting_ids("pull_items") == set()


def test_a_withdrawn_message_is_gone_and_the_others_stay(broker: Broker) -> None:
    publisher = RedisPublisher(broker)
    publisher.publish([("pull_hosts", task_id) for task_id in ids(3)])
    publisher.withdraw([("pull_hosts", ids(3)[1]), ("pull_hosts", ids(9)[8])])
    assert publisher.waiting_ids("pull_hosts") == {ids(3)[0], ids(3)[2]}


def test_only_the_id_of_an_element_is_taken_over() -> None:
    poisoned = json.loads(message("pull_hosts", ID))
    poisoned["headers"] |= {"task": "os.system", "reply_to": "evil", "timelimit": [1, 1], "stamped_headers": ["x"]}
    poisoned["body"] = "cm0gLXJm"
    assert canonical(KEY, json.dumps(poisoned)) == message("pull_hosts", ID)
    assert canonical(KEY, message("pull_hosts", ID).encode()) == message("pull_hosts", ID)


@pytest.mark.parametrize(
    "element",
    [
        b"",
        b"not JSON",
        b"\xff\xfe\x00",
        b"5",
        b"{}",
        b'{"headers": {"id": null}}',
        b'{"headers": {"id": "pull_hosts:x"}}',
        b'{"headers": {"id": "pull_hosts:\\ud800"}}',
        b"[" * 100_000,
        message("pull_items", "pull_items:0192f0c1-0000-7000-8000-000000000000").encode(),
    ],
)
def test_what_is_no_message_of_this_queue_is_known_as_such(element: bytes) -> None:
    assert canonical(KEY, element) is None


def test_what_was_set_aside_is_kept_as_text_and_cut(broker: Broker) -> None:
    malformed = MalformedElements(broker)
    malformed.set_aside(KEY, b"\xff" + "日志".encode() * 1_000_000)
    malformed.set_aside(KEY, "second")
    first, second = (json.loads(note) for note in reversed(malformed.oldest(10)))
    assert (first["type"], first["length"], len(first["text"])) == ("pull_hosts", 6_000_001, 2000)
    assert second["text"] == "second"
    malformed.remove(malformed.oldest(1))
    assert [json.loads(note)["text"] for note in malformed.oldest(10)] == ["second"]
