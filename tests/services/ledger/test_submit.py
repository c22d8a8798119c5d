"""Tasks are recorded before they are published, and a repeat is known."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import Connection

from app.composition import Services
from app.errors import BrokerUnavailable, ConcurrentChange, Conflict, DatabaseUnavailable, Invalid, NotFound
from app.queue.publisher import message
from app.rules.task_params.pull import PullHosts, PullItem, PullItems
from app.rules.task_params.push import PushHost
from app.rules.task_params.sync import Sync
from app.services.ledger.outbox import new_entry, new_task_id
from app.services.ledger.requester import Requester
from app.services.ledger.submit import Submission
from app.store.database.pages import PageRequest
from app.store.ledger import task_inserts
from tests.services.away import redis_away
from tests.services.conftest import Time

KEY = "nagare:queue:pull_hosts"


def count_tasks(services: Services) -> int:
    return len(services.ledger.tasks.list(PageRequest(limit=500)).items)


def test_the_row_is_committed_before_the_message_is_pushed(
    services: Services, redis: Redis, by: Requester, monitor_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    take = redis.connection_pool.get_connection

    def look_first() -> Any:
        seen.append([run["state"] for run in services.ledger.tasks.list(PageRequest(limit=9)).items])
        return take()

    monkeypatch.setattr(redis.connection_pool, "get_connection", look_first)
    task_id = services.ledger.submit.accept(by, PullHosts(monitor_id=monitor_id))
    monkeypatch.undo()
    assert seen == [["queued"]]
    assert redis.lrange(KEY, 0, -1) == [message("pull_hosts", task_id)]


def test_what_was_accepted_while_redis_was_away_is_published_when_it_is_back(
    services: Services, redis: Redis, by: Requester, monitor_id: int, time: Time
) -> None:
    with redis_away(redis):
        task_ids = [services.ledger.submit.accept(by, PullHosts(monitor_id=monitor_id)) for _ in range(3)]
        with pytest.raises(BrokerUnavailable):
            services.recovery.tick("me")
    assert redis.llen(KEY) == 0
    time.pass_by(2)
    services.recovery.tick("me")
    assert redis.lrange(KEY, 0, -1) == [message("pull_hosts", task_id) for task_id in reversed(task_ids)]
    services.recovery.tick("me")
    assert redis.llen(KEY) == 3


def test_nothing_is_published_that_could_not_be_recorded(
    services: Services, redis: Redis, by: Requester, monitor_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise DatabaseUnavailable("the disk is full")

    monkeypatch.setattr("app.services.ledger.submit.task_inserts.add", fail)
    with pytest.raises(DatabaseUnavailable):
        services.ledger.submit.accept(by, PullHosts(monitor_id=monitor_id))
    assert redis.llen(KEY) == count_tasks(services) == 0


def test_of_many_equal_requests_at_once_with_one_key_one_becomes_a_task(
    services: Services, redis: Redis, by: Requester, monitor_id: int
) -> None:
    with ThreadPoolExecutor(8) as pool:
        keyed = replace(by, idempotency_key="清晨-1")
        task_ids = set(
            pool.map(lambda _: services.ledger.submit.accept(keyed, PullHosts(monitor_id=monitor_id)), range(16))
        )
    assert len(task_ids) == count_tasks(services) == redis.llen(KEY) == 1


def test_of_many_unique_requests_at_once_one_becomes_a_task(
    services: Services, redis: Redis, by: Requester, monitor_id: int
) -> None:
    with ThreadPoolExecutor(8) as pool:
        unique = replace(by, unique=True)
        task_ids = set(
            pool.map(lambda _: services.ledger.submit.accept(unique, PullHosts(monitor_id=monitor_id)), range(16))
        )
    assert len(task_ids) == count_tasks(services) == redis.llen(KEY) == 1


def test_a_key_names_one_request_of_one_user_for_a_day(
    services: Services, by: Requester, monitor_id: int, time: Time
) -> None:
    keyed = replace(by, idempotency_key="k")
    first = services.ledger.submit.accept(keyed, PullHosts(monitor_id=monitor_id))
    assert services.ledger.submit.accept(keyed, PullHosts(monitor_id=monitor_id)) == first
    with pytest.raises(Invalid) as refusal:
        services.ledger.submit.accept(keyed, PullItems(monitor_id=monitor_id))
    assert refusal.value.field == "Idempotency-Key"
    assert (
        services.ledger.submit.accept(replace(keyed, user_id=by.user_id + 1), PullHosts(monitor_id=monitor_id)) != first
    )
    time.pass_by(24 * 3600 + 1)
    assert services.ledger.submit.accept(keyed, PullHosts(monitor_id=monitor_id)) != first


def test_a_refused_request_leaves_its_key_free(services: Services, by: Requester, monitor_id: int) -> None:
    keyed = replace(by, idempotency_key="k")
    services.inventory.monitors.update(monitor_id, {"enabled": False})
    with pytest.raises(Conflict):
        services.ledger.submit.accept(keyed, PullHosts(monitor_id=monitor_id))
    services.inventory.monitors.update(monitor_id, {"enabled": True})
    assert services.ledger.submit.accept(keyed, PullHosts(monitor_id=monitor_id)).startswith("pull_hosts:")


def test_what_could_only_end_in_the_dead_letters_is_refused(services: Services, by: Requester, monitor_id: int) -> None:
    services.inventory.pulls.items(monitor_id)
    item = services.inventory.inventory.list_items(PageRequest(limit=1)).items[0]
    other = services.inventory.monitors.create(
        {"name": "other", "type": "simulator", "url": "simulator://demo?hosts=1"}
    )["id"]
    with pytest.raises(NotFound):
        services.ledger.submit.accept(by, PullHosts(monitor_id=999))
    with pytest.raises(NotFound):
        services.ledger.submit.accept(by, PullItems(monitor_id=other, host_id=item["host_id"]))
    with pytest.raises(NotFound):
        services.ledger.submit.accept(
            by, PullItem(monitor_id=monitor_id, host_id=item["host_id"] + 1, item_id=item["id"])
        )
    with pytest.raises(Conflict):
        services.ledger.submit.accept(by, PushHost(monitor_id=monitor_id, host_id=item["host_id"]))
    assert count_tasks(services) == 0


def test_of_many_at_once_each_gets_its_own_answer(
    services: Services, redis: Redis, by: Requester, monitor_id: int
) -> None:
    def submit(number: int) -> str | None:
        try:
            return services.ledger.submit.accept(by, PullHosts(monitor_id=monitor_id if number % 3 else 4711))
        except NotFound:
            return None

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(submit, range(60)))
    assert [answer is None for answer in answers] == [number % 3 == 0 for number in range(60)]
    accepted = {answer for answer in answers if answer}
    assert len(accepted) == 40
    assert set(redis.lrange(KEY, 0, -1)) == {message("pull_hosts", task_id) for task_id in accepted}
    assert redis.llen(KEY) == count_tasks(services) == 40


def test_who_deletes_a_monitor_meanwhile_finds_its_last_task(
    services: Services, by: Requester, monitor_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = task_inserts.add
    with ThreadPoolExecutor(1) as pool:

        def add_and_let_delete(*arguments: Any) -> int:
            count = add(*arguments)
            wait([pool.submit(services.inventory.monitors.delete, monitor_id)], timeout=0.3)
            return count

        monkeypatch.setattr(task_inserts, "add", add_and_let_delete)
        task_id = services.ledger.submit.accept(by, PullHosts(monitor_id=monitor_id))
    assert services.ledger.tasks.get(task_id)["state"] == "cancelled"


def test_one_that_loses_a_race_takes_nobody_with_it(
    services: Services, by: Requester, monitor_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = task_inserts.add

    def lose(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        if any(row["type"] == "pull_items" for row in rows):
            raise ConcurrentChange("somebody else was faster")
        return add(connection, rows)

    monkeypatch.setattr(task_inserts, "add", lose)
    asked = [kind(monitor_id=monitor_id) for kind in (PullHosts, PullItems, Sync)]
    entries = [
        new_entry(new_task_id(each.type), each, monitor_id=monitor_id, fingerprint=str(each.type)) for each in asked
    ]
    first, second, third = services.ledger.submit._batcher._outcomes([*map(Submission, asked, entries)])
    assert (first, third) == (entries[0]["id"], entries[2]["id"])
    assert isinstance(second, ConcurrentChange)
    assert count_tasks(services) == 2
