"""Actions on many alerts are undone, by the API and on the page: the statuses, the history and the monitors agree."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from app import clock
from app.composition import Services
from app.enums import Severity, TaskType
from app.models import Monitor
from app.services.access.audit import Editor
from app.store.database.pages import PageRequest
from tests.services.alert_rows import add_alert
from tests.web.browser import HTMX, Browser
from tests.web.caller import Caller

SOON = clock.now() + timedelta(hours=1)
EDITOR = Editor(1, "admin")


@pytest.fixture
def alert_ids(services: Services, viewer: Caller, fleet: int) -> list[int]:
    """Return the ids of four critical alerts, oldest first; the first is acknowledged, the last resolved."""
    services.alerts.alerts.generate("generate_alerts:test", 4, Severity.CRITICAL, seed=1)
    ids = sorted(alert["id"] for alert in viewer.get("/alerts").json["items"])
    services.alerts.alert_actions.acknowledge(ids[0], EDITOR)
    services.alerts.alert_actions.resolve(ids[3], EDITOR)
    return ids


def statuses(caller: Caller, alert_ids: list[int]) -> list[int]:
    return [caller.get(f"/alerts/{alert_id}").json["status"] for alert_id in alert_ids]


@pytest.mark.parametrize(
    ("action", "more", "count"),
    [("acknowledge", {}, 2), ("resolve", {}, 3), ("reopen", {}, 1), ("snooze", {"until": SOON.isoformat()}, 3)],
)
def test_every_alert_is_again_what_it_was(
    operator: Caller, alert_ids: list[int], action: str, more: dict[str, str], count: int
) -> None:
    names = ("status", "resolution", "resolved_at", "snoozed_until", "suppressed", "is_stale")
    before = [{name: operator.get(f"/alerts/{each}").json[name] for name in names} for each in alert_ids]
    done = operator.post(f"/alerts/{action}", {"ids": alert_ids, "undoable": True, **more}).json
    assert count in done.values()
    assert [{name: operator.get(f"/alerts/{each}").json[name] for name in names} for each in alert_ids] != before
    assert operator.post("/alerts/undo", {"undo": done["undo"]}).json == {"undone": count}
    assert [{name: operator.get(f"/alerts/{each}").json[name] for name in names} for each in alert_ids] == before
    assert operator.post("/alerts/undo", {"undo": done["undo"]}).status == 404, "only once"


def test_the_history_and_the_audit_log_tell_people_that_it_was_undone(
    operator: Caller, admin: Caller, alert_ids: list[int]
) -> None:
    done = operator.post("/alerts/resolve", {"filter": {"status": [0, 1]}, "undoable": True}).json
    operator.post("/alerts/undo", {"undo": done["undo"]})
    entries = admin.get("/audit?object_type=alert&username=operator").json["items"]
    assert {(each["action"], each["after"]["count"]) for each in entries} == {
        ("undone", 1),
        ("undone", 2),
        ("resolved", 3),
    }
    kinds = [
        [event["kind"] for event in operator.get(f"/alerts/{each}/events").json["items"]][:2] for each in alert_ids
    ]
    assert kinds[0] == ["acknowledged", "resolved"]
    assert kinds[1] == kinds[2] == ["reopened", "resolved"]


def test_what_somebody_changed_since_stays(operator: Caller, admin: Caller, alert_ids: list[int]) -> None:
    done = operator.post("/alerts/acknowledge", {"ids": alert_ids, "undoable": True}).json
    assert admin.post("/alerts/undo", {"undo": done["undo"]}).status == 404, "somebody else did it"
    admin.post(f"/alerts/{alert_ids[1]}/resolve")
    assert operator.post("/alerts/undo", {"undo": done["undo"]}).json == {"undone": 1}
    assert statuses(operator, alert_ids) == [1, 2, 0, 2]


def test_a_monitor_is_told_only_when_an_action_cannot_be_undone_any_more(
    services: Services, operator: Caller, fleet: int
) -> None:
    with services.database.transaction() as connection:
        connection.execute(update(Monitor).values(type="zabbix", acknowledge_at_source=True))
        ids = [add_alert(connection, fleet, number, source="zabbix") for number in range(2)]
    operator.post("/alerts/acknowledge", {"ids": ids[:1]})
    done = operator.post("/alerts/acknowledge", {"ids": ids[1:], "undoable": True}).json
    waiting, at_once = services.ledger.tasks.list(PageRequest(), type=TaskType.ACKNOWLEDGE_ALERT).items
    assert at_once["next_run_at"] is None
    assert waiting["next_run_at"] - clock.now() > timedelta(seconds=10)
    operator.post("/alerts/undo", {"undo": done["undo"]})
    assert services.ledger.tasks.get(waiting["task_id"])["state"] == "cancelled"
    assert services.ledger.tasks.get(at_once["task_id"])["state"] == "queued"


def test_a_large_action_is_asked_about_and_undone_by_a_button(
    services: Services, browse: Callable[[str], Browser], operator: Caller, fleet: int
) -> None:
    services.alerts.alerts.generate("generate_alerts:test", 25, Severity.CRITICAL, seed=1)
    page = browse("operator")
    whole = {"everything": "true", "severity": "2", "status": "0,1", "back": "/alerts?severity=2"}
    asked = page.post("/alerts/resolve", whole)
    assert (asked.status, "Resolve 25 open critical alerts?" in asked.text) == (200, True)
    assert len(operator.get("/alerts?status=0").json["items"]) == 25, "nothing is done before the answer"
    assert 'name="confirmed" value="25"' in asked.text and 'name="expected_total" value="25"' in asked.text
    assert page.post("/alerts/resolve", {**whole, "confirmed": "24"}).status == 200, "the number is what was confirmed"
    told = page.follow(page.post("/alerts/resolve", {**whole, "confirmed": "25", "expected_total": "25"})).text
    token = re.search(r'name="undo" value="([^"]+)"', told)
    assert token and "Resolved: 25" in told
    assert "Undone: 25" in page.follow(page.post("/alerts/undo", {"undo": token[1], "back": "/alerts"})).text
    assert len(operator.get("/alerts?status=0").json["items"]) == 25
    assert "It is too late to undo this" in page.follow(page.post("/alerts/undo", {"undo": token[1]})).text


def test_more_alerts_than_were_confirmed_are_refused(
    services: Services, browse: Callable[[str], Browser], fleet: int
) -> None:
    services.alerts.alerts.generate("generate_alerts:test", 25, Severity.CRITICAL, seed=1)
    form = {"everything": "true", "confirmed": "21", "expected_total": "21"}
    answer = browse("operator").post("/alerts/resolve", form, headers=HTMX)
    assert (answer.status, len(services.alerts.alerts.list(PageRequest(), status=2).items)) == (409, 0)


def test_many_selected_alerts_are_asked_about_in_chinese(browse: Callable[[str], Browser], fleet: int) -> None:
    page = browse("operator")
    page.client.set_cookie("nagare_language", "zh")
    asked = page.post("/alerts/acknowledge", {"ids": [str(number) for number in range(1, 22)]})
    assert "要确认以下告警吗？选中的 21 条告警" in asked.text and asked.text.count('name="ids"') == 21
