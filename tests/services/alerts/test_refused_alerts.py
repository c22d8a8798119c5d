"""What was refused alone waits as a dead letter, and is taken in once it can be read."""

from typing import Any

import pytest

from app import clock
from app.composition import Services
from app.errors import AlertRefused, InvalidParams
from app.rules.alerts.alert_reports import AlertReport
from app.rules.task_params.alerts import ReceiveAlerts
from app.rules.webhooks import parse
from app.rules.webhooks.fields import Fields
from app.rules.webhooks.plain import read_plain
from app.services.ledger.task_claim import Claim
from app.store.database.pages import PageRequest
from tests.services.conftest import Time

ALL = PageRequest(limit=500)
BAD = {"message": "磁盘空间不足", "host": "web-01", "labels": {"port": 8080}}


def receive(services: Services, monitor_id: int, *alerts: Any) -> list[str]:
    """Post plain alerts, and return the tasks that keep those that are refused."""
    token = services.alerts.webhooks.issue_token(monitor_id)
    receipt = services.alerts.webhooks.accept(token, parse.parse([*alerts]))
    return [*dict.fromkeys(str(refused.task_id) for refused in receipt.refused)]


def begin(services: Services, task_id: str) -> Claim:
    claim = services.ledger.lifecycle.begin(task_id, "worker")
    assert claim
    return claim


def die(services: Services, task_id: str) -> None:
    claim = begin(services, task_id)
    with pytest.raises(AlertRefused) as refusal:
        services.alerts.refused_alerts.take_in(ReceiveAlerts.parse(claim.params))
    services.ledger.lifecycle.fail(claim, refusal.value)


def read_numbers(alert: Fields) -> AlertReport:
    """Read an alert as a later release may: labels may be numbers."""
    labels = {name: str(value) for name, value in alert.mapping("labels").items()}
    return read_plain(Fields({**alert.others(()), "labels": labels}))


def test_a_refused_alert_dies_at_once_and_is_taken_in_when_it_can_be_read(
    services: Services, monitor_id: int, monkeypatch: pytest.MonkeyPatch, time: Time
) -> None:
    received_at = time.now
    [task_id] = receive(services, monitor_id, BAD)
    time.pass_by(3600)
    die(services, task_id)
    [letter] = services.ledger.dead_letters.list(ALL).items
    assert (letter["reason"], letter["attempts"]) == ("alert_refused", 1)
    assert services.ledger.dead_letters.retry_many(dry_run=True, monitor_id=monitor_id) == 1
    assert letter["error"].startswith("0.labels: Must be an object with string values, but port is a number")

    services.ledger.dead_letters.retry(task_id)
    die(services, task_id)
    monkeypatch.setitem(parse.READERS, parse.PLAIN, read_numbers)
    services.ledger.dead_letters.retry(task_id)
    claim = begin(services, task_id)
    counts = services.alerts.refused_alerts.take_in(ReceiveAlerts.parse(claim.params))
    services.ledger.lifecycle.succeed(claim, counts)
    assert (counts["new"], counts["refused"]) == (1, 0)
    [alert] = services.alerts.alerts.list(ALL).items
    assert (alert["message"], alert["first_seen_at"]) == (BAD["message"], received_at)
    assert services.ledger.dead_letters.list(ALL).items == []


def test_of_many_alerts_those_that_can_be_read_are_taken_in_and_the_others_kept(
    services: Services, monitor_id: int
) -> None:
    good = {"message": "ok again"}
    kept = ReceiveAlerts(
        monitor_id=monitor_id,
        reports=(BAD, good, 5),
        received_at=clock.now(),
        format="plain",
        places=("3", "4", "7"),
    )
    counts = services.alerts.refused_alerts.take_in(kept)
    assert (counts["new"], counts["refused"]) == (1, 2)
    tasks = services.ledger.tasks.list(ALL).items
    assert sorted((task["params"]["places"], task["params"]["reports"]) for task in tasks) == [
        (["3"], [BAD]),
        (["7"], [5]),
    ]


def test_a_format_of_another_release_stays_a_dead_letter(services: Services, monitor_id: int) -> None:
    kept = ReceiveAlerts(monitor_id=monitor_id, reports=(BAD,), received_at=clock.now(), format="new", places=("0",))
    with pytest.raises(AlertRefused, match="no format new"):
        services.alerts.refused_alerts.take_in(kept)


@pytest.mark.parametrize("alert", [BAD, None, 5, {"status": "firing", "labels": None}])
def test_an_older_worker_that_ignores_the_format_loses_nothing(services: Services, monitor_id: int, alert: Any) -> None:
    with pytest.raises(InvalidParams):
        services.alerts.webhook_intake.take_in_reports(monitor_id, (alert,), clock.now())


def test_a_discarded_letter_makes_room_for_a_new_one(services: Services, monitor_id: int) -> None:
    [first] = receive(services, monitor_id, BAD)
    assert receive(services, monitor_id, BAD) == [first]
    die(services, first)
    assert receive(services, monitor_id, BAD) == [first]
    services.ledger.dead_letters.discard(first)
    assert receive(services, monitor_id, BAD) != [first]


def test_each_monitor_keeps_its_own(services: Services, monitor_id: int) -> None:
    other = services.inventory.monitors.create({"name": "b", "type": "simulator", "url": "simulator://demo"})["id"]
    assert receive(services, monitor_id, BAD) != receive(services, other, BAD)
