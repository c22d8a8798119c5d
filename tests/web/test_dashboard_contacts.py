"""The dashboard's pages of teams, channels and one's own contact methods."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from app.composition import Services
from app.store.database.pages import PageRequest
from tests.services.contacts.phone import CODE
from tests.services.response.receiver import SECRET, Receiver, Serve
from tests.unit.connectors.conftest import serve as serve
from tests.web.browser import Browser

pytestmark = pytest.mark.usefixtures("forked_sender")
PAGE = "/contact-methods"


@pytest.fixture
def receiver(serve: Serve) -> Receiver:
    return Receiver(serve)


def method_form(receiver: Receiver, name: str = "手机", **changes: str) -> dict[str, str]:
    form = {
        "name": name,
        "url": receiver.url,
        "language": "en",
        "timezone": "Asia/Shanghai",
        "delivery": "at_least_once",
    }
    return {**form, "kind": "apprise", "settings": "", **changes}


def rule_form(channel_id: int, **changes: str) -> dict[str, str]:
    form = {"channel_id": str(channel_id), "after_min": "0", "min_severity": "0", "quiet_from": "", "quiet_until": ""}
    return {**form, "wake_severity": "", "timezone": "Asia/Shanghai", **changes}


def add(browser: Browser, services: Services, receiver: Receiver, name: str = "手机") -> int:
    """Add a contact method by its form and type the code that arrives; return its id."""
    browser.follow(browser.post(PAGE, method_form(receiver, name), page=PAGE))
    user = services.access.users.get_by_name("viewer")
    channel_id = int(services.contacts.contact_methods.list(user["id"])[-1]["id"])
    services.contacts.trials.send("try_channel:1", channel_id, is_code=True)
    code = CODE.search(receiver.seen[-1]["title"])
    assert code is not None
    page = browser.follow(browser.post(f"{PAGE}/{channel_id}/verify", {"code": code[0]}, page=PAGE))
    assert f"Verified: {name}" in page.text
    return channel_id


def places(browser: Browser) -> list[str]:
    text = browser.get(PAGE).text
    return [name for _, name in sorted((text.find(f". {name}</strong>"), name) for name in ("chat", "mail", "phone"))]


def test_a_person_adds_an_address_and_types_its_code(
    browse: Callable[[str], Browser], services: Services, receiver: Receiver
) -> None:
    viewer = browse("viewer")
    assert "You cannot be paged" in viewer.get(PAGE).text
    page = viewer.follow(viewer.post(PAGE, method_form(receiver), page=PAGE))
    assert "Waits for its code" in page.text and SECRET not in page.text and "Valid until" in page.text
    user_id = services.access.users.get_by_name("viewer")["id"]
    [method] = services.contacts.contact_methods.list(user_id)
    path = f"{PAGE}/{method['id']}"
    wrong = viewer.post(f"{path}/verify", {"code": "abc"}, page=PAGE)
    assert wrong.status == 422 and "4 tries are left" in wrong.text
    assert viewer.post(f"{path}/code", page=PAGE).status == 429
    assert viewer.post(f"{path}/test", page=PAGE).status == 409
    services.contacts.trials.send("try_channel:1", method["id"], is_code=True)
    found: Any = CODE.search(receiver.seen[0]["title"])
    page = viewer.follow(viewer.post(f"{path}/verify", {"code": found[0]}, page=PAGE))
    assert "Verified: 手机" in page.text and "you are told by all verified contact methods at once" in page.text
    assert "Test message queued" in viewer.follow(viewer.post(f"{path}/test", page=PAGE)).text
    form = viewer.get(path)
    assert form.status == 200 and SECRET not in form.text
    changes = {"name": "工作手机", "url": "", "language": "zh", "timezone": "UTC", "delivery": "at_most_once"}
    viewer.follow(viewer.post(path, {**changes, "enabled": "false"}, page=path))
    changed = services.contacts.contact_methods.get(user_id, method["id"])
    assert (changed["name"], changed["enabled"], changed["verified_at"] is not None) == ("工作手机", False, True)
    assert "Deleted: 工作手机" in viewer.follow(viewer.post(f"{path}/delete", page=PAGE)).text


def rules_of(browser: Browser, base: str = "") -> list[str]:
    """Return the ids of the rules in the order of the page."""
    return re.findall(rf'href="{base}/contact-rules/(\d+)"', browser.get(base + PAGE).text)


def test_rules_are_ordered_by_plain_buttons(
    browse: Callable[[str], Browser], services: Services, receiver: Receiver
) -> None:
    viewer = browse("viewer")
    for name in ("chat", "mail", "phone"):
        channel_id = add(viewer, services, receiver, name)
        viewer.follow(viewer.post("/contact-rules", rule_form(channel_id), page=PAGE))
    assert places(viewer) == ["chat", "mail", "phone"]
    chat, mail, phone = rules_of(viewer)

    def move(rule: str, position: int) -> None:
        assert f'action="/contact-rules/{rule}/move"' in viewer.get(PAGE).text
        assert viewer.post(f"/contact-rules/{rule}/move", {"position": str(position)}, page=PAGE).status == 303

    move(phone, 1)
    assert places(viewer) == ["chat", "phone", "mail"]
    move(chat, 1)
    assert places(viewer) == ["phone", "chat", "mail"]
    assert rules_of(viewer) == [phone, chat, mail], "each is still the same rule"
    assert viewer.post(f"/contact-rules/{chat}/delete", page=PAGE).status == 303
    assert viewer.post(f"/contact-rules/{chat}/delete", page=PAGE).status == 404
    assert viewer.post(f"/contact-rules/{chat}/move", {"position": "0"}, page=PAGE).status == 404
    quiet = {"quiet_from": "22:00", "quiet_until": "07:00", "wake_severity": "2", "after_min": "5"}
    page = viewer.follow(viewer.post("/contact-rules", rule_form(channel_id, **quiet), page=PAGE))
    assert "not from 22:00 to 07:00 (Asia/Shanghai)" in page.text and "after 5 min" in page.text
    half = viewer.post("/contact-rules", rule_form(channel_id, quiet_from="22:00"), page=PAGE)
    assert half.status == 422 and "Must be a time of day like 22:00" in half.text


def test_a_rule_is_edited_in_place(browse: Callable[[str], Browser], services: Services, receiver: Receiver) -> None:
    viewer = browse("viewer")
    first, second = add(viewer, services, receiver, "chat"), add(viewer, services, receiver, "mail")
    for channel_id in (first, second):
        viewer.post("/contact-rules", rule_form(channel_id), page=PAGE)
    rule, other = rules_of(viewer)
    path = f"/contact-rules/{rule}"
    quiet = {"quiet_from": "22:00", "quiet_until": "07:00", "wake_severity": "2", "after_min": "5"}
    assert "Rules saved" in viewer.follow(viewer.post(path, rule_form(second, **quiet), page=path)).text
    form = viewer.get(path).text
    for shown in ('value="22:00"', 'value="07:00"', 'name="after_min" type="number" value="5"'):
        assert shown in form
    assert f'<option value="{second}" selected>' in form
    assert rules_of(viewer) == [rule, other]
    viewer.post(path, rule_form(first), page=path)
    [kept, _] = services.contacts.contact_rules.get(services.access.users.get_by_name("viewer")["id"])["rules"]
    assert (kept["channel_id"], kept["after_s"], kept["quiet_hours"], kept["wake_severity"]) == (first, 0, None, None)
    assert viewer.post(path, rule_form(999_999), page=path).status == 422
    assert browse("operator").get(path).status == 404, "it is the rule of somebody else"


def test_an_admin_manages_what_somebody_else_is_told_by(
    browse: Callable[[str], Browser], services: Services, receiver: Receiver
) -> None:
    viewer, admin = browse("viewer"), browse("admin")
    user_id = services.access.users.get_by_name("viewer")["id"]
    base = f"/users/{user_id}"
    page = base + PAGE
    assert f'href="{page}"' in admin.get("/users").text
    assert "viewer cannot be paged" in admin.get(page).text
    told = admin.follow(admin.post(page, method_form(receiver), page=page)).text
    assert "Waits for its code" in told and SECRET not in told
    assert f'action="{PAGE}' not in told, "codes are typed by the person"
    [method] = services.contacts.contact_methods.list(user_id)
    assert "Contact methods of viewer" in admin.get(f"{page}/{method['id']}").text
    admin.post(f"{page}/{method['id']}", {"name": "工作手机", "enabled": "true"}, page=page)
    assert "工作手机" in viewer.get(PAGE).text
    admin.post(f"{base}/contact-rules", rule_form(method["id"]), page=page)
    [rule] = rules_of(admin, base)
    path = f"{base}/contact-rules/{rule}"
    admin.follow(admin.post(path, rule_form(method["id"], after_min="7"), page=path))
    assert "after 7 min" in viewer.get(PAGE).text
    assert admin.post(f"{path}/move", {"position": "0"}, page=page).status == 303
    assert viewer.get(page).status == viewer.post(f"{path}/delete", page=PAGE).status == 403
    own = services.access.users.get_by_name("admin")["id"]
    assert admin.get(f"/users/{own}/contact-rules/{rule}").status == 404
    assert admin.get(f"/users/999999{PAGE}").status == 404
    assert admin.post(f"{path}/delete", page=page).status == 303
    assert "Deleted: 工作手机" in admin.follow(admin.post(f"{page}/{method['id']}/delete", page=page)).text
    admin.client.set_cookie("nagare_language", "zh")
    assert "无法呼叫到 viewer" in admin.get(page).text


def test_an_admin_makes_teams(browse: Callable[[str], Browser], services: Services) -> None:
    admin, viewer = browse("admin"), services.access.users.get_by_name("viewer")["id"]
    form = {"name": "支付", "description": "Zahlungen", "members": ["", str(viewer)]}
    assert "Saved: 支付" in admin.follow(admin.post("/teams", form, page="/teams")).text
    [team] = services.contacts.teams.list(PageRequest()).items
    assert [member["id"] for member in team["members"]] == [viewer]
    path = f"/teams/{team['id']}"
    assert 'value="支付"' in admin.get(path).text
    admin.post(path, {**form, "members": [""]}, page=path)
    assert services.contacts.teams.get(team["id"])["members"] == []
    shown = browse("viewer").get("/teams").text
    assert "支付" in shown and "Nobody" in shown and "Add a team" not in shown
    assert "Deleted: 支付" in admin.follow(admin.post(f"{path}/delete", page="/teams")).text


def test_an_admin_makes_channels(browse: Callable[[str], Browser], services: Services, receiver: Receiver) -> None:
    admin = browse("admin")
    page = admin.follow(admin.post("/channels", method_form(receiver, "群"), page="/channels"))
    assert "Saved: 群" in page.text and SECRET not in page.text
    [channel] = services.contacts.channels.list(PageRequest()).items
    path = f"/channels/{channel['id']}"
    assert "Test message queued" in admin.follow(admin.post(f"{path}/test", page="/channels")).text
    admin.post(path, {"enabled": "false"}, page="/channels")
    assert not services.contacts.channels.get(channel["id"])["enabled"]
    wrong = admin.post("/channels", method_form(receiver, "other", url="irc://x/y"), page="/channels")
    assert wrong.status == 422 and "Must be the URL of a supported service" in wrong.text
    chat = {"kind": "telegram", "url": "", "settings": "token s3cr3t"}
    wrong = admin.post("/channels", method_form(receiver, "other", **chat), page="/channels")
    assert wrong.status == 422 and "Line 1 is not like name: value" in wrong.text and "s3cr3t" not in wrong.text
    receiver.respond = lambda request: request.answer(b"", 500)
    with pytest.raises(Exception, match="HTTP 500"):
        services.contacts.trials.send("try_channel:1", channel["id"], is_code=False)
    shown = admin.get("/channels").text
    assert "Failing" in shown and "HTTP 500" in shown
    assert "Deleted: 群" in admin.follow(admin.post(f"{path}/delete", page="/channels")).text


def test_the_name_in_the_head_leads_to_ones_own_contact_methods(browse: Callable[[str], Browser]) -> None:
    assert '<a class="whoami" href="/contact-methods"' in browse("viewer").get("/").text
