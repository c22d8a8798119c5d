"""The pages of rotas: the calendar, overrides and swaps, and the form of layers."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app import clock
from app.composition import Services
from app.store.database.pages import PageRequest
from app.web.dashboard.rota_calendar import period_of
from tests.web.browser import Browser
from tests.web.caller import Caller

NOW = datetime(2026, 12, 7, 10, 0, tzinfo=UTC)
ALL = PageRequest(limit=500)
LAYER = {"users": [1, 2], "starts_at": "2026-11-30T09:00", "every": 1, "unit": "weeks", "name": "weeks"}
FORM = {
    "name": "支付",
    "timezone": "Europe/Berlin",
    "layers.0.name": "weeks",
    "layers.0.users": ["2", "", "1"],
    "layers.0.starts_at": "2026-11-30T09:00",
    "layers.0.every": "1",
    "layers.0.unit": "weeks",
    "layers.0.ends_at": "",
    "layers.0.holidays": "except",
    "layers.0.restrictions.0.days": ["mon", "tue"],
    "layers.0.restrictions.0.from": "09:00",
    "layers.0.restrictions.0.until": "00:00",
}


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def rota(admin: Caller) -> str:
    """Return the page of a rota in which viewer and operator take turns by weeks."""
    made = admin.post("/rotas", {"name": "支付", "timezone": "Europe/Berlin", "layers": [LAYER]}).json
    return f"/rotas/{made['id']}"


def overrides(services: Services) -> list[tuple[int, str, str]]:
    rows = services.on_call.overrides.list(ALL, 1).items
    return [(each["user_id"], f"{each['starts_at']:%d %H:%M}", f"{each['ends_at']:%d %H:%M}") for each in rows]


def pieces(page: str, day: str) -> list[str]:
    """Return who is on call on a day of the calendar, with the hours."""
    cell = page.partition(f'<time datetime="{day}">')[2].partition("</ul>")[0]
    return [re.sub(r"<[^>]+>", "", each).strip() for each in re.findall(r'<li class="person.*?</li>', cell)]


def test_who_is_on_call_now_and_next_and_in_the_calendar(browse: Callable[[str], Browser], rota: str) -> None:
    viewer = browse("viewer")
    page = viewer.get("/rotas").text
    assert "支付" in page and "<strong>operator</strong>" in page and "<strong>viewer</strong>" in page
    month = viewer.get(f"{rota}?on=2026-12-01").text
    assert pieces(month, "2026-12-06") == ["viewer"]
    assert pieces(month, "2026-12-07") == ["viewer –09:00", "operator 09:00–"]
    assert month.count('<li class="day') + month.count('<li id="today" class="day') == 35
    week = viewer.get(f"{rota}?view=week&on=2026-12-30").text
    assert re.findall(r'<time datetime="(2026-12-\d\d|2027-01-\d\d)">', week) == [
        *(f"2026-12-{day}" for day in (28, 29, 30, 31)),
        *(f"2027-01-0{day}" for day in (1, 2, 3)),
    ]
    assert "data-day" not in month and "data-day" in browse("operator").get(rota).text
    assert viewer.get(f"{rota}?view=year").status == viewer.get(f"{rota}?on=1900-01-01").status == 422
    assert "支付" in viewer.get("/shifts").text and "You are not on call" in browse("admin").get("/shifts").text


def test_an_override_and_its_end(browse: Callable[[str], Browser], rota: str, services: Services) -> None:
    operator = browse("operator")
    operator.client.set_cookie("nagare_zone", "Asia/Shanghai")
    form = {"user_id": "3", "starts_at": "2026-12-08T08:00", "ends_at": "2026-12-09T08:00", "comment": "牙医"}
    told = operator.follow(operator.post(f"{rota}/overrides?back={rota}%3Fview=week", form)).text
    assert "The override is added." in told and "牙医" in told
    assert overrides(services) == [(3, "08 00:00", "09 00:00")]
    assert "It counts before 1 older ones." in operator.follow(operator.post(f"{rota}/overrides", form)).text
    assert pieces(operator.get(rota).text, "2026-12-08") == ["operator –01:00", "admin⇄ 01:00–"]
    refused = operator.post(f"{rota}/overrides", {**form, "ends_at": "2026-12-08T08:00"})
    assert (refused.status, "Must be after the start." in refused.text) == (422, True)
    assert "The override is deleted." in operator.follow(operator.post("/overrides/2/delete")).text
    assert len(overrides(services)) == 1


def test_two_shifts_are_swapped(browse: Callable[[str], Browser], rota: str, services: Services) -> None:
    operator = browse("operator")
    choices = re.findall(r'<option value="(\d\|[^"]+)">', operator.get(rota).text)
    told = operator.post(f"{rota}/swaps", {"given": choices[0], "taken": choices[1]})
    assert "The shifts are swapped." in operator.follow(told).text
    assert [user_id for user_id, *_ in overrides(services)] == [2, 1]
    assert operator.post(f"{rota}/swaps", {"given": "nonsense", "taken": choices[1]}).status == 422


def test_the_form_of_layers_changes_its_rows_before_it_is_saved(
    browse: Callable[[str], Browser], services: Services
) -> None:
    admin = browse("admin")

    def users(page: str) -> list[str]:
        return re.findall(r'<option value="(\d)" selected>', page)

    assert users(admin.get("/rotas/new").text) == []
    moved = admin.post("/rotas/new", {**FORM, "do": "raise-person:0:1"}).text
    assert users(moved) == ["1", "2"]
    assert admin.post("/rotas/new", {**FORM, "do": "add-layer"}).text.count("<fieldset") == 2
    assert admin.post("/rotas/new", {**FORM, "do": "add-hours:0"}).text.count('class="hours-row"') == 2
    assert admin.post("/rotas/new", {**FORM, "do": "remove-hours:0:0"}).text.count('class="hours-row"') == 0
    for nonsense in ("remove-layer:7", "raise-layer:0", "raise-person:0:9", "raise-person:0", "", "nonsense:x"):
        assert admin.post("/rotas/new", {**FORM, "do": nonsense}).status == 200
    assert services.on_call.rotas.list(ALL).items == []

    told = admin.follow(admin.post("/rotas/new", FORM))
    assert "Saved: 支付" in told.text
    [made] = services.on_call.rotas.list(ALL).items
    [layer] = made["layers"]
    assert (layer["users"], layer["holidays"], layer["ends_at"]) == ([2, 1], "except", None)
    assert layer["restrictions"] == [{"days": ["mon", "tue"], "from": "09:00", "until": "24:00"}]
    path = f"/rotas/{made['id']}"
    assert users(admin.get(f"{path}/edit").text) == ["2", "1"]
    refused = admin.post(f"{path}/edit", {**FORM, "layers.0.every": "0"})
    assert (refused.status, "layers.0.every" in refused.text) == (422, True)
    assert admin.post(f"{path}/edit", {**FORM, "timezone": "Nowhere"}).status == 422
    admin.post(f"{path}/edit", {**FORM, "name": "Payments"})
    assert services.on_call.rotas.get(made["id"])["name"] == "Payments"
    assert "Deleted: Payments" in admin.follow(admin.post(f"{path}/delete")).text
    assert browse("operator").get("/rotas/new").status == 403


def test_the_form_chooses_the_team_of_a_rota(
    browse: Callable[[str], Browser], admin: Caller, rota: str, services: Services
) -> None:
    page = browse("admin")
    team = admin.post("/teams", {"name": "支付组", "members": []}).json["id"]

    def chosen(text: str) -> list[str]:
        form = text.partition('name="team_id"')[2].partition("</select>")[0]
        return re.findall(r'<option value="(\d*)" selected>', form)

    def kept() -> int | None:
        found: int | None = services.on_call.rotas.get(int(rota.rpartition("/")[2]))["team_id"]
        return found

    assert chosen(page.get(f"{rota}/edit").text) == []
    assert chosen(page.post(f"{rota}/edit", {**FORM, "team_id": str(team), "do": "add-layer"}).text) == [str(team)]
    assert kept() is None
    page.post(f"{rota}/edit", {**FORM, "team_id": str(team)})
    assert (kept(), chosen(page.get(f"{rota}/edit").text)) == (team, [str(team)])
    assert "<dd>支付组</dd>" in page.get(rota).text
    refused = page.post(f"{rota}/edit", {**FORM, "team_id": "99999"})
    assert (refused.status, "This team no longer exists." in refused.text) == (422, True)
    assert page.post(f"{rota}/edit", {**FORM, "team_id": "x"}).status == 422
    page.post(f"{rota}/edit", {**FORM, "team_id": ""})
    assert kept() is None


def test_holidays_and_the_calendar_link(browse: Callable[[str], Browser], rota: str, nobody: Caller) -> None:
    admin = browse("admin")
    day = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261225\r\nEND:VEVENT\r\nEND:VCALENDAR"
    assert "The calendar has 1 events." in admin.follow(admin.post(f"{rota}/holidays", {"calendar": day})).text
    assert "DTSTART;VALUE=DATE:20261225" in admin.get(rota).text
    assert admin.post(f"{rota}/holidays", {"calendar": "Christmas"}).status == 422
    assert "The calendar has 0 events." in admin.follow(admin.post(f"{rota}/holidays", {"calendar": ""})).text
    page = admin.post(f"{rota}/calendar-link").text
    [link] = re.findall(r"http://localhost(/api/v1/rotas/cal_[0-9a-f]{40}\.ics)", page)
    assert nobody.call_root("GET", link).status == 200
    assert link not in admin.get(rota).text
    admin.post(f"{rota}/calendar-link/delete")
    assert nobody.call_root("GET", link).status == 404


def test_gaps_and_users_who_are_gone_are_shown(browse: Callable[[str], Browser], rota: str, services: Services) -> None:
    services.access.users.update(2, {"enabled": False})
    page = browse("admin").get(rota).text
    assert "Nobody is on call at 3 times" in page and "It is the turn of operator, who is disabled" in page
    browser = browse("viewer")
    browser.client.set_cookie("nagare_language", "zh")
    assert "轮到 operator，但该用户已停用" in browser.get("/rotas").text
    assert "operator (disabled or deleted)" in browse("admin").get(f"{rota}/edit").text


def test_a_month_is_whole_weeks() -> None:
    period: Any = period_of("month", date(2026, 2, 14))
    assert (period.first, period.last) == (date(2026, 1, 26), date(2026, 3, 2))
    assert (period.before, period.after) == (date(2026, 1, 1), date(2026, 3, 1))
    period = period_of("month", date(2027, 2, 1))
    assert (period.first, period.last) == (date(2027, 2, 1), date(2027, 3, 1))
