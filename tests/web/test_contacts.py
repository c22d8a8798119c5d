"""Teams, channels, contact methods and rules over HTTP."""

import re
from typing import Any

import pytest

from app.composition import Services
from app.rules.task_params.contacts import TryChannel
from app.services.ledger.requester import Requester
from tests.services.contacts.phone import CODE
from tests.services.response.receiver import SECRET, Receiver, Serve
from tests.unit.connectors.conftest import serve as serve
from tests.web.caller import Caller

pytestmark = pytest.mark.usefixtures("forked_sender")
MINE = "/users/me/contact-methods"


@pytest.fixture
def receiver(serve: Serve) -> Receiver:
    return Receiver(serve)


def send(services: Services, channel_id: int, *, is_code: bool = True) -> None:
    """Do what a worker does with a task that sends a code or a test message."""
    services.contacts.trials.send("try_channel:1", channel_id, is_code=is_code)


def test_a_team_from_its_making_to_its_end(admin: Caller, viewer: Caller) -> None:
    made = admin.post("/teams", {"name": "支付", "members": ["viewer"]})
    assert (made.status, made.headers["Location"]) == (201, f"/api/v1/teams/{made.json['id']}")
    path = f"/teams/{made.json['id']}"
    assert viewer.get(path).json == made.json
    assert viewer.get("/teams").json == {"items": [made.json], "next_cursor": None}
    [member] = made.json["members"]
    assert (member["username"], member["enabled"]) == ("viewer", True)
    changed = admin.patch(path, {"members": [member["id"], "admin"], "description": "Zahlungen"}).json
    assert [each["username"] for each in changed["members"]] == ["admin", "viewer"]
    assert admin.patch(path, {"members": ["nobody"]}).json["errors"] == {"members.0": ["There is no user nobody."]}
    assert admin.patch(path, {"members": [1.5]}).status == admin.patch(path, {"members": [None]}).status == 422
    assert admin.post("/teams", {"name": "支付"}).status == 409
    entries = admin.get(f"/audit?object_type=team&object_id={made.json['id']}").json["items"]
    assert [entry["after"].get("members") for entry in entries] == [["admin", "viewer"], ["viewer"]]
    assert (admin.delete(path).status, viewer.get(path).status) == (204, 404)


def test_a_shared_channel_never_shows_its_address(
    admin: Caller, operator: Caller, viewer: Caller, services: Services, receiver: Receiver
) -> None:
    made = admin.post("/channels", {"name": "ops", "url": receiver.url})
    assert (made.status, made.headers["Location"]) == (201, f"/api/v1/channels/{made.json['id']}")
    path = f"/channels/{made.json['id']}"
    shown = viewer.get(path)
    assert shown.json == made.json and SECRET not in shown.text and "url" not in shown.json
    assert (shown.json["service"], shown.json["delivery"], shown.json["failing_since"]) == (
        "json",
        "at_least_once",
        None,
    )
    task = operator.post(f"{path}/test")
    assert task.status == 202 and operator.get(f"/tasks/{task.json['task_id']}").json["params"] == {
        "channel_id": made.json["id"]
    }
    send(services, made.json["id"], is_code=False)
    assert receiver.titles == ["[nagare] Test message"]
    assert viewer.get(path).json["last_sent_at"] is not None
    assert admin.patch(path, {"enabled": False, "timezone": "Asia/Shanghai"}).json["enabled"] is False
    assert admin.patch(path, {"url": "irc://x/y"}).json["errors"].keys() == {"url"}
    entries = admin.get("/audit?object_type=channel").text
    assert SECRET not in entries and '"address": "changed"' in entries.replace('":"', '": "')
    assert (admin.delete(path).status, viewer.get(path).status) == (204, 404)


def test_a_chat_takes_settings_in_place_of_an_address(admin: Caller) -> None:
    token, chat = f"123456789:{'s3cr3t' * 6}", {"name": "chat", "kind": "telegram"}
    for fields, wrong in (
        ({"settings": {"token": "x", "chat_id": "1"}}, "settings.token"),
        ({"settings": {"token": token, "secret_token": "a" * 16}}, "settings.chat_id"),
        ({"settings": {token: "x"}}, "settings"),
        ({"settings": {}}, "settings"),
        ({"url": "json://127.0.0.1"}, "url"),
        ({}, "settings"),
    ):
        answer = admin.post("/channels", chat | fields)
        assert (answer.status, answer.json["errors"].keys()) == (422, {wrong}) and "s3cr3t" not in answer.text
    secret = "abcdefgh" * 4
    settings = {"token": token, "chat_id": "-1001234567890", "secret_token": secret}
    made = admin.post("/channels", chat | {"settings": settings})
    assert made.status == 201, made.text
    assert (made.json["kind"], made.json["service"]) == ("telegram", "telegram")
    assert token not in made.text and secret not in made.text and "settings" not in made.json


def test_a_person_adds_an_address_types_the_code_and_orders_rules(
    viewer: Caller, services: Services, receiver: Receiver
) -> None:
    made = viewer.post(MINE, {"name": "手机", "url": receiver.url, "language": "zh"})
    assert made.status == 201 and re.fullmatch(f"/api/v1{MINE}/[0-9]+", made.headers["Location"])
    path = f"{MINE}/{made.json['id']}"
    assert viewer.post(f"{path}/test").status == 409
    send(services, made.json["id"])
    found = CODE.search(receiver.seen[0]["title"])
    assert found is not None and "验证码" in receiver.seen[0]["title"]
    wrong = viewer.post(f"{path}/verify", {"code": "abcdef"})
    assert (wrong.status, wrong.json["errors"]) == (422, {"code": ["Is not the code that was sent. 4 tries are left."]})
    again = viewer.post(f"{path}/code")
    assert again.status == 429 and 0 < int(again.headers["Retry-After"]) <= 60
    assert viewer.get("/users/me/contact-rules").json == {"rules": [], "is_by_default": True, "default_channels": []}
    verified = viewer.post(f"{path}/verify", {"code": found[0]})
    assert verified.json["verified_at"] is not None and verified.json["code_expires_at"] is None
    assert viewer.post(f"{path}/code").status == 409
    assert viewer.post(f"{path}/test").status == 202
    told = viewer.get("/users/me/contact-rules").json["default_channels"]
    assert told == [{"channel_id": made.json["id"], "channel_name": "手机"}]
    rule = {"channel_id": made.json["id"], "after_s": 300, "quiet_hours": {"from": "22:00", "until": "07:00"}}
    kept = viewer.put("/users/me/contact-rules", {"rules": [rule]}).json
    assert kept["rules"][0] | rule | {"usable": True, "min_severity": 0, "wake_severity": None} == kept["rules"][0]
    assert viewer.patch(path, {"enabled": False}).status == 200
    assert viewer.get("/users/me/contact-rules").json["rules"][0]["unusable_reason"] == "disabled"
    assert [each["id"] for each in viewer.get(MINE).json["items"]] == [made.json["id"]]
    assert viewer.delete(path).status == 204
    assert viewer.get(MINE).json == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"channel_id": 999_999}, "rules.0.channel_id"),
        ({"timezone": "Mars/Olympus"}, "rules.0.timezone"),
        ({"after_s": 86_401}, "rules.0.after_s"),
        ({"after_s": -1}, "rules.0.after_s"),
        ({"quiet_hours": {"from": "25:00", "until": "07:00"}}, "rules.0.quiet_hours.from"),
        ({"quiet_hours": {"from": "07:00", "until": "07:00"}}, "rules.0.quiet_hours.until"),
        ({"min_severity": 7}, "rules.0.min_severity"),
        ({"wake_severity": "high"}, "rules.0.wake_severity"),
        ({"colour": "red"}, "rules.0.colour"),
    ],
)
def test_a_wrong_rule_names_its_field(viewer: Caller, receiver: Receiver, rule: dict[str, Any], field: str) -> None:
    channel_id = viewer.post(MINE, {"name": "phone", "url": receiver.url}).json["id"]
    answer = viewer.put("/users/me/contact-rules", {"rules": [{"channel_id": channel_id, **rule}]})
    assert (answer.status, answer.json["errors"].keys()) == (422, {field})


def test_a_rule_is_changed_in_place(admin: Caller, operator: Caller, viewer: Caller, receiver: Receiver) -> None:
    mine = "/users/me/contact-rules"
    phone, mail = (viewer.post(MINE, {"name": name, "url": receiver.url}).json["id"] for name in ("phone", "mail"))
    first = viewer.post(mine, {"channel_id": phone, "after_s": 300})
    assert first.status == 201, first.text
    second = viewer.post(mine, {"channel_id": mail}).json["id"]
    path = f"{mine}/{first.json['id']}"
    hours = {"from": "22:00", "until": "07:00"}
    changed = viewer.patch(path, {"quiet_hours": hours, "timezone": "Asia/Shanghai", "wake_severity": 2})
    assert changed.status == 200, changed.text
    assert (changed.json["after_s"], changed.json["quiet_hours"], changed.json["id"]) == (300, hours, first.json["id"])
    moved = viewer.patch(path, {"position": 20, "quiet_hours": None})
    assert moved.json["quiet_hours"] is None
    assert [each["id"] for each in viewer.get(mine).json["rules"]] == [second, first.json["id"]]
    viewer.patch(path, {"position": 0})
    assert [each["id"] for each in viewer.get(mine).json["rules"]] == [first.json["id"], second]
    for wrong, field in (
        ({"channel_id": 999_999}, "channel_id"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"position": -1}, "position"),
        ({"quiet_hours": {"from": "22:00"}}, "quiet_hours.until"),
    ):
        refused = viewer.patch(path, wrong)
        assert (refused.status, list(refused.json["errors"])) == (422, [field]), refused.text
    assert operator.patch(path, {"after_s": 0}).status == operator.delete(path).status == 404
    user_id = viewer.get("/auth/me").json["id"]
    others = f"/users/{user_id}/contact-rules/{second}"
    assert admin.patch(others, {"min_severity": 1}).json["min_severity"] == 1
    assert operator.patch(others, {}).status == 403
    assert (admin.delete(others).status, admin.delete(others).status) == (204, 404)
    assert admin.post("/users/999999/contact-rules", {"channel_id": phone}).status == 404
    edits = [entry for entry in admin.get("/audit?object_type=contact_rules").json["items"] if entry["after"]]
    assert (len(edits), edits[0]["after"]["rules"][0]["after_s"]) == (7, 300)


def test_a_person_has_at_most_twenty_rules(viewer: Caller, receiver: Receiver) -> None:
    channel_id = viewer.post(MINE, {"name": "phone", "url": receiver.url}).json["id"]
    rules = [{"channel_id": channel_id, "after_s": number} for number in range(21)]
    assert viewer.put("/users/me/contact-rules", {"rules": rules}).json["errors"].keys() == {"rules"}
    assert viewer.put("/users/me/contact-rules", {"rules": rules[:20]}).status == 200
    assert viewer.post("/users/me/contact-rules", rules[20]).status == 409


def test_admins_see_and_change_what_others_have_and_others_do_not(
    admin: Caller, operator: Caller, viewer: Caller, receiver: Receiver
) -> None:
    user_id = viewer.get("/auth/me").json["id"]
    made = admin.post(f"/users/{user_id}/contact-methods", {"name": "phone", "url": receiver.url})
    path = f"/users/{user_id}/contact-methods/{made.json['id']}"
    assert (made.status, made.headers["Location"]) == (201, f"/api/v1{path}")
    assert viewer.get(MINE).json["items"] == [made.json] == admin.get(f"/users/{user_id}/contact-methods").json["items"]
    assert admin.get(path).json == made.json and operator.get(path).status == 403
    assert operator.get(f"{MINE}/{made.json['id']}").status == 404
    assert admin.get(f"/channels/{made.json['id']}").status == 404
    assert admin.patch(path, {"name": "work phone"}).json["name"] == "work phone"
    rules = {"rules": [{"channel_id": made.json["id"]}]}
    assert admin.put(f"/users/{user_id}/contact-rules", rules).json["rules"][0]["unusable_reason"] == "unverified"
    assert admin.get(f"/users/{user_id}/contact-rules").json == viewer.get("/users/me/contact-rules").json
    assert admin.get("/users/999999/contact-rules").status == 404
    assert admin.delete(path).status == 204


def test_a_task_for_a_channel_that_does_not_exist_is_refused(services: Services, admin: Caller) -> None:
    assert admin.post("/channels/999999/test").status == 404
    with pytest.raises(Exception, match="there is no channel 999999"):
        services.ledger.submit.accept(Requester(1), TryChannel(channel_id=999_999))
