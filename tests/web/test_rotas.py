"""Rotas over HTTP: who is on call, who takes over, and what calendars subscribe to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from app import clock
from app.composition import Services
from app.enums import Role
from tests.web.caller import PASSWORD, Answer, Caller

NOW = datetime(2026, 12, 7, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def people(services: Services) -> dict[str, int]:
    """Return the ids of three users."""
    return {
        name: int(services.access.users.create(name, PASSWORD, Role.OPERATOR)["id"]) for name in ("晓明", "ben", "cho")
    }


def layer(*users: int, **fields: Any) -> dict[str, Any]:
    return {"users": list(users), "starts_at": "2026-11-30T09:00", "every": 1, "unit": "weeks", **fields}


def rota(*layers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"name": "支付", "timezone": "Europe/Berlin", "layers": list(layers), **fields}


@pytest.fixture
def made(admin: Caller, people: dict[str, int]) -> Any:
    """Return a rota in which two people take turns by weeks, and the hours of Monday evening are a third one's."""
    evening = [{"days": ["mon"], "from": "18:00", "until": "02:00"}]
    return admin.post(
        "/rotas",
        rota(
            layer(people["晓明"], people["ben"], name="weeks"),
            layer(people["cho"], name="evening", restrictions=evening),
        ),
    ).json


def text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def shown(answer: Answer) -> list[tuple[str, str, str | None]]:
    return [(each["starts_at"], each["ends_at"], each["username"]) for each in answer.json["items"]]


def test_a_rota_from_its_making_to_its_end(admin: Caller, viewer: Caller, made: Any) -> None:
    path = f"/rotas/{made['id']}"
    assert viewer.get(path).json == made
    assert viewer.get("/rotas").json["items"] == [made]
    assert made["layers"][1]["restrictions"] == [{"days": ["mon"], "from": "18:00", "until": "02:00"}]
    assert (made["has_holidays"], made["has_calendar_link"], made["team_id"]) == (False, False, None)
    changed = admin.patch(path, {"name": "Payments", "timezone": "Asia/Shanghai"}).json
    assert changed == {**made, "name": "Payments", "timezone": "Asia/Shanghai"}
    assert admin.patch(path, {"layers": [layer(made["layers"][0]["users"][0])]}).json["layers"][0]["every"] == 1
    assert admin.delete(path).status == 204
    assert viewer.get(path).status == admin.delete(path).status == 404
    audited = [each for each in admin.get("/audit?object_type=rota").json["items"] if each["object_id"] == made["id"]]
    assert [each["after"].get("name") for each in reversed(audited)] == ["支付", "Payments", None, None]


def test_shifts_say_who_is_on_call_without_any_time_left_out(viewer: Caller, made: Any) -> None:
    answer = viewer.get(f"/rotas/{made['id']}/shifts?from=2026-12-07T07:00:00Z&until=2026-12-08T12:00:00Z")
    assert shown(answer) == [
        ("2026-12-07T07:00:00Z", "2026-12-07T08:00:00Z", "晓明"),
        ("2026-12-07T08:00:00Z", "2026-12-07T17:00:00Z", "ben"),
        ("2026-12-07T17:00:00Z", "2026-12-08T01:00:00Z", "cho"),
        ("2026-12-08T01:00:00Z", "2026-12-08T12:00:00Z", "ben"),
    ]
    [now] = viewer.get("/on-call/now").json["items"]
    assert (now["username"], now["layer_name"], now["until"]) == ("ben", "weeks", "2026-12-07T17:00:00Z")
    assert (now["next"]["username"], now["next"]["layer_name"]) == ("cho", "evening")


def test_the_newest_override_counts_and_names_what_it_overlaps(
    operator: Caller, viewer: Caller, made: Any, people: dict[str, int]
) -> None:
    path = f"/rotas/{made['id']}/overrides"
    span = {"starts_at": text(NOW), "ends_at": text(NOW + HOUR)}
    first = operator.post(path, {"user_id": people["晓明"], **span})
    assert (first.status, first.json["overlaps"], first.json["created_by"]) == (201, [], "operator")
    second = operator.post(path, {"user_id": people["cho"], **span, "comment": "牙医"}).json
    assert [each["id"] for each in second["overlaps"]] == [first.json["id"]]
    assert viewer.get("/on-call/now").json["items"][0]["override_id"] == second["id"]
    assert operator.delete(f"/overrides/{second['id']}").status == 204
    assert viewer.get("/on-call/now").json["items"][0]["username"] == "晓明"
    assert [each["id"] for each in viewer.get(path).json["items"]] == [first.json["id"]]
    assert operator.delete(f"/overrides/{second['id']}").status == 404
    assert viewer.post(path, {"user_id": people["cho"], **span}).status == 403


def test_two_people_swap_their_shifts_or_nothing_changes(
    operator: Caller, viewer: Caller, made: Any, people: dict[str, int]
) -> None:
    given = {"user_id": people["ben"], "starts_at": text(NOW), "ends_at": text(NOW + HOUR)}
    taken = {"user_id": people["晓明"], "starts_at": "2026-12-15T09:00:00Z", "ends_at": "2026-12-15T12:00:00Z"}
    path = f"/rotas/{made['id']}"
    swapped = operator.post(f"{path}/swaps", {"given": given, "taken": taken})
    assert [each["user_id"] for each in swapped.json["items"]] == [people["晓明"], people["ben"]]
    assert viewer.get("/on-call/now").json["items"][0]["username"] == "晓明"
    assert shown(viewer.get(f"{path}/shifts?from=2026-12-15T10:00:00Z&until=2026-12-15T11:00:00Z"))[0][2] == "ben"
    again = operator.post(f"{path}/swaps", {"given": given, "taken": taken})
    assert (again.status, "is not on call" in again.json["detail"]) == (409, True)
    assert len(viewer.get(f"{path}/overrides").json["items"]) == 2


def test_a_gap_has_a_reason(admin: Caller, viewer: Caller, made: Any, people: dict[str, int]) -> None:
    path = f"/rotas/{made['id']}"
    assert viewer.get(f"{path}/gaps").json == {"items": []}
    admin.patch(f"/users/{people['ben']}", {"enabled": False})
    [first, *_] = viewer.get(f"{path}/gaps?days=2").json["items"]
    assert (first["reason"], first["absent_username"], first["user_id"]) == ("user_disabled", "ben", None)
    admin.delete(f"/users/{people['ben']}")
    [first, *_] = viewer.get(f"{path}/gaps?days=2").json["items"]
    assert (first["reason"], first["absent_user_id"], first["absent_username"]) == ("user_deleted", people["ben"], None)
    [now] = viewer.get("/on-call/now").json["items"]
    assert (now["user_id"], now["reason"], now["next"]["username"]) == (None, "user_deleted", "cho")


HOLIDAYS = """BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20201207
RRULE:FREQ=YEARLY
SUMMARY:生日
END:VEVENT
END:VCALENDAR
"""


def test_holidays_are_for_a_layer_of_their_own(admin: Caller, viewer: Caller, people: dict[str, int]) -> None:
    made = admin.post(
        "/rotas",
        rota(layer(people["ben"], holidays="except"), layer(people["cho"], holidays="only"), name="by days"),
    ).json
    path = f"/rotas/{made['id']}"
    put = admin.call("PUT", f"{path}/holidays", data=HOLIDAYS.encode(), content_type="text/calendar")
    assert (put.status, put.json) == (200, {"events": 1})
    assert viewer.get(f"{path}/holidays").json == {"calendar": HOLIDAYS}
    assert viewer.get(path).json["has_holidays"] is True
    day = f"{path}/shifts?from=2026-12-07T12:00:00Z&until=2026-12-08T12:00:00Z"
    assert shown(viewer.get(day)) == [
        ("2026-12-07T12:00:00Z", "2026-12-07T23:00:00Z", "cho"),
        ("2026-12-07T23:00:00Z", "2026-12-08T12:00:00Z", "ben"),
    ]
    assert admin.put(f"{path}/holidays", {"calendar": ""}).json == {"events": 0}
    assert {user for *_, user in shown(viewer.get(day))} == {"ben"}
    refused = admin.call("PUT", f"{path}/holidays", data=b"Christmas", content_type="text/calendar")
    assert (refused.status, "iCalendar" in refused.json["errors"]["calendar"][0]) == (422, True)


def test_calendars_subscribe_by_a_secret_link(admin: Caller, nobody: Caller, viewer: Caller, made: Any) -> None:
    path = f"/rotas/{made['id']}"
    link = admin.post(f"{path}/calendar-link").json["url"].removeprefix("http://localhost/api/v1")
    answer = nobody.get(link)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    events = Calendar.from_ical(answer.text).walk("VEVENT")
    summaries = [str(event["SUMMARY"]) for event in events]
    assert {"晓明 — 支付", "ben — 支付", "cho — 支付"} == set(summaries)
    assert len({str(event["UID"]) for event in events}) == len(events)
    mine = Calendar.from_ical(nobody.get(f"{link}?user=cho").text).walk("VEVENT")
    assert [str(each["UID"]) for each in mine] == [str(each["UID"]) for each in events if "cho" in str(each["SUMMARY"])]
    assert nobody.get(f"{link}?user=nobody").status == 404
    assert viewer.get(path).json["has_calendar_link"] is True
    other = admin.post(f"{path}/calendar-link").json["url"].removeprefix("http://localhost/api/v1")
    assert (nobody.get(link).status, nobody.get(other).status) == (404, 200)
    assert admin.delete(f"{path}/calendar-link").status == 204
    assert nobody.get(other).status == 404
    assert "cal_" not in admin.get("/audit").text


def test_everybody_sees_the_own_shifts(operator: Caller, admin: Caller, services: Services) -> None:
    user_id = services.access.users.get_by_name("operator")["id"]
    made = admin.post("/rotas", rota(layer(user_id))).json
    shifts = operator.get("/users/me/shifts?until=2026-12-21T10:00:00Z").json["items"]
    assert [(each["rota_id"], each["starts_at"]) for each in shifts] == [
        (made["id"], "2026-12-07T10:00:00Z"),
        (made["id"], "2026-12-14T08:00:00Z"),
        (made["id"], "2026-12-21T08:00:00Z"),
    ]
    assert admin.get("/users/me/shifts").json == {"items": []}


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"timezone": "Europe/Nowhere"}, "timezone"),
        ({"layers": []}, "layers"),
        ({"layers": [layer(1)] * 21}, "layers"),
        ({"layers": [layer(1) | {"users": []}]}, "layers.0.users"),
        ({"layers": [layer(*[1] * 101)]}, "layers.0.users"),
        ({"layers": [layer(999_999)]}, "layers.0.users.0"),
        ({"team_id": 99_999}, "team_id"),
        ({"layers": [layer(1, starts_at="1969-12-31T09:00")]}, "layers.0.starts_at"),
        ({"layers": [layer(1, starts_at="2101-01-01T09:00")]}, "layers.0.starts_at"),
        ({"layers": [layer(1, starts_at="2026-02-30T09:00")]}, "layers.0.starts_at"),
        ({"layers": [layer(1, starts_at="2026-12-01T09:00Z")]}, "layers.0.starts_at"),
        ({"layers": [layer(1, every=0)]}, "layers.0.every"),
        ({"layers": [layer(1, every=13, unit="months")]}, "layers.0.every"),
        ({"layers": [layer(1, unit="years")]}, "layers.0.unit"),
        ({"layers": [layer(1, ends_at="2026-11-30T09:00")]}, "layers.0.ends_at"),
        ({"layers": [layer(1, holidays="maybe")]}, "layers.0.holidays"),
        (
            {"layers": [layer(1, restrictions=[{"days": ["mon"], "from": "09:00", "until": "09:00"}])]},
            "layers.0.restrictions.0.until",
        ),
        (
            {"layers": [layer(1, restrictions=[{"days": [], "from": "09:00", "until": "10:00"}])]},
            "layers.0.restrictions.0.days",
        ),
        (
            {"layers": [layer(1, restrictions=[{"days": ["mon"], "from": "9:00", "until": "25:00"}])]},
            "layers.0.restrictions.0.from",
        ),
    ],
)
def test_what_is_wrong_is_named(admin: Caller, fields: dict[str, Any], named: str) -> None:
    refused = admin.post("/rotas", rota(layer(1), **{"name": "x"}) | fields)
    assert (refused.status, named in refused.json["errors"]) == (422, True), refused.json


def test_what_does_not_fit_is_refused(admin: Caller, operator: Caller, made: Any, people: dict[str, int]) -> None:
    path = f"/rotas/{made['id']}"
    assert admin.post("/rotas", rota(layer(1))).status == 409
    refused = [
        {"user_id": people["ben"], "starts_at": text(NOW), "ends_at": text(NOW)},
        {"user_id": people["ben"], "starts_at": text(NOW - 2 * HOUR), "ends_at": text(NOW - HOUR)},
        {"user_id": people["ben"], "starts_at": text(NOW), "ends_at": text(NOW + 24 * 367 * HOUR)},
        {"user_id": 99_999, "starts_at": text(NOW), "ends_at": text(NOW + HOUR)},
    ]
    errors = [operator.post(f"{path}/overrides", body).json["errors"] for body in refused]
    assert [next(iter(each)) for each in errors] == ["ends_at", "ends_at", "ends_at", "user_id"]
    for query, field in (
        ("from=2026-12-07T07:00:00Z&until=2026-12-07T07:00:00Z", "until"),
        ("from=2026-12-07T07:00:00Z&until=2028-12-07T07:00:00Z", "until"),
        ("from=1960-12-07T07:00:00Z&until=1960-12-08T07:00:00Z", "from"),
    ):
        assert field in operator.get(f"{path}/shifts?{query}").json["errors"]
    assert operator.get("/rotas/99999/shifts").status == operator.get("/rotas/99999/gaps").status == 404
