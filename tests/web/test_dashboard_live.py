"""What an open page fetches again, and what it costs to find that nothing has changed."""

import gzip
import re
from collections.abc import Callable

import pytest

from app.composition import Services
from app.enums import Severity
from app.store.database.pages import PageRequest
from app.web.dashboard.fragments import cut
from app.web.dashboard.live_subjects import of_page
from app.web.streams import HANDOVER, streams
from app.web.streams.handover import Handover
from app.web.streams.signal_stream import Signals
from tests.web.browser import HTMX, Browser
from tests.web.caller import Caller

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def live(id: str, **headers: str) -> dict[str, str]:
    return {**HTMX, "X-Live": id, **headers}


@pytest.mark.parametrize(
    ("path", "id"),
    [("/", "now"), ("/alerts", "list"), ("/monitors", "list"), ("/hosts/1", "now"), ("/status", "status")],
)
def test_a_part_comes_without_the_rest_of_its_page(
    browse: Callable[[str], Browser], fleet: int, path: str, id: str
) -> None:
    browser = browse("admin")
    content, part = browser.get(path, headers=HTMX).text, browser.get(path, headers=live(id)).text
    assert re.match(rf'<(div|section) id="{id}"', part) and re.search(r"</(div|section)>$", part)
    assert part.count("<div") == part.count("</div>") and part.count("<section") == part.count("</section>")
    assert "<h1" not in part or path.startswith("/hosts/")
    assert len(part) < len(content) or path == "/status"


def test_a_page_without_the_part_comes_whole(browse: Callable[[str], Browser]) -> None:
    assert "<h1>" in browse("viewer").get("/alerts", headers=live("nothing")).text
    assert "<h1>" in browse("viewer").get("/alerts", headers=live('x" onload="')).text


def test_what_is_inside_of_a_part_does_not_end_it() -> None:
    page = '<main><div class="a"></div><div id="list"><div>x</div><p id="now">&lt;/div&gt;</p></div><div></div></main>'
    assert cut(page, "list") == '<div id="list"><div>x</div><p id="now">&lt;/div&gt;</p></div>'
    assert cut(page, "now") == '<p id="now">&lt;/div&gt;</p>'
    assert cut('<div id="list"><div></div>', "list") == '<div id="list"><div></div>'


def test_what_has_not_changed_is_not_sent_again(browse: Callable[[str], Browser], admin: Caller, fleet: int) -> None:
    browser = browse("admin")
    first = browser.get("/monitors", headers=live("list"))
    assert "csrf_token" in first.text, "which is another one each time"
    again = browser.get("/monitors", headers=live("list", **{"If-None-Match": first.headers["ETag"]}))
    assert (again.status, again.text) == (304, "")
    assert admin.patch(f"/monitors/{fleet}", {"name": "another"}).status == 200
    changed = browser.get("/monitors", headers=live("list", **{"If-None-Match": first.headers["ETag"]}))
    assert (changed.status, "another" in changed.text) == (200, True)


def test_a_message_waits_for_a_response_that_shows_it(browse: Callable[[str], Browser], fleet: int) -> None:
    browser = browse("operator")
    told = browser.post(f"/monitors/{fleet}/pull/hosts", {"back": "/monitors"})
    assert told.status == 303
    browser.get("/monitors", headers=live("list"))
    assert 'class="toast good"' in browser.get("/monitors", headers=HTMX).text


@pytest.mark.parametrize(
    ("address", "subjects"),
    [
        ("/", "task alert inventory"),
        ("/?x=1", "task alert inventory"),
        ("/alerts?status=0", "alert"),
        ("/alerts/17", "alert:17"),
        ("/alerts/17/why", "alert:17"),
        ("/monitors/3", "monitor:3"),
        ("/hosts/3?x", "host:3 inventory"),
        ("/tasks/pull_hosts:0192", "task"),
        ("/teams", ""),
        ("/tasksomething", ""),
    ],
)
def test_what_a_page_shows(address: str, subjects: str) -> None:
    assert of_page(address) == subjects


def test_the_cookie_opens_the_stream(browse: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch) -> None:
    browser, handover = browse("viewer"), Handover()
    with browser.client.get("/live?age=1500", environ_overrides={HANDOVER: handover}) as answer:
        assert answer.status_code == 200
    assert handover.kind is Signals and handover.wish is not None
    assert handover.wish.age_s == 1.5
    assert browser.get("/live").status == 426, "a server that cannot stream says so, and the page asks for itself"
    assert browser.get("/live?age=-1").status == 422
    monkeypatch.setattr(streams, "MAX_STREAMS", 0)
    assert browser.get("/live").status == 503


def test_a_stranger_gets_no_stream(nobody: Caller, viewer: Caller) -> None:
    assert nobody.call_root("GET", "/live").status == 303
    assert viewer.call_root("GET", "/live").status == 303, "a token for the API is no cookie"


def test_whose_session_it_is(browse: Callable[[str], Browser], nobody: Caller) -> None:
    browser = browse("operator")
    with browser.client.get("/session") as answer:
        assert answer.get_json()["username"] == "operator"
        token = answer.get_json()["csrf_token"]
    with browser.client.post("/sign-out", data={"csrf_token": token}) as answer:
        assert answer.status_code == 303
    assert browser.get("/session", headers=HTMX).status == 401
    assert nobody.call_root("GET", "/session", HTMX).status == 401


def test_only_an_alert_that_is_still_open_and_heard_is_worth_an_alarm(
    browse: Callable[[str], Browser], services: Services, fleet: int
) -> None:
    services.alerts.alerts.generate("generate_alerts:1", 4, Severity.CRITICAL, 1)
    ids = sorted(alert["id"] for alert in services.alerts.alerts.list(PageRequest()).items)
    browser = browse("operator")
    browser.post("/alerts/snooze", {"ids": ids[0], "until": "4h"})
    browser.post("/alerts/acknowledge", {"ids": ids[1]})
    with browser.client.get(f"/live/critical?ids={','.join(map(str, ids))},999999") as answer:
        told = answer.get_json()
    assert (told["count"], [alert["id"] for alert in told["alerts"]]) == (2, ids[2:])
    assert all(alert["message"] for alert in told["alerts"])
    assert 'data-critical="3"' in browser.get("/status").text, "open, and nothing keeps it quiet"
    with browser.client.get(f"/live/critical?ids={ids[2]}") as answer:
        assert answer.get_json()["count"] == 1
    assert browser.get("/live/critical").status == 422


@pytest.mark.parametrize("path", ["/monitors/abc", "/no-such-page", "/alerts/acknowledge", "/hosts/0"])
def test_a_person_sees_a_page_where_there_is_none(browse: Callable[[str], Browser], nobody: Caller, path: str) -> None:
    answer = browse("viewer").get(path, headers=HTML)
    assert answer.status in (404, 405)
    assert "<h1>" in answer.text and 'class="side"' in answer.text
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    stranger = nobody.call_root("GET", path, HTML)
    assert stranger.status == answer.status and "<h1>" in stranger.text and 'class="side"' not in stranger.text
    assert nobody.call_root("GET", path).headers["Content-Type"] == "application/problem+json"


def test_a_browser_gets_the_apis_own_answer_from_the_api(nobody: Caller) -> None:
    assert nobody.get("/nothing", headers=HTML).headers["Content-Type"] == "application/problem+json"


def test_pages_are_compressed_and_their_tokens_differ(browse: Callable[[str], Browser]) -> None:
    browser = browse("admin")
    pages = []
    for _ in range(2):
        with browser.client.get("/monitors", headers={"Accept-Encoding": "gzip, br"}) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert "Accept-Encoding" in answer.headers["Vary"]
            pages.append(gzip.decompress(answer.get_data()).decode())
    tokens = [set(re.findall(r'(?:csrf_token" value|csrf-token" content)="(\w+)"', page)) for page in pages]
    assert len(tokens[0]) == len(tokens[1]) == 1 and tokens[0] != tokens[1]
    for token in (*tokens[0], *tokens[1]):
        with browser.client.post("/preferences", data={"csrf_token": token, "theme": "dark"}) as answer:
            assert answer.status_code == 303
    assert browser.get("/monitors").headers.get("Content-Encoding") is None
