"""Teams and shared channels: who may be told together, and what still needs them."""

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app import clock
from app.composition import Services
from app.errors import Conflict, Invalid, NotFound
from app.models import AuditEntry, Escalation, Notification
from app.services.access.audit import COMMAND_LINE
from app.store.access import users
from app.store.database.pages import PageRequest
from tests.services.conftest import add_user
from tests.services.contacts.phone import DEFAULTS, Phone
from tests.services.response.receiver import SECRET

pytestmark = pytest.mark.usefixtures("forked_sender")


def make(services: Services, name: str = "pay", members: Any = ()) -> int:
    fields = {"name": name, "description": "", "members": [*members]}
    return int(services.contacts.teams.create(fields, COMMAND_LINE)["id"])


def add_route(services: Services, name: str, **values: Any) -> None:
    fields: dict[str, Any] = {"url": "json://127.0.0.1:9", "enabled": True, "min_severity": 0, "monitor_id": None}
    fields |= {"group": None, "on": ["fired"], "quiet_hours": None, "timezone": "UTC", "language": "en", "batch_s": 10}
    route_id = services.response.notifications.create({"name": name, **fields})["id"]
    with services.database.transaction() as connection:
        table = Notification.__table__
        connection.execute(update(Notification).where(table.c.id == route_id).values(values))


def add_escalation(services: Services, name: str, steps: Any, fallback: Any = None) -> None:
    row = {"name": name, "steps": steps, "fallback": fallback, "repeats": 0, "created_at": clock.now()}
    with services.database.transaction() as connection:
        connection.execute(insert(Escalation), row)


def shared(services: Services, url: str, **fields: Any) -> int:
    given = {"name": "ops chat", "url": url, **DEFAULTS, **fields}
    return int(services.contacts.channels.create(given, COMMAND_LINE)["id"])


def test_members_are_named_by_id_or_name(services: Services) -> None:
    anna, ben = add_user(services, "anna"), add_user(services, "ben")
    team_id = make(services, members=[ben, "anna", "ben"])
    teams = services.contacts.teams
    assert [member["username"] for member in teams.get(team_id)["members"]] == ["anna", "ben"]
    teams.update(team_id, {"members": [anna], "name": "payments"}, COMMAND_LINE)
    assert [member["id"] for member in teams.get(team_id)["members"]] == [anna]
    with services.database.reading() as connection:
        entries = connection.execute(select(AuditEntry.__table__.c.after).order_by(AuditEntry.__table__.c.id)).scalars()
        assert [entry.get("members") for entry in entries][-2:] == [["anna", "ben"], ["anna"]]
    with services.database.transaction() as connection:
        users.remove(connection, anna)
    assert teams.get(team_id)["members"] == []
    assert [team["name"] for team in teams.list(PageRequest()).items] == ["payments"]


def test_a_team_says_what_is_wrong(services: Services) -> None:
    team_id = make(services)
    with pytest.raises(Invalid) as refused:
        services.contacts.teams.update(team_id, {"members": ["nobody"]}, COMMAND_LINE)
    assert refused.value.field == "members.0" and "no user nobody" in str(refused.value)
    with pytest.raises(Conflict):
        make(services)
    for act in (
        lambda: services.contacts.teams.get(999_999),
        lambda: services.contacts.teams.update(999_999, {}, COMMAND_LINE),
        lambda: services.contacts.teams.delete(999_999, COMMAND_LINE),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_team_that_is_paged_is_not_deleted(services: Services) -> None:
    team_id = make(services)
    add_route(services, "critical", target="team", team_id=team_id)
    add_escalation(services, "night", [{"after_s": 0, "targets": [{"type": "team", "id": team_id}]}])
    add_escalation(services, "day", [{"after_s": 0, "targets": [{"type": "user", "id": team_id}]}])
    with pytest.raises(Conflict, match="the team pay is used by the route critical and the escalation night:"):
        services.contacts.teams.delete(team_id, COMMAND_LINE)
    other = make(services, "other")
    services.contacts.teams.delete(other, COMMAND_LINE)
    with pytest.raises(NotFound):
        services.contacts.teams.get(other)


def test_a_channel_that_is_used_is_not_deleted(services: Services, phone: Phone) -> None:
    channel_id = shared(services, phone.receiver.url)
    add_route(services, "critical", channel_id=channel_id)
    add_route(services, "all", channel_id=channel_id)
    add_escalation(services, "night", [], {"type": "channel", "id": channel_id})
    with pytest.raises(Conflict, match="ops chat is used by the routes all, critical and the escalation night:"):
        services.contacts.channels.delete(channel_id, COMMAND_LINE)
    unused = shared(services, phone.receiver.url, name="unused")
    services.contacts.channels.delete(unused, COMMAND_LINE)
    with pytest.raises(NotFound):
        services.contacts.channels.get(unused)


def test_a_shared_channel_needs_no_code_and_shows_no_address(services: Services, phone: Phone) -> None:
    team_id = make(services)
    channel_id = shared(services, phone.receiver.url, team_id=team_id)
    assert phone.queued() == []
    shown = services.contacts.channels.get(channel_id)
    assert (shown["service"], shown["team_id"], shown["user_id"]) == ("json", team_id, None)
    assert SECRET not in str(dict(shown)) and "url" not in shown
    channels = services.contacts.channels
    changed = channels.update(channel_id, {"url": "mailto://a:b@example.com", "team_id": None}, COMMAND_LINE)
    assert (changed["service"], changed["team_id"]) == ("mailto", None)
    phone.add("ops chat")
    assert [row["id"] for row in channels.list(PageRequest()).items] == [channel_id]
    with pytest.raises(Conflict, match="already a shared channel named ops chat"):
        shared(services, phone.receiver.url)
    with pytest.raises(Invalid) as refused:
        channels.update(channel_id, {"team_id": 999_999}, COMMAND_LINE)
    assert refused.value.field == "team_id"
