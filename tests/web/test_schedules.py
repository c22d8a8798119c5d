"""Schedules over HTTP."""

import pytest

from tests.web.caller import Caller


def test_a_schedule_from_its_making_to_its_end(admin: Caller, viewer: Caller, fleet: int) -> None:
    new = {
        "name": "夜间同步",
        "cron": "30 2 * * *",
        "timezone": "Asia/Shanghai",
        "task_type": "sync",
        "params": {"monitor_id": fleet},
    }
    made = admin.post("/schedules", new)
    assert (made.status, made.headers["Location"]) == (201, f"/api/v1/schedules/{made.json['id']}")
    rest = {"enabled": True, "last_run_at": None, "last_task_id": None, "last_error": None}
    assert made.json == {
        **{**new, **rest, "id": made.json["id"]},
        **{name: made.json[name] for name in ("next_run_at", "created_at")},
    }
    assert made.json["next_run_at"].endswith("T18:30:00Z")
    path = f"/schedules/{made.json['id']}"
    assert viewer.get("/schedules").json["items"] == [made.json]
    changed = admin.call("PATCH", path, json={"cron": "0 3 * * *", "enabled": False})
    assert (changed.status, changed.json["enabled"]) == (200, False)
    assert viewer.get(path).json["next_run_at"].endswith("T19:00:00Z")
    assert admin.patch(path, {"params": {"monitor_id": fleet, "host_id": 1}}).json["errors"] == {
        "params.host_id": ["Unknown field."]
    }
    assert admin.patch(path, {"params": {"monitor_id": 999999}}).status == 404
    assert admin.post("/schedules", new).status == 409
    assert admin.call("DELETE", path).status == 204
    assert viewer.get(path).status == 404


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"cron": "every day"}, 422, "cron"),
        ({"timezone": "Mars"}, 422, "timezone"),
        ({"task_type": "push_host"}, 422, "task_type"),
        ({"params": {"monitor_id": 1, "count": 5}}, 422, "params.count"),
        ({"params": {}}, 422, "params.monitor_id"),
        ({"task_type": "generate_alerts", "params": {"count": 0}}, 422, "params.count"),
        ({"params": {"monitor_id": 999999}}, 404, None),
        ({"name": ""}, 422, "name"),
    ],
)
def test_what_is_no_schedule_is_refused(
    admin: Caller, fleet: int, changes: dict[str, object], status: int, field: str | None
) -> None:
    new = {"name": "n", "cron": "* * * * *", "task_type": "pull_hosts", "params": {"monitor_id": fleet}}
    answer = admin.post("/schedules", {**new, **changes})
    assert (answer.status, next(iter(answer.json.get("errors", {})), None)) == (status, field)
