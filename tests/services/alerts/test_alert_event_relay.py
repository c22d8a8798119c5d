"""What happens to alerts is told once, by whichever leader."""

from typing import Any

import pytest
from redis import Redis
from sqlalchemy import delete, insert, select

from app.composition import Services
from app.errors import BrokerUnavailable
from app.models import Base
from app.queue.events import EventLog
from app.services.access.audit import Editor
from app.services.alerts.alert_event_relay import AlertEventRelay
from app.services.ledger.requester import Requester
from app.store.database.pages import PageRequest
from tests.services.away import redis_away
from tests.services.conftest import Time


@pytest.fixture
def news(services: Services, monitor_id: int) -> AlertEventRelay:
    services.inventory.pulls.items(monitor_id)
    news = AlertEventRelay(services.database, services.queue.events)
    news.tick()
    return news


def alerts_told(log: EventLog) -> list[dict[str, Any]]:
    return [dict(entry.event) for entry in log.since("0-0", 5000) if entry.event["event"].startswith("alert.")]


def test_what_happens_to_alerts_is_told_once(
    services: Services, news: AlertEventRelay, by: Requester, time: Time
) -> None:
    services.alerts.alerts.generate("generate_alerts:1", 3, 2, None)
    other = AlertEventRelay(services.database, services.queue.events)
    for each in (news, other, news):
        each.tick()
    alerts = services.alerts.alerts.list(PageRequest(limit=9)).items
    assert alerts_told(services.queue.events) == [
        {
            "event": "alert.fired",
            "alert": {name: alert[name] for name in ("id", "monitor_id", "host_id", "severity", "status")},
        }
        for alert in sorted(alerts, key=lambda alert: int(alert["id"]))
    ]
    services.alerts.alert_actions.resolve(alerts[0]["id"], Editor(by.user_id, "operator"))
    other.tick()
    news.tick()
    assert [(each["event"], each["alert"]["status"]) for each in alerts_told(services.queue.events)[3:]] == [
        ("alert.resolved", 2)
    ]


def test_what_redis_misses_while_it_is_away_comes_later(
    services: Services, redis: Redis, news: AlertEventRelay, time: Time
) -> None:
    services.alerts.alerts.generate("generate_alerts:1", 1200, None, None)
    with redis_away(redis), pytest.raises(BrokerUnavailable):
        news.tick()
    time.pass_by(2)
    news.tick()
    assert len(alerts_told(services.queue.events)) == 1200


def test_a_redis_that_lost_its_data_is_not_told_the_whole_history(
    services: Services, redis: Redis, news: AlertEventRelay, time: Time
) -> None:
    services.alerts.alerts.generate("generate_alerts:1", 3, None, None)
    news.tick()
    redis.flushall()
    time.pass_by(6)
    news.tick()
    services.alerts.alerts.generate("generate_alerts:2", 2, None, None)
    news.tick()
    assert len(alerts_told(services.queue.events)) == 2


def test_an_entry_that_is_committed_after_one_with_a_higher_number_is_told_too(
    services: Services, news: AlertEventRelay, time: Time
) -> None:
    services.alerts.alerts.generate("generate_alerts:1", 3, None, None)
    table = Base.metadata.tables["alert_events"]
    with services.database.transaction() as connection:
        late = dict(connection.execute(select(table).order_by(table.c.id).limit(1)).mappings().one())
        connection.execute(delete(table).where(table.c.id == late["id"]))
    news.tick()
    assert len(alerts_told(services.queue.events)) == 2
    with services.database.transaction() as connection:
        connection.execute(insert(table), late)
    news.tick()
    news.tick()
    assert len(alerts_told(services.queue.events)) == 3
