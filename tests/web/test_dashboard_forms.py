"""Forms that are refused: what is wrong stands beside each field, and what was typed stays, also without a script."""

import re
from collections.abc import Callable, Mapping

import pytest

from app.composition import Services
from app.store.database.pages import PageRequest
from app.web.dashboard.field_errors import KNOWN, PATTERNS
from tests.web.browser import HTMX, Browser
from tests.web.caller import Answer

PAGE = PageRequest(limit=500)
ORIGIN = "http://localhost"
SHORT = {"name": "nightly backup", "every": "1", "every_unit": "d", "timezone": "Nowhere/Town", "cron": "", "host": ""}
BEAT = {**SHORT, "grace": "3", "grace_unit": "min", "severity": "1", "monitor_id": ""}


@pytest.fixture
def page(browse: Callable[[str], Browser]) -> Browser:
    return browse("admin")


def refuse(page: Browser, path: str, form: Mapping[str, object], at: str) -> Answer:
    """Send a form of a page as a browser without a script does, and return the page that tells what is wrong."""
    answer = page.post(path, form, headers={"Referer": f"{ORIGIN}{at}"}, page=at)
    assert answer.status in (409, 422), answer.text
    return answer


def tag_of(text: str, field_id: str) -> str:
    found = re.search(rf'<(?:input|select|textarea)[^>]* id="{field_id}"[^>]*>', text)
    assert found, field_id
    return found[0]


def test_a_refused_form_comes_back_with_what_was_typed(page: Browser) -> None:
    told = refuse(page, "/heartbeats", BEAT, "/heartbeats").text
    assert 'value="nightly backup"' in tag_of(told, "f-name")
    assert '<option value="min" selected>' in told.partition('id="f-grace_unit"')[2].partition("</select>")[0]
    assert re.search(r'<dialog id="add-heartbeat"[^>]* open>', told), "the dialog is open again"
    wrong = tag_of(told, "f-timezone")
    assert 'aria-invalid="true"' in wrong and " autofocus" in wrong and "f-timezone-error" in wrong
    assert '<p class="field-error" id="f-timezone-error">Must be an IANA time zone' in told
    assert told.count('class="field-error"') == 1
    assert "<h1>Heartbeats</h1>" in told and told.count("<main") == 1


def test_a_form_that_is_refused_twice_still_knows_its_page(page: Browser) -> None:
    first = refuse(page, "/heartbeats", BEAT, "/heartbeats?q=night").text
    kept = re.search(r'name="form_page" value="([^"]+)"', first)
    assert kept and kept[1] == "/heartbeats?q=night"
    again = page.post("/heartbeats", {**BEAT, "form_page": kept[1]}, headers={"Referer": f"{ORIGIN}/heartbeats"})
    assert 'value="night"' in tag_of(again.text, "f-q") and "nightly backup" in again.text


def test_a_taken_name_is_told_beside_the_name(page: Browser) -> None:
    form = {"name": "demo", "type": "simulator", "url": "simulator://demo?hosts=1", "check": "false", "verify": "true"}
    assert page.post("/monitors", form).status == 303
    told = refuse(page, "/monitors", form, "/monitors").text
    assert '<p class="field-error" id="f-name-error">This name is taken.' in told
    page.client.set_cookie("nagare_language", "zh")
    told = refuse(page, "/monitors", form, "/monitors").text
    assert '<p class="field-error" id="f-name-error">此名称已被使用' in told


def test_secrets_are_never_sent_back(page: Browser) -> None:
    secret = "hunter222"
    form = {"name": "", "type": "zabbix", "url": "https://z.example", "username": "u", "check": "false"}
    form |= dict.fromkeys(("password", "api_token", "client_key_pem", "http_password", "proxy_url"), secret)
    told = refuse(page, "/monitors", {**form, "headers": f"X-Key: {secret}"}, "/monitors").text
    assert "https://z.example" in told and secret not in told
    chat = {"name": "", "kind": "slack", "settings.slack.bot_token": secret, "language": "en", "timezone": "UTC"}
    told = refuse(page, "/channels", {**chat, "delivery": "at_least_once"}, "/channels").text
    assert secret not in told


def test_ticks_and_texts_of_several_lines_stay(page: Browser, services: Services) -> None:
    ids = [user["id"] for user in services.access.users.list(PAGE).items][:2]
    told = refuse(page, "/teams", {"name": "", "description": '<b>"a" & b', "members": ids}, "/teams").text
    assert [" checked" in tag_of(told, f"member-{each}") for each in ids] == [True, True]
    assert 'value="&lt;b&gt;&quot;a&quot; &amp; b"' in tag_of(told, "f-description")
    window = {"name": "w", "starts_at": "2030-01-02T03:04", "ends_at": "2030-01-02T04:04", "comment": "one\ntwo <x>"}
    told = refuse(page, "/maintenance", window, "/maintenance").text
    assert "one\ntwo &lt;x&gt;</textarea>" in told and "Choose a monitor, a host or a group" in told


def test_only_the_own_form_is_filled(page: Browser, services: Services) -> None:
    operator = services.access.users.get_by_name("operator")["id"]
    told = refuse(page, f"/users/{operator}", {"role": "viewer", "password": "short"}, "/users").text
    assert re.findall(r'<dialog id="([^"]+)"[^>]* open>', told) == [f"edit-user-{operator}"]
    assert f'id="password-{operator}-error"' in told and "short" not in told


@pytest.mark.parametrize("referrer", ["http://elsewhere/heartbeats", "", f"{ORIGIN}//elsewhere", f"{ORIGIN}/healthz"])
def test_without_a_page_of_ours_the_error_is_a_page(page: Browser, referrer: str) -> None:
    answer = page.post("/heartbeats", BEAT, headers={"Referer": referrer})
    assert (answer.status, "Must be an IANA time zone" in answer.text) == (422, True)
    assert "nightly backup" not in answer.text


def test_a_page_that_the_user_may_not_see_is_not_shown(browse: Callable[[str], Browser]) -> None:
    viewer = browse("viewer")
    answer = viewer.post(
        "/tokens", {"name": "", "role": "viewer"}, headers={"Referer": f"{ORIGIN}/users"}, page="/tokens"
    )
    assert (answer.status, "users.since" in answer.text, "<table" in answer.text) == (422, False, False)


def test_with_a_script_the_answer_is_only_what_is_wrong(page: Browser) -> None:
    answer = page.post("/heartbeats", BEAT, headers={**HTMX, "Referer": f"{ORIGIN}/heartbeats"})
    assert '<li data-field="timezone">' in answer.text and "<main" not in answer.text


def test_an_address_opens_a_dialog(page: Browser) -> None:
    assert '<dialog id="add-heartbeat" aria-labelledby="add-heartbeat-title">' in page.get("/heartbeats").text
    opened = page.get("/heartbeats?open=add-heartbeat")
    assert '<dialog id="add-heartbeat" aria-labelledby="add-heartbeat-title" open>' in opened.text
    assert page.get("/hosts?open=add-host").status == 200


def test_messages_are_in_the_readers_language() -> None:
    examples = {
        "Missing data for required field.": "required",
        "Must be greater than or equal to 1 and less than or equal to 10000.": "between",
        "Length must be between 1 and 200.": "length",
        "Must be one of: a, b.": "one_of",
        "there is already an escalation named x": "name_taken",
        "Line 2 is not like X-Scope-OrgID: team-a.": "header_line",
    }
    for message, name in examples.items():
        assert [each for each in KNOWN if PATTERNS[each].fullmatch(message)] == [name]
