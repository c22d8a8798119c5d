"""The stream of events, and what it costs nobody when Redis is away."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from app import clock
from app.queue.connection import Broker
from app.queue.event_buffer import EventBuffer
from app.queue.events import EventLog, parse_id
from app.queue.publisher import RedisPublisher
from app.queue.stream_tickets import Tickets
from tests.cli.processes import wait_for
from tests.services.away import redis_away

KEY = "nagare:events"
ID = "pull_hosts:0192f0c1-0000-7000-8000-000000000000"


def event(number: int) -> dict[str, object]:
    return {"event": "task.progress", "task": {"task_id": f"pull_hosts:{number}", "progress": {"message": "主机"}}}


def test_what_is_written_is_read_in_order_with_ids(broker: Broker) -> None:
    log = EventLog(broker)
    assert (log.newest_id(), log.since("0-0", 10)) == ("0-0", [])
    log.add([event(n) for n in range(5)])
    entries = log.since("0-0", 10)
    assert [entry.event for entry in entries] == [event(n) for n in range(5)]
    assert json.loads(entries[2].text) == {"id": entries[2].id, **event(2)}
    assert log.newest_id() == entries[-1].id
    assert log.since(entries[2].id, 1) == log.wait_for_more(entries[2].id, 1, 100) == entries[3:4]
    assert log.wait_for_more(entries[-1].id, 1, 10) == []
    assert sorted(entry.position for entry in entries) == [parse_id(entry.id) for entry in entries]


def test_it_is_known_whether_something_is_lost(broker: Broker, redis: Redis) -> None:
    log = EventLog(broker)
    assert not log.is_whole_since("5-0")
    log.add([event(1), event(2)])
    first, second = (entry.id for entry in log.since("0-0", 10))
    assert (log.is_whole_since(first), log.is_whole_since(second), log.is_whole_since("5-0")) == (True, True, False)
    redis.xdel(KEY, first)
    assert (log.is_whole_since(first), log.is_whole_since(second)) == (False, True)


def test_what_is_older_than_ten_minutes_is_forgotten(
    broker: Broker, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = EventLog(broker)
    now = datetime.now(UTC)
    at = [int((now - timedelta(minutes=minutes)).timestamp() * 1000) for minutes in (30, 9)]
    for milliseconds in at:
        # Redis forgets whole nodes of a hundred.
        for number in range(200):
            redis.xadd(KEY, {"e": "{}"}, id=f"{milliseconds}-{number + 1}")
    monkeypatch.setattr(clock, "now", lambda: now)
    log.trim()
    kept = [entry.position[0] for entry in log.since("0-0", 1000)]
    assert kept.count(at[1]) == 200
    assert kept.count(at[0]) < 200


def test_an_event_that_redis_refuses_holds_no_message_up(broker: Broker, redis: Redis) -> None:
    redis.set(KEY, "not a stream")
    EventLog(broker).add([event(1)])
    RedisPublisher(broker).publish([("pull_hosts", ID)], [event(1)])
    assert redis.llen("nagare:queue:pull_hosts") == 1


def test_events_are_lost_while_redis_is_away(broker: Broker, redis: Redis) -> None:
    with redis_away(redis):
        EventLog(broker).add([event(1)])
    assert redis.exists(KEY) == 0


def test_a_message_that_redis_refuses_is_an_error_though_its_event_went_through(broker: Broker, redis: Redis) -> None:
    redis.set("nagare:queue:pull_hosts", "not a list")
    with pytest.raises(Exception, match="is unavailable"):
        RedisPublisher(broker).publish([("pull_hosts", ID)], [event(1)])


def test_gathered_events_are_written_a_moment_later_and_in_order(broker: Broker, redis: Redis) -> None:
    buffer = EventBuffer(broker)
    for number in range(300):
        buffer.add([event(number)])
    wait_for(lambda: redis.exists(KEY) and redis.xlen(KEY) == 300, "the events to be written")
    assert [entry.event for entry in buffer.since("0-0", 500)] == [event(number) for number in range(300)]
    buffer.add([event(301)])
    buffer.flush()
    assert redis.xlen(KEY) == 301


def test_of_two_leaders_one_tells_of_an_alert(broker: Broker, redis: Redis) -> None:
    log = EventLog(broker)
    assert log.last_published_alert_event() is None
    assert log.publish_alert_events([], None, 5)
    assert log.publish_alert_events([event(6)], 5, 6)
    assert not log.publish_alert_events([event(6)], 5, 6)
    assert (log.last_published_alert_event(), redis.xlen(KEY)) == (6, 1)


def test_a_ticket_is_good_once_and_for_half_a_minute(broker: Broker, redis: Redis) -> None:
    tickets = Tickets(broker)
    ticket = tickets.issue("session")
    (key,) = redis.keys("nagare:events:ticket:*")
    assert ticket not in str(key)
    assert 0 < int(str(redis.ttl(str(key)))) <= 30
    assert (tickets.redeem("made up"), tickets.redeem(ticket), tickets.redeem(ticket)) == (None, "session", None)


def test_who_reads_redis_finds_no_session_and_who_writes_there_makes_no_ticket(broker: Broker, redis: Redis) -> None:
    tickets = Tickets(broker)
    first, second = tickets.issue("the session"), tickets.issue("the session")
    keys = [str(key) for key in redis.keys("nagare:events:ticket:*")]
    values = {str(redis.get(key)) for key in keys}
    assert len(values) == 2 and "the session" not in repr(values) + repr(keys)
    redis.set(broker.keys.ticket(hashlib.sha256(b"forged").hexdigest()), "another session")
    redis.set(keys[0], str(redis.get(keys[1])))
    assert tickets.redeem("forged") is None
    assert sorted([str(tickets.redeem(first)), str(tickets.redeem(second))]) == ["None", "the session"]
