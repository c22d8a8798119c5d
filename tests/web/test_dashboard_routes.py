"""The routes in the dashboard: added, moved, edited and tried, as their forms send it."""

import re
from collections.abc import Callable

import pytest

from app.composition import Services
from app.services.access.audit import Editor
from app.web.dashboard.pages.routes import RouteFormSchema, TrialFormSchema
from tests.services.alert_rows import add_alert
from tests.web.browser import HTMX, Browser
from tests.web.caller import Answer

pytestmark = pytest.mark.usefixtures("forked_sender")


@pytest.fixture
def admin_page(browse: Callable[[str], Browser]) -> Browser:
    return browse("admin")


def make(page: Browser, name: str, **fields: str) -> str:
    form = {"name": name, "goes_to": "none", "parent_id": "", "match": "", "min_severity": "0", "monitor_id": ""}
    return page.follow(page.post("/routes", {**form, "group": "", "group_by": "", "continues": "false", **fields})).text


def order(services: Services) -> list[str]:
    return [f"{'  ' * route['depth']}{route['name']}" for route in services.response.routes.list()]


def names_in(page: str, action: str) -> set[str]:
    form = page[page.index(f'action="{action}"') :].partition("</form>")[0]
    return {*re.findall(r'<(?:input|select|textarea) [^>]*name="(\w+)"', form)} - {"csrf_token"}


def test_routes_are_added_moved_edited_and_deleted(admin_page: Browser, services: Services, fleet: int) -> None:
    assert "No routes" in admin_page.get("/routes").text
    channel = services.response.notifications.create(NOTIFICATION)["channel_id"]
    assert "Route payments added." in make(admin_page, "payments", match='team="pay"', goes_to=f"channel_id:{channel}")
    [_, payments] = services.response.routes.list()
    assert (payments["target"], payments["channel_id"]) == ("channel", channel)
    make(admin_page, "rest", monitor_id=str(fleet), group_by="alert.host, team", continues="true")
    make(admin_page, "below", parent_id=str(payments["id"]))
    assert order(services) == ["on call", "payments", "  below", "rest"]
    page = admin_page.get("/routes").text
    assert 'class="depth-1"' in page
    rest = services.response.routes.list()[-1]
    assert (rest["group_by"], rest["continues"], rest["monitor_id"]) == (["alert.host", "team"], True, fleet)
    admin_page.post(f"/routes/{rest['id']}", {"position": "0"})
    assert order(services) == ["rest", "on call", "payments", "  below"]
    shown = admin_page.get(f"/routes/{payments['id']}").text
    assert names_in(shown, f"/routes/{payments['id']}") <= {*RouteFormSchema().fields}
    assert f'value="channel_id:{channel}" selected' in shown
    assert "Saved" in admin_page.follow(admin_page.post(f"/routes/{payments['id']}", {"goes_to": "none"})).text
    assert services.response.routes.get(payments["id"])["channel_id"] is None
    refused = admin_page.post(f"/routes/{payments['id']}/delete")
    assert (refused.status, "below" in refused.text) == (409, True)
    admin_page.post(f"/routes/{rest['id']}/delete")
    assert order(services) == ["on call", "payments", "  below"]


def test_the_buttons_of_a_row_move_a_route_in_the_whole_tree(
    admin_page: Browser, services: Services, browse: Callable[[str], Browser]
) -> None:
    for name in ("first", "second", "third"):
        make(admin_page, name)
    second = services.response.routes.list()[1]["id"]
    for name in ("one", "two"):
        make(admin_page, name, parent_id=str(second))

    def move(way: str, name: str) -> Answer:
        page = admin_page.get("/routes").text
        shown = re.search(r'name="order" value="([\d:,]+)"', page)
        ids = {route["name"]: route["id"] for route in services.response.routes.list()}
        assert shown is not None and f'value="{way}:{ids[name]}"' in page
        return admin_page.post("/routes/order", {"order": shown[1], "move": f"{way}:{ids[name]}"})

    assert "The routes are in their new order." in admin_page.follow(move("up", "second")).text
    assert order(services) == ["second", "  one", "  two", "first", "third"]
    move("down", "one")
    move("down", "first")
    assert order(services) == ["second", "  two", "  one", "third", "first"]
    page = admin_page.get("/routes").text
    assert f'value="up:{second}"' not in page and f'value="down:{second}"' in page
    assert 'id="route-order"' not in browse("operator").get("/routes").text

    first, third = (
        next(r["id"] for r in services.response.routes.list() if r["name"] == n) for n in ("first", "third")
    )
    stale = admin_page.post("/routes/order", {"order": f"{first}:,{third}:", "move": f"down:{first}"}, headers=HTMX)
    assert (stale.status, "Missing: second" in stale.text) == (422, True)
    for nonsense in ("x", "1:2:3", "-1:", "1;2"):
        assert admin_page.post("/routes/order", {"order": nonsense}).status == 422
    everything = admin_page.get("/routes").text.partition('name="order" value="')[2].partition('"')[0]
    for move_nowhere in ("sideways:1", f"down:{first}", "up:999999", ""):
        admin_page.follow(admin_page.post("/routes/order", {"order": everything, "move": move_nowhere}))
    assert order(services) == ["second", "  two", "  one", "third", "first"]


NOTIFICATION = {
    **{"name": "on call", "url": "json://127.0.0.1:9", "min_severity": 2, "on": ["fired"], "timezone": "UTC"},
    **{"language": "en", "batch_s": 0, "enabled": True},
}


def test_an_alert_is_tried_before_it_fires(admin_page: Browser, services: Services, fleet: int) -> None:
    services.response.notifications.create(NOTIFICATION)
    make(admin_page, "payments <b>", match='team="pay"')
    with services.database.transaction() as connection:
        alert_id = add_alert(connection, fleet, severity=0)
    page = admin_page.get("/routes").text
    assert names_in(page, "/routes/test") <= {*TrialFormSchema().fields}
    form = {"labels": 'team="pay", cluster=eu', "severity": "2", "host": "", "monitor_id": "", "alert_id": ""}
    answer = admin_page.post("/routes/test", form, headers=HTMX)
    assert answer.status == 200
    assert "This alert would reach on call." in answer.text
    assert "<code>severity&gt;=critical</code>" in answer.text
    assert "payments &lt;b&gt;" in answer.text
    nobody = admin_page.post("/routes/test", {**form, "alert_id": str(alert_id)}, headers=HTMX).text
    assert "This alert would reach nobody." in nobody
    assert "needs severity&gt;=critical, found info" in nobody
    assert "is not like team=pay" in admin_page.post("/routes/test", {**form, "labels": "team"}, headers=HTMX).text
    assert "There is no alert 999" in admin_page.post("/routes/test", {"alert_id": "999"}, headers=HTMX).text


def test_a_tried_alert_says_why_it_reaches_somebody_not(
    admin_page: Browser, services: Services, browse: Callable[[str], Browser]
) -> None:
    editor = Editor(1, "admin")
    team = services.contacts.teams.create({"name": "payments", "description": "", "members": ["operator"]}, editor)
    make(admin_page, "pay", goes_to=f"team_id:{team['id']}")
    form = {"labels": "", "severity": "2", "host": "", "monitor_id": "", "alert_id": ""}
    answer = admin_page.post("/routes/test", form, headers=HTMX).text
    assert "Nobody is there to be told." in answer
    assert "Not reached: operator has no usable contact method for this severity." in answer
    admin_page.client.set_cookie("nagare_language", "zh")
    assert "operator 没有适用于此级别的可用联系方式" in admin_page.post("/routes/test", form, headers=HTMX).text


def test_a_route_shows_what_it_matches_now(admin_page: Browser, services: Services, fleet: int) -> None:
    with services.database.transaction() as connection:
        add_alert(connection, fleet, host="vm-17")
    make(admin_page, "hosts", match='alert.host="vm-17"')
    make(admin_page, "nothing", match='alert.host="vm-18"')
    make(admin_page, "all")
    hosts, nothing, everything = (route["id"] for route in services.response.routes.list())
    assert "Matches 1 now" in admin_page.get(f"/routes/{hosts}/matches", headers=HTMX).text
    assert "matches nothing" in admin_page.get(f"/routes/{nothing}/matches", headers=HTMX).text
    assert "vm-17: Disk space running low" in admin_page.get(f"/routes/{hosts}").text
    assert "It takes every alert." in admin_page.get(f"/routes/{everything}").text
