"""Accounts in chats, and the audit log, in a real PostgreSQL; one account that two users link at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.composition import Services
from app.enums import AuditedType, ChannelKind, Role
from app.errors import NagareError
from app.services.access.audit import COMMAND_LINE
from app.store.database.pages import PageRequest
from tests.real.services_postgresql import by, migrated, monitor_id, services, time
from tests.services.conftest import Time, add_user
from tests.services.paging.test_chats import serve, slack, stage
from tests.services.paging.test_linked_clicks import *  # noqa: F403

__all__ = ["by", "migrated", "monitor_id", "serve", "services", "slack", "stage", "time"]

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("forked_chats")]  # type: ignore[assignment] # one mark there


def test_an_account_that_two_link_at_once_belongs_to_one(services: Services) -> None:
    user_ids = [add_user(services, f"user {number}") for number in range(8)]

    def link(user_id: int) -> str:
        try:
            services.contacts.chat_accounts.add(user_id, ChannelKind.TELEGRAM, "987654321", COMMAND_LINE)
        except NagareError as error:
            return error.code
        return "linked"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(link, user_ids))
    assert answers.count("linked") == 1
    assert {*answers} <= {"linked", "conflict", "concurrent_change"}


def test_entries_are_found_by_who_and_when(services: Services, time: Time) -> None:
    audit, first = services.access.audit, time.now
    for name in ("a", "b"):
        services.contacts.teams.create({"name": name, "description": "", "members": []}, COMMAND_LINE)
        time.pass_by(60)
    later = audit.list(PageRequest(), Role.ADMIN, after=first + timedelta(seconds=60), username="command line").items
    assert [(row["object_type"], row["after"]["name"]) for row in later] == [(AuditedType.TEAM, "b")]
    assert [row["after"]["name"] for row in audit.list(PageRequest(), Role.ADMIN, before=later[0]["at"]).items] == ["a"]
    assert audit.list(PageRequest(), Role.ADMIN, username="nobody").items == []
