"""The wallboard, and the token that opens it and nothing else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.composition import Services
from app.services.access.audit import COMMAND_LINE
from app.web.dashboard.heat_map import MAX_SQUARES, heat_map
from app.web.dashboard.pages.wallboard import COOKIE
from tests.services.alert_rows import add_alert
from tests.web import matrix
from tests.web.browser import Browser
from tests.web.caller import Caller


@pytest.fixture
def screen(app: Flask) -> Browser:
    """Return a browser in which nobody has signed in."""
    return Browser(app.test_client())


def make_token(operator: Caller) -> str:
    made = operator.post("/tokens", {"name": "大厅", "is_wallboard": True, "role": "operator", "scopes": ["read"]})
    assert made.status == 201, made.text
    assert (made.json["is_wallboard"], made.json["role"], made.json["scopes"]) == (True, "viewer", [])
    token: str = made.json["token"]
    return token


def open_board(screen: Browser, token: str) -> str:
    answer = screen.post("/wallboard/open", {"token": token}, page="/wallboard/open")
    assert answer.status == 303, answer.text
    return answer.headers["Location"]


def test_a_link_opens_the_wallboard_and_a_cookie_keeps_it_open(
    services: Services, screen: Browser, operator: Caller, fleet: int
) -> None:
    assert screen.get("/wallboard").status == 303, "to the sign-in"
    with services.database.transaction() as connection:
        add_alert(connection, fleet, message="磁盘 <b>满</b>", host="db1")
    assert open_board(screen, make_token(operator)) == "/wallboard"
    board = screen.get("/wallboard")
    assert board.status == 200
    assert "磁盘 &lt;b&gt;满" in board.text
    assert "3 hosts" in board.text
    assert 'class="host-1"' in board.text
    assert "max-age" not in board.headers.get("Set-Cookie", "").lower(), "no session comes of it"


def test_its_token_can_do_nothing_else(
    app: Flask, screen: Browser, operator: Caller, admin: Caller, nobody: Caller, fleet: int
) -> None:
    token = make_token(admin)
    open_board(screen, token)
    screen.get("/wallboard")
    script = Caller(app.test_client(), token)
    for each in matrix.operations(nobody.get("/openapi.json").json):
        if each.role != "public":
            assert script.call_root(each.method, each.concrete).status == 401, each
    for path in ("/", "/alerts", "/tokens", "/search?q=a", "/views/counts", "/alerts?format=csv"):
        answer = screen.get(path)
        assert (answer.status, answer.headers["Location"].split("?")[0]) == (303, "/sign-in"), path
    assert script.call_root("GET", "/wallboard").status == 303, "it is no bearer token either"


def test_other_tokens_do_not_open_it(app: Flask, screen: Browser, operator: Caller) -> None:
    token = operator.post("/tokens", {"name": "script"}).json["token"]
    assert open_board(screen, token) == "/wallboard/open"
    screen.client.set_cookie(COOKIE, token)
    assert screen.get("/wallboard").status == 303
    assert "does not open" in screen.get(open_board(screen, "nagare_x")).text


def test_a_revoked_or_expired_token_and_a_disabled_owner_close_it(
    services: Services, screen: Browser, operator: Caller, admin: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_board(screen, make_token(operator))
    [token] = operator.get("/tokens").json["items"]
    assert token["last_used_at"] is not None
    owner = services.access.users.get_by_name("operator")
    assert admin.patch(f"/users/{owner['id']}", {"enabled": False}).status == 200
    assert screen.get("/wallboard").status == 303
    assert admin.patch(f"/users/{owner['id']}", {"enabled": True}).status == 200
    assert screen.get("/wallboard").status == 200
    now = clock.now() + timedelta(days=91)
    with monkeypatch.context() as patched:
        patched.setattr(clock, "now", lambda: now)
        assert screen.get("/wallboard").status == 303
    services.access.api_tokens.revoke(token["id"], None, COMMAND_LINE)
    assert screen.get("/wallboard").status == 303


def test_whoever_is_signed_in_sees_it_too_also_for_one_monitor(browse: Callable[[str], Browser], fleet: int) -> None:
    viewer = browse("viewer")
    assert "3 hosts" in viewer.get("/wallboard").text
    assert "3 hosts" in viewer.get(f"/wallboard?monitor_id={fleet}").text
    assert viewer.get("/wallboard?monitor_id=999").status == 404
    assert viewer.get("/wallboard?group=x").status == 422


def test_the_page_of_tokens_makes_a_link_that_no_log_sees(browse: Callable[[str], Browser]) -> None:
    page = browse("viewer").post("/tokens", {"name": "大厅", "is_wallboard": "true", "days": "365"}, page="/tokens")
    assert "http://localhost/wallboard/open#nagare_" in page.text, "a browser does not send what stands behind #"
    assert "the wallboard, nothing else" in page.text


def test_a_heat_map_has_a_square_for_each_and_is_bounded() -> None:
    drawn = heat_map({2: 3, 1: 7, 0: 0})
    assert [path.count("z") for path in drawn.paths.values()] == [3, 7, 0]
    assert drawn.paths[2].startswith("M0 0h9")
    big = heat_map({2: 10, 1: 2 * MAX_SQUARES})
    assert (sum(path.count("z") for path in big.paths.values()), big.left_out) == (MAX_SQUARES, MAX_SQUARES + 10)
    assert len("".join(big.paths.values())) < 150_000
    assert heat_map({}).left_out == 0
