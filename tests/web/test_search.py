"""Finding anything, over the API and in the palette."""

import re
from collections.abc import Callable

from app.composition import Services
from app.rules.alerts.generated_alerts import MESSAGES
from app.store.database.pages import PageRequest
from tests.services.alert_rows import add_alert, end_alert
from tests.web.browser import HTMX, Browser
from tests.web.caller import Caller


def found(caller: Caller, q: str, limit: int = 5) -> list[tuple[str, str]]:
    answer = caller.get("/search", query_string={"q": q, "limit": limit})
    assert answer.status == 200, answer.text
    return [(hit["kind"], hit["name"]) for hit in answer.json["items"]]


def test_things_are_found_by_a_part_of_their_name(
    services: Services, admin: Caller, viewer: Caller, fleet: int
) -> None:
    [host, *_] = viewer.get("/hosts").json["items"]
    item = viewer.get(f"/items?host_id={host['id']}").json["items"][0]
    task_id = admin.post(f"/monitors/{fleet}/hosts/pull-async").json["task_id"]
    with services.database.transaction() as connection:
        add_alert(connection, fleet, message="磁盘空间不足")
        gone = add_alert(connection, fleet, 2, message="磁盘空间不足，旧")
        end_alert(connection, gone)
    assert ("monitor", "demo") in found(viewer, "DEM")
    assert found(viewer, host["name"])[0] == ("host", host["display_name"])
    assert ("item", item["name"]) in found(viewer, item["key"])
    assert found(viewer, "磁盘") == [("alert", "磁盘空间不足")], "only open ones"
    assert found(viewer, task_id) == found(viewer, task_id.split(":")[1]) == [("task", "pull_hosts")]
    assert found(viewer, "nothing is called so") == []
    assert viewer.get("/search").status == viewer.get("/search?q=").status == 422


def test_each_kind_is_bounded_and_hits_lead_to_their_pages(viewer: Caller, admin: Caller, fleet: int) -> None:
    hits = viewer.get("/search?q=e&limit=1").json["items"]
    assert sorted({hit["kind"] for hit in hits}) == sorted(hit["kind"] for hit in hits)
    for hit in hits:
        assert viewer.get(hit["path"]).json["id"] == hit["id"]


def test_a_host_of_exactly_this_name_comes_first(admin: Caller, viewer: Caller, fleet: int) -> None:
    assert admin.patch("/hosts/1", {"display_name": "about zz9"}).status == 200
    assert admin.patch("/hosts/3", {"name": "zz9", "display_name": "zz9"}).status == 200
    assert found(viewer, "zz9") == [("host", "zz9"), ("host", "about zz9")]


def test_the_palette_offers_pages_actions_and_views_of_one_s_own(browse: Callable[[str], Browser], fleet: int) -> None:
    operator, viewer = browse("operator"), browse("viewer")
    operator.post("/views", {"name": "Night shift", "page": "alerts", "query": "severity=2"})
    whole = operator.get("/search", HTMX).text
    assert '<a href="/heartbeats" data-choice>' in whole
    assert 'action="/sign-out"' in whole
    assert "Night shift" in operator.get("/search?q=shift+night", HTMX).text
    assert "Night shift" not in viewer.get("/search?q=night", HTMX).text
    assert "/users" not in re.findall(r'href="([^"]+)" data-choice', whole), "for admins"
    assert f'action="/monitors/{fleet}/pull/all"' in operator.get("/search?q=demo", HTMX).text
    assert "/pull/all" not in viewer.get("/search?q=demo", HTMX).text
    assert "Nothing is called that." in viewer.get("/search?q=zzzz").text


def test_what_is_found_is_in_the_reader_s_language(
    services: Services, browse: Callable[[str], Browser], fleet: int
) -> None:
    services.alerts.alerts.generate("generate_alerts:1", 6, 2, 1)
    message = services.alerts.alerts.list(PageRequest(1)).items[0]["message"]
    chinese = {"Accept-Language": "zh", **HTMX}
    page = browse("viewer").get("/search", chinese, query_string={"q": message}).text
    assert "未解决的告警" in page
    assert MESSAGES[message] in page
    assert "心跳" in browse("viewer").get("/search?q=心跳", chinese).text


def test_every_page_can_open_the_palette_and_shows_the_keys(browse: Callable[[str], Browser], nobody: Caller) -> None:
    page = browse("viewer").get("/teams").text
    assert 'id="palette"' in page
    assert "data-keys" in page
    assert 'id="palette"' not in nobody.call_root("GET", "/sign-in").text
