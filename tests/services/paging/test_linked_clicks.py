"""A click of a person whose account in the chat is linked acts as that user, with the user's role."""

import json
from typing import Any

import pytest

from app.composition import Services
from app.enums import ChannelKind, Role
from app.errors import Conflict, Invalid, NotFound
from app.models import AlertEvent, AuditEntry, Channel, User
from app.services.access.audit import Editor
from tests.services.conftest import add_user
from tests.services.paging.test_chats import Room, click_slack
from tests.services.paging.test_chats import serve as serve
from tests.services.paging.test_chats import slack as slack
from tests.services.paging.test_chats import stage as stage

pytestmark = pytest.mark.usefixtures("forked_chats")
PERSON = "U012AB3CD"
BOSS = Editor(0, "boss")


def link(services: Services, name: str) -> int:
    user_id = add_user(services, name)
    services.contacts.chat_accounts.add(user_id, ChannelKind.SLACK, PERSON, BOSS)
    return user_id


def told(room: Room) -> list[str]:
    return [text for _, _, text in room.fake.whispered]


def set_setting(room: Room, **settings: str) -> None:
    """Change settings of the channel in which the person clicks."""
    vault = room.stage._vault
    [row] = room.stage.rows(Channel, id=room.channel_id)
    sealed = vault.seal(json.dumps({**json.loads(vault.open(row.url_sealed) or ""), **settings}))
    room.stage.change(Channel, room.channel_id, url_sealed=sealed)


def test_a_click_acts_as_the_user(services: Services, slack: Room, monitor_id: int) -> None:
    user_id = link(services, "王伟")
    slack.stage.fire(monitor_id)
    slack.stage.tick()
    click_slack(slack, "acknowledge", "any name")
    assert (slack.stage.page.state, slack.stage.page.acknowledged_by) == ("acknowledged", "王伟")
    (noted,) = slack.stage.rows(AlertEvent, kind="acknowledged")
    (entry,) = slack.stage.rows(AuditEntry, object_type="page")
    assert (noted.user_id, entry.user_id, entry.username) == (user_id, user_id, "王伟")
    click_slack(slack, "acknowledge")
    assert told(slack) == ["王伟 has acknowledged it already."]


@pytest.mark.parametrize("change", [{"role": Role.VIEWER}, {"enabled": False}], ids=["viewer", "disabled"])
def test_a_user_who_may_not_answer_pages_may_not_in_a_chat(
    services: Services, slack: Room, monitor_id: int, change: dict[str, Any]
) -> None:
    slack.stage.change(User, link(services, "王伟"), **change)
    slack.stage.fire(monitor_id)
    slack.stage.tick()
    click_slack(slack, "resolve")
    assert slack.stage.page.state == "open"
    assert told(slack) == ["Your user 王伟 may not answer pages in nagare."]


def test_a_channel_can_refuse_people_without_a_linked_account(services: Services, slack: Room, monitor_id: int) -> None:
    set_setting(slack, unlinked_may_answer="false")
    slack.stage.fire(monitor_id)
    slack.stage.tick()
    click_slack(slack, "acknowledge")
    assert (slack.stage.page.state, len(told(slack))) == ("open", 1)
    link(services, "王伟")
    click_slack(slack, "acknowledge")
    assert slack.stage.page.acknowledged_by == "王伟"


def test_an_account_belongs_to_one_user_until_it_is_removed(services: Services, slack: Room) -> None:
    user_id, other = link(services, "王伟"), add_user(services, "李娜")
    accounts = services.contacts.chat_accounts
    with pytest.raises(Conflict, match="linked to the user 王伟"):
        accounts.add(other, ChannelKind.SLACK, PERSON, BOSS)
    [account] = accounts.list(user_id)
    with pytest.raises(NotFound):
        accounts.remove(other, account["id"], BOSS)
    accounts.remove(user_id, account["id"], BOSS)
    accounts.add(other, ChannelKind.SLACK, PERSON, BOSS)
    slack.stage.remove(User, other)
    accounts.add(user_id, ChannelKind.SLACK, PERSON, BOSS)
    audited = [row for row in slack.stage.rows(AuditEntry, object_type="chat_account") if row.before]
    assert [row.before["external_id"] for row in audited] == [PERSON]


@pytest.mark.parametrize(
    ("kind", "external_id", "field"),
    [
        *(("slack", "anna", "external_id"), ("telegram", "@anna", "external_id"), ("telegram", "-100", "external_id")),
        *(("lark", "on_574", "external_id"), ("apprise", "x", "kind")),
    ],
)
def test_an_id_that_nobody_has_there_is_refused(services: Services, kind: str, external_id: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        services.contacts.chat_accounts.add(add_user(services, "x"), ChannelKind(kind), external_id, BOSS)
    assert refused.value.field == field


def test_a_code_that_came_to_the_account_links_it(services: Services, slack: Room) -> None:
    user_id = add_user(services, "王伟")
    by, accounts = Editor(user_id, "王伟"), services.contacts.chat_accounts
    task_id = accounts.send_code(user_id, slack.channel_id, PERSON, by)
    claim = services.ledger.lifecycle.begin(task_id, "worker")
    assert claim is not None and PERSON not in str(claim.params)
    text = _code_message(services, slack, task_id, claim.params)
    code = text.partition("Your code: ")[2][:10]
    for wrong_user, wrong_id, typed in ((user_id, PERSON, "A" * 10), (user_id, "U0OTHER", code)):
        with pytest.raises(Invalid) as refused:
            accounts.link(wrong_user, slack.channel_id, wrong_id, typed, by)
        assert refused.value.field == "code"
    with pytest.raises(Invalid):
        accounts.link(add_user(services, "李娜"), slack.channel_id, PERSON, code, by)
    slack.stage.time.pass_by(15 * 60)
    made = accounts.link(user_id, slack.channel_id, PERSON, f" {code[:5].lower()} {code[5:]}", by)
    assert (made["user_id"], made["kind"], made["external_id"]) == (user_id, "slack", PERSON)
    slack.stage.time.pass_by(15 * 60)
    accounts.remove(user_id, made["id"], by)
    with pytest.raises(Invalid):
        accounts.link(user_id, slack.channel_id, PERSON, code, by)


def _code_message(services: Services, slack: Room, task_id: str, params: Any) -> str:
    """Send the code as a worker does; return the message that came."""
    before = {*slack.fake.messages}
    result = services.contacts.trials.send_link_code(task_id, params["channel_id"], params["account"])
    assert result == {"sent": 1}
    [place] = {*slack.fake.messages} - before
    return str(slack.fake.messages[place]["text"])


def test_a_code_is_sent_only_by_a_shared_channel_of_a_chat(services: Services, slack: Room) -> None:
    user_id = add_user(services, "王伟")
    by = Editor(user_id, "王伟")
    own = slack.stage.channel("own", user_id, kind="slack", service="slack")
    apprise = slack.stage.channel("mail")
    for channel_id in (own, apprise, 999_999):
        with pytest.raises(Invalid) as refused:
            services.contacts.chat_accounts.send_code(user_id, channel_id, PERSON, by)
        assert refused.value.field == "channel_id"
