"""RabbitMQ carries the messages, Redis keeps the rest: what was accepted is done once, whoever of them is killed."""

import json
from collections.abc import Iterator

import pytest
from amqp import Connection, Message
from celery import Celery

from app.queue.amqp_connections import amqp_options
from tests.acceptance.stack import CELERY, Stack
from tests.acceptance.test_dead_letters import listed
from tests.acceptance.user import EMPTY
from tests.cli.processes import wait_for
from tests.real.load import QUICK, load, wait_until_tasks_are_done, working_stack
from tests.real.rabbitmq_server import RabbitMq

pytestmark = pytest.mark.real

QUEUE = "nagare:queue:pull_hosts"


@pytest.fixture(scope="module")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMq]:
    rabbitmq = RabbitMq(tmp_path_factory.mktemp("rabbitmq"))
    yield rabbitmq
    rabbitmq.close()


@pytest.fixture(scope="module")
def stack(rabbitmq: RabbitMq, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Yield nagare with two workers."""
    yield from working_stack(tmp_path_factory.mktemp("stack"), BROKER_URL=rabbitmq.url)


def put(rabbitmq: RabbitMq, *messages: Message) -> None:
    with Connection(**amqp_options(rabbitmq.url)) as connection:
        for message in messages:
            connection.channel().basic_publish(message, routing_key=QUEUE)


def test_rabbitmq_has_the_messages_and_redis_has_the_rest(rabbitmq: RabbitMq, stack: Stack) -> None:
    user = stack.user
    failing = user.add_monitor(f"{QUICK}&fail=1")
    letter = user.pull(failing)
    assert user.end(letter)["state"] == "dead"
    listed(stack, letter)
    stack.kill_workers()
    quick = user.add_monitor(QUICK, max_parallel_tasks=100)
    waiting = [user.pull(quick) for _ in range(5)]
    assert user.stats() == {**EMPTY, "pull_hosts": 5, "dead": 1}
    assert (rabbitmq.lengths()["pull_hosts"], stack.redis.llen(QUEUE)) == (5, 0)
    assert letter in str(stack.redis.lindex("nagare:queue:dead", 0))
    user.cancel(waiting[0])
    assert user.stats() == {**EMPTY, "pull_hosts": 4, "dead": 1}
    for _ in range(2):
        stack.start_worker()
    assert [user.end(task_id)["state"] for task_id in waiting] == ["cancelled", *["succeeded"] * 4]
    user.post("/queue/dead/discard", body={})
    wait_for(lambda: user.stats() == EMPTY and {*rabbitmq.lengths().values()} == {0}, "all queues to be empty")
    assert user.readiness().status_code == 200


def test_only_the_id_of_a_message_counts(rabbitmq: RabbitMq, stack: Stack) -> None:
    user = stack.user
    task_id = user.pull(user.add_monitor(QUICK))
    user.end(task_id)
    foreign = {"lang": "py", "id": task_id, "task": "celery.backend_cleanup"}
    errback = [[], {}, {"errbacks": [{"task": "celery.backend_cleanup", "args": [], "options": {}}]}]
    put(
        rabbitmq,
        Message(b"\x80\x04garbage", content_type="application/x-python-serialize"),
        Message(b"{", content_type="application/json", application_headers={"id": 7, "task": "tasks.pull_hosts"}),
        Message(json.dumps(errback).encode(), content_type="application/json", application_headers=foreign),
    )

    def events(name: str) -> int:
        return sum(len(worker.events(name)) for worker in stack.workers)

    wait_for(lambda: events("message.malformed") == 2, "what is no message to be set aside")
    wait_for(lambda: events("task.not_waiting") >= 1, "the task that has ended to be refused")
    letters = wait_for_letters(stack, 2)
    assert {letter["reason"] for letter in letters} == {"malformed_message"}
    user.post("/queue/dead/discard", body={})
    wait_until_tasks_are_done(stack)


def wait_for_letters(stack: Stack, count: int) -> list[dict[str, str]]:
    wait_for(lambda: len(stack.user.all("/queue/dead")) == count, f"{count} dead letters")
    return stack.user.all("/queue/dead")


def test_a_pause_holds_and_a_resume_lets_go(rabbitmq: RabbitMq, stack: Stack) -> None:
    user = stack.user
    monitor = user.add_monitor(QUICK)
    user.post("/queue/pull_hosts/pause")
    wait_for(lambda: all(worker.printed.count("Canceling queue") for worker in stack.workers), "both to pause")
    task_id = user.pull(monitor)
    assert user.end(user.pull(monitor, "items"))["state"] == "succeeded"
    assert (user.task(task_id)["state"], rabbitmq.lengths()["pull_hosts"]) == ("queued", 1)
    user.post("/queue/pull_hosts/resume")
    assert user.end(task_id)["state"] == "succeeded"


def test_two_workers_of_one_name_both_work(stack: Stack) -> None:
    user = stack.user
    taken = stack.workers[-1].name
    namesake = stack.start(
        "namesake", *CELERY, "worker", "-c", "4", "-n", f"{taken}@test", "-Q", "push_host,pull_items"
    )

    def shared() -> list[str]:
        return [each["name"] for each in user.get("/workers")["items"] if each["is_name_shared"]]

    wait_for(lambda: shared() == [f"{taken}@test"] * 2, "the two to notice each other")
    assert user.end(user.pull(user.add_monitor(QUICK), "items"))["state"] == "succeeded"
    assert "Connection to broker lost" not in namesake.printed
    assert namesake.stop() == 0
    stack.programs.remove(namesake)


def test_a_broadcast_has_no_power_over_tasks(rabbitmq: RabbitMq, stack: Stack) -> None:
    with Celery("stranger", broker=rabbitmq.url, set_as_current=False) as stranger:
        for command, arguments in (("revoke", {"task_id": "x"}), ("add_consumer", {"queue": "evil"})):
            replies = stranger.control.broadcast(command, arguments=arguments, reply=True, timeout=20, limit=2)
            assert len(replies) == 2
            assert all("do not support" in answer["error"] for reply in replies for answer in reply.values())


def test_rabbitmq_is_killed_under_load(rabbitmq: RabbitMq, stack: Stack) -> None:
    with load(stack):
        rabbitmq.kill()
        assert "RabbitMQ" in stack.user.readiness().text
        rabbitmq.start()
        wait_until_tasks_are_done(stack)


def test_rabbitmq_loses_all_that_it_had_under_load(rabbitmq: RabbitMq, stack: Stack) -> None:
    with load(stack):
        rabbitmq.kill()
        rabbitmq.forget()
        rabbitmq.start()
        wait_until_tasks_are_done(stack)


def test_waiting_messages_that_were_purged_come_back(rabbitmq: RabbitMq, stack: Stack) -> None:
    stack.kill_workers()
    quick = stack.user.add_monitor(QUICK, max_parallel_tasks=100)
    waiting = [stack.user.pull(quick) for _ in range(20)]
    rabbitmq.ctl("purge_queue", QUEUE)
    assert rabbitmq.lengths()["pull_hosts"] == 0
    for _ in range(2):
        stack.start_worker()
    assert {stack.user.end(task_id)["state"] for task_id in waiting} == {"succeeded"}


def test_redis_is_killed_under_load(stack: Stack) -> None:
    with load(stack):
        stack.kill_valkey()
        stack.start_valkey()
        wait_until_tasks_are_done(stack)
