"""A channel that accepts no message for ten minutes is an alert, which ends with the next message that arrives."""

from collections.abc import Callable
from typing import Any

import pytest

from app import clock
from app.channels.sender import Delivery, Outcome
from app.composition import Services
from app.enums import Language
from app.rules.alerts.own_messages import translated
from app.services.access.audit import COMMAND_LINE, Editor
from app.services.contacts.channel_health import record_outcome
from app.services.liveness.failing_channels import LOOK_EVERY_S
from app.store.database.pages import PageRequest
from tests.services.conftest import Time, add_user

pytestmark = pytest.mark.usefixtures("forked_sender")
FAILED = Delivery(Outcome.FAILED, "the receiver returned HTTP 500")
MINUTE = 60
FIELDS: dict[str, Any] = {"kind": "apprise", "url": "json://127.0.0.1:9", "language": "en", "timezone": "UTC"}
FIELDS |= {"delivery": "at_least_once", "enabled": True}


@pytest.fixture
def channel_id(services: Services) -> int:
    return int(services.contacts.channels.create({"name": "chat", **FIELDS}, COMMAND_LINE)["id"])


@pytest.fixture
def send(services: Services, channel_id: int) -> Callable[[Delivery], None]:
    """Return what notes the outcome of a message to the channel."""

    def note(delivery: Delivery) -> None:
        with services.database.transaction() as connection:
            record_outcome(connection, channel_id, delivery, clock.now())

    return note


def look(services: Services, time: Time, after_s: float = LOOK_EVERY_S) -> list[Any]:
    """Let time pass and the leader look; return nagare's own alerts."""
    time.pass_by(after_s)
    services.liveness.failing_channels.tick()
    return [row for row in services.alerts.alerts.list(PageRequest(limit=500)).items if row["source"] == "nagare"]


def test_ten_minutes_of_failures_raise_one_alert_and_a_success_resolves_it(
    services: Services, time: Time, channel_id: int, send: Callable[[Delivery], None]
) -> None:
    send(FAILED)
    assert look(services, time, 9 * MINUTE) == []
    send(Delivery(Outcome.UNCERTAIN, "no answer in time"))
    [alert] = look(services, time, MINUTE)
    assert alert["message"] == (
        "Channel chat fails: it has accepted no message since 2026-01-31 12:00 UTC: no answer in time"
    )
    assert translated(Language.CHINESE, "nagare", alert["message"]).startswith("渠道 chat 发送失败")
    assert (alert["external_id"], alert["severity"], alert["status"]) == (f"channel:{channel_id}", 2, 0)
    assert services.inventory.monitors.get(alert["monitor_id"])["name"] == "nagare"
    send(FAILED)
    assert [each["count"] for each in look(services, time, 60 * MINUTE)] == [1]
    send(Delivery(Outcome.SENT))
    [alert] = look(services, time)
    assert alert["status"] == 2
    assert services.contacts.channels.get(channel_id)["failing_since"] is None


def test_a_failure_followed_by_a_success_is_nothing(
    services: Services, time: Time, send: Callable[[Delivery], None]
) -> None:
    send(FAILED)
    send(Delivery(Outcome.SENT))
    assert look(services, time, 60 * MINUTE) == []


@pytest.mark.parametrize("how", ["deleted", "disabled", "another address"])
def test_the_alert_ends_when_nobody_relies_on_the_channel_any_more(
    services: Services, time: Time, channel_id: int, send: Callable[[Delivery], None], how: str
) -> None:
    send(FAILED)
    assert [alert["status"] for alert in look(services, time, 10 * MINUTE)] == [0]
    channels = services.contacts.channels
    if how == "deleted":
        channels.delete(channel_id, COMMAND_LINE)
    else:
        changes = {"enabled": False} if how == "disabled" else {"url": "json://127.0.0.1:10"}
        channels.update(channel_id, changes, COMMAND_LINE)
    assert [alert["status"] for alert in look(services, time)] == [2]


def test_nobody_relies_on_an_address_that_is_not_verified(services: Services, time: Time) -> None:
    user_id = add_user(services, "anna")
    made = services.contacts.contact_methods.create(user_id, {"name": "phone", **FIELDS}, Editor(user_id, "anna"))
    with services.database.transaction() as connection:
        record_outcome(connection, made["id"], FAILED, clock.now())
    assert look(services, time, 60 * MINUTE) == []


def test_two_leaders_raise_one_alert(services: Services, time: Time, send: Callable[[Delivery], None]) -> None:
    send(FAILED)
    assert len(look(services, time, 10 * MINUTE)) == 1
    services.liveness.failing_channels.look()
    assert [each["count"] for each in look(services, time, 0)] == [1]
