"""Teams, channels and contact rules in a real PostgreSQL, and a code that is tried by two at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.composition import Services
from app.errors import NagareError
from tests.real.services_postgresql import by, migrated, monitor_id, services, time
from tests.services.contacts.phone import Phone, phone
from tests.services.contacts.test_contact_methods import *  # noqa: F403
from tests.services.contacts.test_contact_rules import *  # noqa: F403
from tests.services.contacts.test_contact_rules import rule
from tests.services.contacts.test_teams import *  # noqa: F403
from tests.services.liveness.test_failing_channels import *  # noqa: F403
from tests.services.liveness.test_failing_channels import channel_id, send
from tests.unit.connectors.conftest import serve

__all__ = ["by", "channel_id", "migrated", "monitor_id", "phone", "send", "serve", "services", "time"]

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("forked_sender")]  # type: ignore[assignment] # one mark there


def test_each_wrong_try_counts_also_when_they_come_at_once(services: Services, phone: Phone) -> None:
    channel_id = phone.add()
    phone.work()

    def guess(_: int) -> str:
        try:
            services.contacts.contact_methods.verify(phone.user_id, channel_id, "wrong!", phone.editor)
        except NagareError as error:
            return error.code
        return "verified"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(guess, range(8)))
    assert answers == ["conflict"] * 3 + ["invalid"] * 5


def test_rules_that_are_replaced_at_once_are_those_of_one(services: Services, phone: Phone) -> None:
    channel_id = phone.add()

    def replace(count: int) -> Any:
        rules = [rule(channel_id, after_s=count) for _ in range(count)]
        return services.contacts.contact_rules.replace(phone.user_id, rules, phone.editor)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(replace, range(1, 9)))
    kept = [each["after_s"] for each in services.contacts.contact_rules.get(phone.user_id)["rules"]]
    assert kept == kept[:1] * kept[0]


def test_rules_that_are_added_at_once_are_all_kept(services: Services, phone: Phone) -> None:
    channel_id, rules = phone.verified(), services.contacts.contact_rules
    with ThreadPoolExecutor(4) as pool:
        added = [*pool.map(lambda at: rules.add(phone.user_id, rule(channel_id, after_s=at), phone.editor), range(8))]
    kept = rules.get(phone.user_id)["rules"]
    assert {each["id"] for each in kept} == {each["id"] for each in added}
    assert [each["position"] for each in kept] == [*range(8)]
