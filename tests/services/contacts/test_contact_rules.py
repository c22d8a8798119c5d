"""By which channel a person is told of what, and when."""

from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.composition import Services
from app.enums import Severity
from app.errors import Invalid, NotFound
from app.rules.contacts.contact_rules import due_times
from app.services.contacts.people import reachable
from app.store.access import users
from tests.services.conftest import add_user
from tests.services.contacts.phone import Phone

pytestmark = pytest.mark.usefixtures("forked_sender")


def rule(channel_id: int, **fields: Any) -> dict[str, Any]:
    given = {"channel_id": channel_id, "after_s": 0, "min_severity": 0, "quiet_hours": None}
    return {**given, "timezone": "UTC", "wake_severity": None, **fields}


def told(services: Services, user_id: int, severity: Severity = Severity.CRITICAL) -> list[tuple[int, timedelta]]:
    with services.database.reading() as connection:
        person = reachable(connection, [user_id])[user_id]
    return [(channel, at - clock.now()) for channel, at in due_times(person.rules, severity, clock.now())]


def test_a_person_without_rules_is_told_by_all_verified_channels_at_once(services: Services, phone: Phone) -> None:
    first, second = phone.verified("phone"), phone.verified("mail")
    phone.add("not verified")
    assert told(services, phone.user_id) == [(first, timedelta()), (second, timedelta())]
    shown = services.contacts.contact_rules.get(phone.user_id)
    assert (shown["rules"], shown["is_by_default"]) == ([], True)
    assert [each["channel_id"] for each in shown["default_channels"]] == [first, second]


def test_rules_are_kept_in_their_order_and_say_why_one_is_not_usable(services: Services, phone: Phone) -> None:
    chat, mail, new = phone.verified("chat"), phone.verified("mail"), phone.add("new")
    hours = {"from": "22:00", "until": "07:00"}
    wanted = [
        rule(mail, after_s=300),
        rule(new),
        rule(chat, min_severity=2, quiet_hours=hours, timezone="Asia/Shanghai", wake_severity=2),
    ]
    services.contacts.contact_rules.replace(phone.user_id, wanted, phone.editor)
    shown = services.contacts.contact_rules.get(phone.user_id)
    kept = [{name: each[name] for name in rule(0)} for each in shown["rules"]]
    assert kept == wanted and not shown["is_by_default"] and shown["default_channels"] == []
    assert [(each["usable"], each["unusable_reason"]) for each in shown["rules"]] == [
        (True, None),
        (False, "unverified"),
        (True, None),
    ]
    assert told(services, phone.user_id) == [(chat, timedelta()), (mail, timedelta(minutes=5))]
    assert told(services, phone.user_id, Severity.WARNING) == [(mail, timedelta(minutes=5))]
    update = services.contacts.contact_methods.update
    update(phone.user_id, mail, {"enabled": False}, phone.editor)
    assert services.contacts.contact_rules.get(phone.user_id)["rules"][0]["unusable_reason"] == "disabled"
    update(phone.user_id, chat, {"enabled": False}, phone.editor)
    assert services.contacts.contact_rules.get(phone.user_id)["is_by_default"]
    assert told(services, phone.user_id) == []


def test_a_rule_stays_the_same_one_when_it_is_changed_or_moved(services: Services, phone: Phone) -> None:
    rules, chat, mail = services.contacts.contact_rules, phone.verified("chat"), phone.verified("mail")
    first, second, third = (
        rules.add(phone.user_id, rule(channel), phone.editor)["id"] for channel in (chat, mail, chat)
    )

    def order() -> list[int]:
        return [each["id"] for each in rules.get(phone.user_id)["rules"]]

    changed = rules.change(phone.user_id, second, {"after_s": 60, "position": 0}, phone.editor)
    assert (changed["id"], changed["after_s"], changed["channel_id"]) == (second, 60, mail)
    assert order() == [second, first, third]
    rules.change(phone.user_id, second, {"position": 99}, phone.editor)
    assert order() == [first, third, second]
    rules.delete(phone.user_id, third, phone.editor)
    fourth = rules.add(phone.user_id, rule(mail), phone.editor)["id"]
    assert order() == [first, second, fourth]
    ben = add_user(services, "ben")
    for change in (
        lambda: rules.change(ben, first, {"after_s": 1}, phone.editor),
        lambda: rules.delete(ben, first, phone.editor),
        lambda: rules.find(ben, first),
        lambda: rules.delete(phone.user_id, third, phone.editor),
        lambda: rules.add(999_999, rule(chat), phone.editor),
    ):
        with pytest.raises(NotFound):
            change()
    assert order() == [first, second, fourth]


def test_rules_name_channels_of_the_person_and_zones_that_exist(services: Services, phone: Phone) -> None:
    own, replace = phone.add(), services.contacts.contact_rules.replace
    for wrong, field in (
        ([rule(own), rule(999_999)], "rules.1.channel_id"),
        ([rule(own, timezone="Mars/Olympus")], "rules.0.timezone"),
    ):
        with pytest.raises(Invalid) as refused:
            replace(phone.user_id, wrong, phone.editor)
        assert refused.value.field == field
    with pytest.raises(Invalid):
        replace(add_user(services, "ben"), [rule(own)], phone.editor)
    with pytest.raises(NotFound):
        replace(999_999, [], phone.editor)


def test_who_does_not_exist_is_left_out_and_who_is_disabled_is_marked(services: Services, phone: Phone) -> None:
    with services.database.transaction() as connection:
        users.change(connection, phone.user_id, {"enabled": False})
        found = reachable(connection, [phone.user_id, 999_999])
    assert {user_id: (person.username, person.enabled) for user_id, person in found.items()} == {
        phone.user_id: ("anna", False)
    }
