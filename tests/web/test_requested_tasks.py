"""`POST /tasks`: a task of any type, now or at a later time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.composition import Services
from app.connectors.simulator.connector import SimulatorConnector
from app.models import TaskRun
from app.rules.task_params.base import asked_types
from app.web.schemas.fields import Timestamp
from tests.web.browser import Browser
from tests.web.caller import Caller

HOUR = timedelta(hours=1)


def later(by: timedelta = HOUR, zone: str = "Z") -> str:
    """Return a time ahead as a client writes it."""
    return (datetime.now(UTC) + by).isoformat(timespec="milliseconds").removesuffix("+00:00") + zone


def ask(caller: Caller, type: str, params: dict[str, Any], **rest: Any) -> Any:
    return caller.post("/tasks", {"type": type, "params": params, **rest})


@pytest.fixture
def params(operator: Caller, admin: Caller, fleet: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Return parameters for each type that can be asked for."""
    monkeypatch.setattr(SimulatorConnector, "writable", True)
    item = operator.get("/items?limit=1").json["items"][0]
    monitor = {"monitor_id": fleet}
    host = monitor | {"host_id": item["host_id"]}
    told = {"name": "值班", "url": "json://127.0.0.1:9"}
    notification_id = admin.post("/notifications", told).json["id"]
    return {
        **dict.fromkeys(("pull_hosts", "pull_items", "pull_alerts", "sync"), monitor),
        **dict.fromkeys(("pull_host", "push_host"), host),
        **dict.fromkeys(("pull_item", "push_item"), host | {"item_id": item["id"]}),
        "backfill_values": host | {"item_id": item["id"], "hours": 24},
        "generate_alerts": {"count": 3, "severity": 2},
        "notify": {"notification_id": notification_id, "test": True},
    }


def test_every_type_that_has_its_own_request_can_be_asked_for(
    operator: Caller, params: dict[str, dict[str, Any]]
) -> None:
    assert params.keys() == {str(type_) for type_ in asked_types()}
    for type_, given in params.items():
        answer = ask(operator, type_, given)
        assert answer.status == 202, answer.text
        task_id = answer.json["task_id"]
        assert answer.json == {"message": "Task queued", "task_id": task_id, "type": type_, "run_at": None}
        assert (answer.headers["Location"], answer.headers["Retry-After"]) == (f"/api/v1/tasks/{task_id}", "1")
        task = operator.get(f"/tasks/{task_id}").json
        assert (task["state"], task["next_run_at"]) == ("queued", None)
        assert given.items() <= task["params"].items()


def test_a_task_for_later_is_shown_with_its_time_and_does_not_wait(operator: Caller, admin: Caller, fleet: int) -> None:
    run_at = later()
    answer = ask(operator, "pull_hosts", {"monitor_id": fleet}, run_at=run_at)
    assert (answer.status, answer.json["message"]) == (202, "Task scheduled")
    assert Timestamp().deserialize(answer.json["run_at"]) == Timestamp().deserialize(run_at)
    assert 3590 < int(answer.headers["Retry-After"]) <= 3601
    task = operator.get(f"/tasks/{answer.json['task_id']}").json
    assert (task["state"], task["next_run_at"]) == ("queued", answer.json["run_at"])
    assert [each["task_id"] for each in operator.get("/tasks?scheduled=true").json["items"]] == [task["task_id"]]
    assert operator.get("/tasks?state=queued&scheduled=false").json["items"] == []
    assert operator.get("/queue/stats").json["pull_hosts"] == 0
    assert admin.post("/queue/pull_hosts/clear").json == {"cancelled": 0}
    assert operator.post(f"/tasks/{task['task_id']}/cancel").json["state"] == "cancelled"
    assert operator.get(f"/tasks/{task['task_id']}").json["next_run_at"] is None


def test_a_time_has_a_zone_and_one_that_has_passed_means_now(operator: Caller, fleet: int) -> None:
    pull = ("pull_hosts", {"monitor_id": fleet})
    shanghai = ask(operator, *pull, run_at=later(9 * HOUR, "+08:00")).json
    assert timedelta(minutes=59) < Timestamp().deserialize(shanghai["run_at"]) - datetime.now(UTC) <= HOUR
    passed = ask(operator, *pull, run_at=later(-HOUR)).json["task_id"]
    assert operator.get(f"/tasks/{passed}").json["next_run_at"] is None
    assert operator.get("/queue/stats").json["pull_hosts"] == 1
    assert ask(operator, *pull, run_at=later(timedelta(days=365))).status == 202


@pytest.mark.parametrize(
    ("change", "field", "remedy"),
    [
        ({"run_at": "2026-01-31T12:00:00"}, "run_at", "Must be a time like 2026-01-31T12:00:00Z."),
        ({"run_at": "tomorrow"}, "run_at", "Must be a time like 2026-01-31T12:00:00Z."),
        ({"run_at": 1800000000}, "run_at", "Must be a time like 2026-01-31T12:00:00Z."),
        (
            {"run_at": later(timedelta(days=367))},
            "run_at",
            "Must be at most 366 days ahead: create a schedule for later runs.",
        ),
        ({"type": "receive_alerts"}, "type", None),
        ({"type": "acknowledge_alert"}, "type", None),
        ({"type": "reboot"}, "type", None),
        ({"unique": "yes"}, "unique", "Not a valid boolean."),
        ({"params": {}}, "params.monitor_id", "Missing data for required field."),
        ({"params": None}, "params", None),
        ({"params": {"monitor_id": "1"}}, "params.monitor_id", "Not a valid integer."),
        ({"params": {"monitor_id": 0}}, "params.monitor_id", None),
        ({"params": {"monitor_id": 1, "host_id": 1}}, "params.host_id", "Unknown field."),
        ({"params": {"monitor_id": 1, "reports": []}}, "params.reports", "Unknown field."),
        ({"type": "generate_alerts", "params": {"count": 10001}}, "params.count", None),
        ({"type": "generate_alerts", "params": {"severity": 3}}, "params.severity", None),
        ({"type": "notify", "params": {"test": True}}, "params.notification_id", "Missing data for required field."),
        (
            {"type": "notify", "params": {"notification_id": 1}},
            "params.test",
            "Must be true: nagare itself sends the messages about alerts.",
        ),
        ({"priority": 1}, "priority", "Unknown field."),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_its_field(
    operator: Caller, change: dict[str, Any], field: str, remedy: str | None
) -> None:
    answer = operator.post("/tasks", {"type": "pull_hosts", "params": {"monitor_id": 1}, **change})
    assert (answer.status, list(answer.json["errors"])) == (422, [field])
    assert remedy is None or answer.json["errors"][field] == [remedy]


def test_what_its_own_request_refuses_is_refused(operator: Caller, admin: Caller, fleet: int) -> None:
    assert ask(operator, "pull_hosts", {"monitor_id": 999}).status == 404
    assert ask(operator, "notify", {"notification_id": 999, "test": True}).status == 404
    assert ask(operator, "push_host", {"monitor_id": fleet, "host_id": 1}).status == 409
    admin.patch(f"/monitors/{fleet}", {"enabled": False})
    disabled = ask(operator, "pull_hosts", {"monitor_id": fleet}, run_at=later())
    assert (disabled.status, disabled.json["detail"]) == (409, f"monitor {fleet} is disabled: enable it first")


def test_a_viewer_asks_for_nothing_and_a_token_only_for_what_its_scopes_allow(
    app: Any, viewer: Caller, operator: Caller, params: dict[str, dict[str, Any]]
) -> None:
    assert ask(viewer, "sync", params["sync"]).status == 403
    allowed = {}
    for scopes in (["alerts:write"], ["tasks:write"], ["tasks:write", "alerts:write", "settings:write"]):
        wanted = {"name": scopes[-1], "role": "operator", "scopes": scopes, "days": 1}
        token = operator.post("/tokens", wanted).json["token"]
        caller = Caller(app.test_client(), token)
        allowed[scopes[-1]] = [
            type_ for type_ in ("sync", "generate_alerts", "notify") if ask(caller, type_, params[type_]).status == 202
        ]
    assert allowed == {
        "alerts:write": [],
        "tasks:write": ["sync"],
        "settings:write": ["sync", "generate_alerts", "notify"],
    }


def test_a_repeat_with_its_key_is_the_first_task_also_after_its_time(
    operator: Caller, services: Services, fleet: int
) -> None:
    run_at = later()
    request = {"type": "pull_hosts", "params": {"monitor_id": fleet}, "run_at": run_at}
    key = {"Idempotency-Key": "nightly"}
    first = operator.post("/tasks", request, headers=key)
    assert operator.post("/tasks", request, headers=key).json == first.json
    begin(services, first.json["task_id"])
    assert operator.post("/tasks", request, headers=key).json == first.json
    for other in ({"run_at": later(2 * HOUR)}, {"run_at": None}):
        refused = operator.post("/tasks", {**request, **other}, headers=key)
        assert (refused.status, list(refused.json["errors"])) == (422, ["Idempotency-Key"])


def begin(services: Services, task_id: str) -> None:
    """Let the time of a scheduled task come, and a worker begin it."""
    with services.database.transaction() as connection:
        due = {"next_run_at": datetime.now(UTC)}
        connection.execute(update(TaskRun).where(TaskRun.id == task_id).values(due))
    assert services.ledger.lifecycle.begin(task_id, "worker@test/1") is not None


def test_a_unique_request_is_the_task_for_the_same_work_and_time(operator: Caller, fleet: int) -> None:
    one, other = later(), later(2 * HOUR)
    pull = ("pull_hosts", {"monitor_id": fleet})
    first = ask(operator, *pull, run_at=one).json["task_id"]
    assert ask(operator, *pull, run_at=one, unique=True).json["task_id"] == first
    assert ask(operator, *pull, run_at=one).json["task_id"] != first
    second = ask(operator, *pull, run_at=other, unique=True).json["task_id"]
    now = ask(operator, *pull, unique=True).json["task_id"]
    assert len({first, second, now}) == 3
    assert operator.post(f"/monitors/{fleet}/hosts/pull-async?unique=true").json["task_id"] == now


def test_the_pages_show_for_when_a_task_is_scheduled(
    operator: Caller, browse: Callable[[str], Browser], services: Services, fleet: int
) -> None:
    operator_page = browse("operator")
    run_at = datetime.now(UTC).replace(hour=3, minute=4) + timedelta(days=2)
    request = {"type": "pull_hosts", "params": {"monitor_id": fleet}, "run_at": run_at.isoformat()}
    task_id = operator.post("/tasks", request).json["task_id"]
    chinese = {"Accept-Language": "zh"}
    assert f"scheduled for {run_at.day} {run_at:%b %Y}, 03:04" in operator_page.get("/tasks").text
    assert f"计划于 {run_at:%Y-%m-%d} 03:04 执行" in operator_page.get("/tasks", chinese).text
    path = f"/tasks/{task_id}"
    assert f"<dt>Scheduled for</dt><dd>{run_at.day} {run_at:%b %Y}, 03:04" in operator_page.get(path).text
    assert f"<dt>计划执行时间</dt><dd>{run_at:%Y-%m-%d} 03:04" in operator_page.get(path, chinese).text
    assert task_id not in operator_page.get("/monitors").text
    assert operator_page.post(f"{path}/cancel").status == 303
    assert services.ledger.tasks.get(task_id)["state"] == "cancelled"
    assert "Scheduled for" not in operator_page.get(path).text
