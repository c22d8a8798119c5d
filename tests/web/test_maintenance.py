"""Maintenance windows that recur, over the API."""

import pytest

from tests.web.caller import Caller

START, END = "2099-01-31T12:00:00Z", "2099-01-31T13:00:00Z"
TIMES = {"starts_at": START, "ends_at": END, "rrule": "FREQ=DAILY;COUNT=3", "timezone": "Asia/Shanghai"}


def test_a_window_that_recurs(operator: Caller, viewer: Caller, fleet: int) -> None:
    made = operator.post("/maintenance", {"name": "每日重启", "monitor_id": fleet, **TIMES})
    assert made.status == 201
    assert {name: made.json[name] for name in TIMES} == TIMES
    assert (made.json["current_starts_at"], made.json["at_source"]) == (START, [])
    path = f"/maintenance/{made.json['id']}"
    assert viewer.get(f"{path}/occurrences").json == {
        "items": [
            {"starts_at": f"2099-0{day}T12:00:00Z", "ends_at": f"2099-0{day}T13:00:00Z"}
            for day in ("1-31", "2-01", "2-02")
        ]
    }
    assert len(viewer.get(f"{path}/occurrences?limit=2").json["items"]) == 2
    assert viewer.get(f"{path}/occurrences?limit=0").status == 422
    assert operator.get("/maintenance/999/occurrences").status == 404
    assert operator.post(f"{path}/end").status == 409
    begun = operator.call("PATCH", path, json={"starts_at": "2020-01-31T12:00:00Z", "rrule": None})
    assert (begun.status, begun.json["current_starts_at"]) == (200, "2020-01-31T12:00:00Z")
    ended = operator.post(f"{path}/end")
    assert (ended.status, ended.json["ends_at"]) == (200, ended.json["current_ends_at"])
    assert viewer.post(f"{path}/end").status == 403


def test_a_preview_saves_nothing_and_needs_only_the_right_to_read(viewer: Caller) -> None:
    shown = viewer.post("/maintenance/preview?limit=2", TIMES)
    assert (shown.status, [one["starts_at"] for one in shown.json["items"]]) == (200, [START, "2099-02-01T12:00:00Z"])
    assert viewer.get("/maintenance").json["items"] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rrule": "nonsense"}, "rrule"),
        ({"rrule": ""}, "rrule"),
        ({"rrule": "FREQ=SECONDLY"}, "rrule"),
        ({"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "rrule"),
        ({"rrule": "FREQ=DAILY", "ends_at": "2099-02-02T12:00:00Z"}, "rrule"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"starts_at": "1969-01-31T12:00:00Z", "ends_at": "1969-01-31T13:00:00Z"}, "starts_at"),
        ({"ends_at": START}, "ends_at"),
        ({"push_to_source": "yes"}, "push_to_source"),
        ({"push_to_source": True}, "push_to_source"),
    ],
)
def test_a_window_that_cannot_recur_names_the_field(
    operator: Caller, fleet: int, changes: dict[str, object], field: str
) -> None:
    answer = operator.post("/maintenance", {"name": "w", "monitor_id": fleet, **TIMES, **changes})
    assert (answer.status, list(answer.json["errors"])) == (422, [field])
    if "push_to_source" not in changes:
        assert operator.post("/maintenance/preview", {**TIMES, **changes}).status == 422
