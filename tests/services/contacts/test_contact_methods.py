"""A person's channels: nothing is told by them before the person has typed the code that was sent there."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from app.composition import Services
from app.errors import Conflict, Invalid, NotFound, NotificationFailed, TooManyRequests
from app.models import AuditEntry, Channel, TaskRun
from app.services.access.audit import Editor
from app.services.contacts.people import reachable
from tests.services.conftest import Time, add_user
from tests.services.contacts.phone import Phone
from tests.services.response.receiver import SECRET

pytestmark = pytest.mark.usefixtures("forked_sender")


def test_a_code_arrives_and_verifies_the_channel(services: Services, phone: Phone, time: Time) -> None:
    channel_id = phone.add("手机")
    methods = services.contacts.contact_methods
    shown = methods.get(phone.user_id, channel_id)
    assert (shown["service"], shown["verified_at"], shown["code_expires_at"] > time.now) == ("json", None, True)
    assert phone.work() == [{"sent": 1}]
    [message] = phone.receiver.seen
    assert message["title"] == f"[nagare] Your code: {phone.code}"
    assert "“手机” of anna" in message["message"]
    time.pass_by(60)
    spaced = f" {phone.code[:3]} {phone.code[3:]} "
    shown = methods.verify(phone.user_id, channel_id, spaced, phone.editor)
    assert (shown["verified_at"], shown["code_expires_at"]) == (time.now, None)
    assert methods.verify(phone.user_id, channel_id, "000000", phone.editor)["verified_at"] == time.now
    assert [row["id"] for row in methods.list(phone.user_id)] == [channel_id]


def test_the_code_and_the_address_are_in_no_task_answer_or_audit(services: Services, phone: Phone) -> None:
    channel_id = phone.verified()
    methods = services.contacts.contact_methods
    shown = methods.update(phone.user_id, channel_id, {"name": "work phone"}, phone.editor)
    with services.database.reading() as connection:
        kept = [connection.execute(select(model.__table__)).all() for model in (TaskRun, AuditEntry, Channel)]
    everything = json.dumps([kept, dict(shown), methods.list(phone.user_id)], default=str)
    assert phone.code not in everything and SECRET not in everything and "sealed" not in str(shown)


def test_five_wrong_tries_void_a_code(services: Services, phone: Phone, time: Time) -> None:
    channel_id = phone.add()
    phone.work()
    verify, wrong = services.contacts.contact_methods.verify, "x" * 6
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(Invalid, match=f"{left} tries are left" if left else "Is not the code that was sent.$"):
            verify(phone.user_id, channel_id, wrong, phone.editor)
    with pytest.raises(Conflict, match="have a new one sent"):
        verify(phone.user_id, channel_id, phone.code, phone.editor)
    time.pass_by(60)
    services.contacts.contact_methods.send_code(phone.user_id, channel_id, phone.editor)
    phone.work()
    assert verify(phone.user_id, channel_id, phone.code, phone.editor)["verified_at"] == time.now


def test_a_code_is_valid_for_fifteen_minutes(services: Services, phone: Phone, time: Time) -> None:
    channel_id = phone.add()
    time.pass_by(15 * 60)
    assert phone.work() == [{"sent": 0}]
    with pytest.raises(Conflict, match="no code is valid"):
        services.contacts.contact_methods.verify(phone.user_id, channel_id, "000000", phone.editor)


def test_a_new_code_voids_the_one_before_and_comes_once_a_minute(services: Services, phone: Phone, time: Time) -> None:
    channel_id = phone.add()
    phone.work()
    first, methods = phone.code, services.contacts.contact_methods
    time.pass_by(18.5)
    with pytest.raises(TooManyRequests, match="try again in 42 s") as refused:
        methods.send_code(phone.user_id, channel_id, phone.editor)
    assert refused.value.retry_after_s == 42
    with pytest.raises(TooManyRequests):
        methods.update(phone.user_id, channel_id, {"url": phone.receiver.url + "/new"}, phone.editor)
    time.pass_by(42)
    methods.send_code(phone.user_id, channel_id, phone.editor)
    phone.work()
    if first != phone.code:
        with pytest.raises(Invalid):
            methods.verify(phone.user_id, channel_id, first, phone.editor)
    methods.verify(phone.user_id, channel_id, phone.code, phone.editor)
    with pytest.raises(Conflict, match="is verified already"):
        methods.send_code(phone.user_id, channel_id, phone.editor)


def test_nobody_has_codes_sent_without_end(services: Services, phone: Phone, time: Time) -> None:
    for number in range(30):
        channel_id = phone.add(f"phone {number}")
        services.contacts.contact_methods.delete(phone.user_id, channel_id, phone.editor)
        time.pass_by(10)
    with pytest.raises(TooManyRequests, match="30 codes sent within an hour") as refused:
        phone.add()
    assert refused.value.retry_after_s == 3301
    assert services.contacts.contact_methods.list(phone.user_id) == []
    time.pass_by(3301)
    phone.add()


def test_another_address_must_be_verified_again(services: Services, phone: Phone, time: Time) -> None:
    channel_id = phone.verified()
    time.pass_by(60)
    methods = services.contacts.contact_methods
    assert methods.update(phone.user_id, channel_id, {"name": "new name"}, phone.editor)["verified_at"] is not None
    changed = methods.update(phone.user_id, channel_id, {"url": phone.receiver.url + "/new"}, phone.editor)
    assert changed["verified_at"] is None and changed["code_expires_at"] is not None
    with services.database.reading() as connection:
        assert reachable(connection, [phone.user_id])[phone.user_id].rules == []
    phone.work()
    methods.verify(phone.user_id, channel_id, phone.code, phone.editor)
    with services.database.reading() as connection:
        assert len(reachable(connection, [phone.user_id])[phone.user_id].rules) == 1


def test_a_receiver_that_asks_to_wait_is_asked_again_only_then(services: Services, phone: Phone, time: Time) -> None:
    phone.receiver.respond = lambda request: request.answer(b"", 429, {"Retry-After": "120"})
    channel_id = phone.add()
    [task_id] = phone.queued()
    with pytest.raises(NotificationFailed, match="HTTP 429") as failed:
        phone.run(task_id)
    assert failed.value.retry_after_s == 120
    task = services.ledger.tasks.get(task_id)
    assert task["state"] == "retrying" and (task["next_run_at"] - time.now).total_seconds() >= 120
    shown = services.contacts.contact_methods.get(phone.user_id, channel_id)
    assert (shown["last_error"], shown["failing_since"]) == ("the receiver returned HTTP 429", time.now)


def test_what_is_not_the_persons_own_does_not_exist(services: Services, phone: Phone) -> None:
    channel_id, other = phone.add(), add_user(services, "ben")
    methods, editor = services.contacts.contact_methods, Editor(other, "ben")
    for act in (
        lambda: methods.get(other, channel_id),
        lambda: methods.update(other, channel_id, {"name": "x"}, editor),
        lambda: methods.delete(other, channel_id, editor),
        lambda: methods.send_code(other, channel_id, editor),
        lambda: methods.verify(other, channel_id, "000000", editor),
        lambda: services.contacts.channels.get(channel_id),
        lambda: methods.list(999_999),
        lambda: replace(phone, user_id=999_999).add(),
    ):
        with pytest.raises(NotFound):
            act()


def test_names_are_unique_to_a_person_and_methods_are_limited(services: Services, phone: Phone) -> None:
    phone.add("phone")
    with pytest.raises(Conflict, match="already a contact method named phone"):
        phone.add("phone")
    replace(phone, user_id=add_user(services, "ben")).add("phone")
    for number in range(19):
        phone.add(f"phone {number}")
    with pytest.raises(Conflict, match="at most 20"):
        phone.add("one more")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"url": "ftp://example.com"}, "url"),
        ({"url": "json://169.254.169.254"}, "url"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"settings": {"token": "x"}}, "settings"),
        ({"kind": "slack"}, "url"),
    ],
)
def test_what_is_wrong_is_named(phone: Phone, fields: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        phone.add(**fields)
    assert refused.value.field == field


def test_deleting_a_channel_deletes_the_rules_about_it_and_a_waiting_code_is_not_sent(
    services: Services, phone: Phone
) -> None:
    channel_id = phone.add()
    rule: dict[str, Any] = {"channel_id": channel_id, "after_s": 0, "min_severity": 0, "quiet_hours": None}
    rule |= {"timezone": "UTC", "wake_severity": None}
    services.contacts.contact_rules.replace(phone.user_id, [rule], phone.editor)
    services.contacts.contact_methods.delete(phone.user_id, channel_id, phone.editor)
    assert phone.work() == [{"sent": 0}]
    assert services.contacts.contact_rules.get(phone.user_id)["rules"] == []
