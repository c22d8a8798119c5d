"""Getting into the dashboard and out of it, and forms that are not ours."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from time_machine import travel

from app.composition import Services
from app.web.dashboard.session import TOKEN_S
from tests.web.browser import HTMX, SESSION, Browser
from tests.web.caller import PASSWORD, Caller

HTTPS = "https://localhost"
FORM = {"username": "viewer", "password": PASSWORD}


@pytest.fixture
def stranger(app: Flask) -> Browser:
    return Browser(app.test_client())


def sign_in(browser: Browser, **fields: str) -> object:
    return browser.post("/sign-in", {**FORM, **fields}, page="/sign-in")


def test_who_is_not_signed_in_is_led_to_the_form_and_back(stranger: Browser) -> None:
    asked = stranger.get("/hosts?q=db")
    assert (asked.status, asked.headers["Location"]) == (303, "/sign-in?back=/hosts%3Fq%3Ddb")
    form = stranger.get(asked.headers["Location"])
    assert (form.status, 'value="/hosts?q=db"' in form.text) == (200, True)
    answer = stranger.post("/sign-in", {**FORM, "back": "/hosts?q=db"}, page="/sign-in")
    assert (answer.status, answer.headers["Location"]) == (303, "/hosts?q=db")
    assert stranger.get("/hosts").status == 200


def test_the_cookie_is_out_of_reach(stranger: Browser) -> None:
    answer = stranger.post("/sign-in", FORM, page="/sign-in")
    (cookie,) = [text for text in answer.headers.getlist("Set-Cookie") if text.startswith(SESSION)]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Secure" not in cookie


def test_behind_https_the_cookie_is_sent_nowhere_else(stranger: Browser) -> None:
    token = stranger.get("/sign-in", base_url=HTTPS).text.split('csrf_token" value="')[1].split('"')[0]
    with stranger.client.post("/sign-in", base_url=HTTPS, data={**FORM, "csrf_token": token}) as answer:
        cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    assert all("Secure" in cookie and cookie.startswith("__Host-") and "Path=/" in cookie for cookie in cookies)
    assert not any("Domain" in cookie for cookie in cookies)


def test_behind_https_no_cookie_can_be_planted_by_a_neighbour(stranger: Browser, app: Flask) -> None:
    """Who has another host of the domain can set a cookie for all of it, but none whose name begins with __Host-."""
    thief = Browser(app.test_client())
    thief.post("/sign-in", FORM, page="/sign-in")
    for name in (SESSION, "nagare_visitor"):
        cookie = thief.client.get_cookie(name)
        assert cookie is not None
        stranger.client.set_cookie(name, cookie.value, secure=True)
    assert stranger.get("/hosts", base_url=HTTPS).status == 303
    theirs = thief.get("/sign-in").headers.get("Location") or ""
    assert theirs == "/"


ELSEWHERE = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:9999"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)
HERE: tuple[dict[str, str], ...] = (
    {},
    {"Origin": "http://localhost"},
    {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "https://nagare.example", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
)


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_no_form_is_taken_from_another_site(
    stranger: Browser, browse: Callable[[str], Browser], headers: dict[str, str]
) -> None:
    for browser, path, page in (
        (stranger, "/sign-in", "/sign-in"),
        (stranger, "/preferences", "/sign-in"),
        (browse("admin"), "/sign-out", "/monitors"),
    ):
        answer = browser.post(path, FORM, headers=headers, page=page)
        assert (answer.status, "another site" in answer.text) == (403, True), path
        assert SESSION not in "".join(answer.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize("headers", HERE, ids=str)
def test_our_own_forms_are_taken_whatever_the_browser_says_of_them(stranger: Browser, headers: dict[str, str]) -> None:
    assert stranger.post("/sign-in", FORM, headers=headers, page="/sign-in").status == 303


def test_a_wrong_password_is_told_kindly_and_many_must_wait(stranger: Browser) -> None:
    wrong = {**FORM, "password": "wrong horse"}
    answers = [stranger.post("/sign-in", wrong, page="/sign-in") for _ in range(6)]
    assert [answer.status for answer in answers] == [401] * 5 + [429]
    assert "Wrong user name or password" in answers[0].text
    assert 'value="viewer"' in answers[0].text and "wrong horse" not in answers[0].text
    assert "Too many failed attempts" in answers[-1].text
    assert int(answers[-1].headers["Retry-After"]) >= 1


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_led_to_another_site(stranger: Browser, back: str) -> None:
    answer = stranger.post("/sign-in", {**FORM, "back": back}, page="/sign-in")
    assert answer.headers["Location"] == "/"


def test_signing_out_ends_the_session(browse: Callable[[str], Browser], app: Flask) -> None:
    browser = browse("viewer")
    cookie = browser.client.get_cookie(SESSION)
    assert cookie is not None
    assert browser.post("/sign-out").headers["Location"] == "/sign-in"
    assert browser.client.get_cookie(SESSION) is None
    assert Browser(app.test_client(), cookie.value).get("/").status == 303


def test_a_cookie_that_ran_out_leads_to_the_form_but_not_away_from_an_open_page(
    browse: Callable[[str], Browser],
) -> None:
    browser = browse("viewer")
    with travel(datetime.now(UTC) + timedelta(seconds=TOKEN_S + 1)):
        assert browser.get("/").status == 303
        answer = browser.get("/alerts", headers=HTMX)
    assert (answer.status, "HX-Redirect" in answer.headers) == (401, False), "what was typed there would be lost"


def test_whose_session_was_ended_elsewhere_signs_in_at_once(
    browse: Callable[[str], Browser], services: Services
) -> None:
    browser = browse("viewer")
    services.access.users.end_sessions(services.access.users.get_by_name("viewer")["id"], with_tokens=False)
    assert browser.get("/").status == 303
    assert browser.post("/sign-in", FORM, page="/sign-in").status == 303


def test_who_keeps_looking_stays_signed_in(browse: Callable[[str], Browser]) -> None:
    browser = browse("viewer")
    start = datetime.now(UTC)
    assert "Set-Cookie" not in browser.get("/status").headers
    for half in (1, 2, 3):
        with travel(start + timedelta(seconds=half * (TOKEN_S / 2 + 60))):
            assert browser.get("/status").status == 200 if half < 3 else True
    with travel(start + timedelta(hours=25)):  # the session of this test ends after a day
        assert browser.get("/status").status == 303


def test_the_cookie_is_nothing_to_the_api_nor_a_bearer_to_the_dashboard(
    browse: Callable[[str], Browser], viewer: Caller
) -> None:
    assert browse("viewer").get("/api/v1/auth/me").status == 401
    assert viewer.call_root("GET", "/hosts").status == 303


def test_a_link_on_another_site_is_opened_once_more_by_ourselves(stranger: Browser) -> None:
    answer = stranger.get("/alerts/1", headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status, 'http-equiv="refresh"' in answer.text) == (200, True)
    assert stranger.get("/alerts/1", headers={"Sec-Fetch-Site": "same-origin"}).status == 303


def test_a_form_without_its_token_does_nothing(
    app: Flask, browse: Callable[[str], Browser], services: Services
) -> None:
    admin, other = browse("admin"), browse("admin")
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("dashboard.")]
    actions = [rule for rule in rules if "POST" in (rule.methods or ())]
    assert len(actions) > 25
    for rule in actions:
        path = path_of(rule.rule)
        for form in ({}, {"csrf_token": "0" * 64}, {"csrf_token": ""}):
            with admin.client.post(path, data=form) as answer:
                assert answer.status_code == 403, path
    stolen = other.get("/monitors").text.split('csrf_token" value="')[1].split('"')[0]
    with admin.client.post(
        "/users", data={"csrf_token": stolen, "username": "x", "password": PASSWORD, "role": "admin"}
    ) as answer:
        assert answer.status_code == 403
        assert "form has expired" in answer.get_data(as_text=True)


def path_of(rule: str) -> str:
    """Return an address for a rule, with ids that nothing has."""
    known = {
        "task_id:task_id": "pull_hosts:0192f0c1-0000-7000-8000-000000000000",
        "version": "0",
        "path:name": "nagare.svg",
    }
    parts = []
    for part in rule.split("/"):
        inner = part.strip("<>")
        if not part.startswith("<"):
            parts.append(part)
        elif inner.startswith("any("):
            parts.append(inner[4:].split(",")[0].split(")")[0].strip())
        else:
            parts.append(known.get(inner, "999999"))
    return "/".join(parts)
