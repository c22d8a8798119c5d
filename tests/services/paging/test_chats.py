"""Pages in chats, the whole way: sent by each service's library, clicked, answered, and changed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.channels.sender import Delivery, Outcome
from app.composition import Services
from app.enums import AlertStatus
from app.errors import Unauthorized
from app.models import Alert, AlertEvent, AuditEntry, Channel
from app.rules.chat.lark import Posted
from app.services.access.audit import Editor
from app.store.database.pages import PageRequest
from tests.services.conftest import Time
from tests.services.paging.stage import Inbox, Stage
from tests.unit.channels.chat import fake_lark, fake_slack, fake_telegram
from tests.unit.channels.chat.fake_lark import FakeLark
from tests.unit.channels.chat.fake_slack import FakeSlack
from tests.unit.channels.chat.fake_telegram import FakeTelegram
from tests.unit.connectors.conftest import serve as serve

Serve = Callable[[Callable[[Any], None]], str]

pytestmark = pytest.mark.usefixtures("forked_chats")


@pytest.fixture
def stage(services: Services, time: Time) -> Stage:
    """Return a stage whose messages really go out."""
    return Stage(services, time, Inbox())


class Room:
    """A chat that is paged, and the service in which it is."""

    def __init__(self, stage: Stage, kind: str, fake: Any, settings: dict[str, str], address: str) -> None:
        self.stage, self.fake, self.services = stage, fake, stage.services
        sealed = stage._vault.seal(json.dumps({**settings, "base_url": address}))
        self.channel_id = stage.channel(kind, kind=kind, url_sealed=sealed, service=kind)
        stage.route(escalation_id=stage.escalation((0, [("channel", self.channel_id)]), name=kind))

    @property
    def clicks(self) -> Any:
        return self.services.paging.chat_clicks


@pytest.fixture
def slack(stage: Stage, serve: Serve) -> Room:
    fake = FakeSlack()
    return Room(stage, "slack", fake, fake_slack.SETTINGS, serve(fake.respond) + "/api")


def click_slack(room: Room, action: str, name: str = "anna") -> None:
    (stamp,) = {place[1] for place in room.fake.messages}
    body, headers = room.fake.click(stamp, action, name, room.stage.time.now.timestamp())
    room.clicks.take_slack(body, headers["X-Slack-Request-Timestamp"], headers["X-Slack-Signature"])
    answer_waiting(room.services)


def answer_waiting(services: Services) -> None:
    """Do the tasks that answer people in chats, as a worker does."""
    for task in services.ledger.tasks.list(PageRequest(limit=500), type="answer_chat", state="queued").items:
        claim = services.ledger.lifecycle.begin(task["task_id"], "worker")
        assert claim is not None
        services.ledger.lifecycle.succeed(claim, services.contacts.chat_answers.send(**claim.params))


def test_a_click_in_slack_acknowledges_and_the_button_goes_away(
    stage: Stage, slack: Room, services: Services, monitor_id: int
) -> None:
    stage.fire(monitor_id)
    stage.tick()
    [message] = slack.fake.messages.values()
    assert [each["action_id"] for each in fake_slack.buttons(message)] == ["acknowledge", "resolve"]
    click_slack(slack, "acknowledge")
    assert (stage.page.state, stage.page.acknowledged_by) == ("acknowledged", "anna (Slack)")
    (alert,) = stage.rows(Alert)
    assert alert.status == AlertStatus.ACKNOWLEDGED
    (noted,) = stage.rows(AlertEvent, kind="acknowledged")
    assert noted.username == "anna (Slack)"
    (entry,) = stage.rows(AuditEntry, object_type="page")
    assert (entry.user_id, entry.username) == (0, "anna (Slack)")
    stage.run(60)
    [changed] = slack.fake.messages.values()
    assert [each["action_id"] for each in fake_slack.buttons(changed)] == ["resolve"]
    assert "anna (Slack)" in changed["text"]
    assert stage.deliveries() == [("page", "slack", "sent"), ("acknowledged", "slack", "sent")]
    click_slack(slack, "resolve", "li")
    stage.run(60)
    [over] = slack.fake.messages.values()
    assert (stage.page.state, fake_slack.buttons(over)) == ("resolved", [])


def test_a_click_on_a_page_that_another_acknowledged_says_who_did(stage: Stage, slack: Room, monitor_id: int) -> None:
    stage.fire(monitor_id)
    stage.tick()
    for name in ("anna", "li", "li"):
        click_slack(slack, "acknowledge", name)
    assert stage.page.acknowledged_by == "anna (Slack)"
    assert len(stage.rows(AlertEvent, kind="acknowledged")) == 1
    assert [text for _, _, text in slack.fake.whispered] == ["anna (Slack) has acknowledged it already."] * 2
    click_slack(slack, "resolve")
    click_slack(slack, "resolve")
    click_slack(slack, "acknowledge")
    assert [text for _, _, text in slack.fake.whispered[2:]] == ["This page is over."] * 2
    assert len(stage.rows(AlertEvent, kind="resolved")) == 1


def test_a_page_that_is_answered_in_the_dashboard_loses_its_buttons_in_the_chat(
    stage: Stage, slack: Room, services: Services, monitor_id: int
) -> None:
    stage.fire(monitor_id)
    stage.tick()
    services.paging.pages.resolve(stage.page.id, Editor(1, "boss"))
    stage.run(60)
    [message] = slack.fake.messages.values()
    assert fake_slack.buttons(message) == []


def test_a_message_that_was_deleted_is_followed_by_another(
    stage: Stage, slack: Room, services: Services, monitor_id: int
) -> None:
    stage.fire(monitor_id)
    stage.tick()
    slack.fake.messages.clear()
    services.paging.pages.acknowledge(stage.page.id, Editor(1, "boss"))
    stage.run(60)
    [message] = slack.fake.messages.values()
    assert "boss" in message["text"]


def test_only_a_page_that_was_sent_to_the_chat_can_be_answered(
    stage: Stage, slack: Room, services: Services, monitor_id: int
) -> None:
    stage.fire(monitor_id)
    stage.tick()
    [message] = slack.fake.messages.values()
    for button in fake_slack.buttons(message):
        button["value"] = str(stage.page.id + 1)
    click_slack(slack, "acknowledge")
    assert stage.page.state == "open"
    assert [text for _, _, text in slack.fake.whispered] == ["nagare has not sent this page to this chat."]


def test_requests_of_others_change_nothing(stage: Stage, slack: Room, monitor_id: int) -> None:
    stage.fire(monitor_id)
    stage.tick()
    (stamp,) = {place[1] for place in slack.fake.messages}
    now = stage.time.now.timestamp()
    body, headers = slack.fake.click(stamp, "acknowledge", "anna", now)
    timestamp, signature = headers["X-Slack-Request-Timestamp"], headers["X-Slack-Signature"]
    _, forged = fake_slack.sign(body, now, "another secret")
    for wrong in ((body, timestamp, forged["X-Slack-Signature"]), (body + b"x", timestamp, signature), (b"", "", "")):
        with pytest.raises(Unauthorized):
            slack.clicks.take_slack(*wrong)
    stage.time.pass_by(301)
    with pytest.raises(Unauthorized):
        slack.clicks.take_slack(body, timestamp, signature)
    stage.time.pass_by(-301)
    stage.change(Channel, slack.channel_id, enabled=False)
    with pytest.raises(Unauthorized):
        slack.clicks.take_slack(body, timestamp, signature)
    assert stage.page.state == "open"


def test_a_click_in_telegram_is_answered_in_the_response(stage: Stage, serve: Serve, monitor_id: int) -> None:
    fake = FakeTelegram()
    room = Room(stage, "telegram", fake, fake_telegram.SETTINGS, serve(fake.respond))
    stage.change(Channel, room.channel_id, language="zh")
    stage.fire(monitor_id)
    stage.tick()
    (number,) = {place[1] for place in fake.messages}
    [message] = fake.messages.values()
    assert [each["text"] for each in fake_telegram.buttons(message)] == ["确认", "解决"]
    body, headers = fake.click(number, "acknowledge")
    secret = headers["X-Telegram-Bot-Api-Secret-Token"]
    answer = room.clicks.take_telegram(room.channel_id, body, secret)
    assert (answer["method"], answer["text"]) == ("answerCallbackQuery", "已由你确认。")
    assert room.clicks.take_telegram(room.channel_id, body, secret)["text"] == "伟 王 (Telegram) 已经确认。"
    assert room.clicks.take_telegram(room.channel_id, b'{"update_id": 1, "message": {}}', secret) == {}
    for channel_id, wrong in ((room.channel_id, "another"), (room.channel_id, ""), (room.channel_id + 1, secret)):
        with pytest.raises(Unauthorized):
            room.clicks.take_telegram(channel_id, body, wrong)
    stage.run(60)
    [changed] = fake.messages.values()
    assert [each["text"] for each in fake_telegram.buttons(changed)] == ["解决"]


def test_a_click_in_lark_is_answered_with_a_toast(stage: Stage, serve: Serve, monitor_id: int) -> None:
    fake = FakeLark()
    room = Room(stage, "lark", fake, fake_lark.SETTINGS, serve(fake.respond))
    stage.fire(monitor_id)
    stage.tick()
    [message_id] = fake.cards
    clicked = posted(fake.click(message_id, "acknowledge", at=stage.time.now.timestamp()))
    assert room.clicks.take_lark(clicked) == {"toast": {"type": "success", "content": "You have acknowledged it."}}
    assert stage.page.acknowledged_by == f"{fake_lark.PERSON} (Lark)"
    assert room.clicks.take_lark(clicked)["toast"]["type"] == "warning"
    assert room.clicks.take_lark(posted(fake_lark.challenge())) == {"challenge": "ajls384kdjx98XX"}
    with pytest.raises(Unauthorized):
        room.clicks.take_lark(posted(fake_lark.challenge("another")))
    stage.run(60)
    [card] = fake.cards.values()
    assert [each["value"]["action"] for each in fake_lark.buttons(card)] == ["resolve"]


def posted(signed: tuple[bytes, dict[str, str]]) -> Posted:
    body, headers = signed
    names = ("X-Lark-Request-Timestamp", "X-Lark-Request-Nonce", "X-Lark-Signature")
    return Posted(body, *(headers.get(name, "") for name in names))


def test_a_message_about_several_pages_keeps_its_text_when_one_is_answered(
    stage: Stage, services: Services, monitor_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []

    def send(outgoing: Any) -> Delivery:
        sent.append(outgoing)
        return Delivery(Outcome.SENT, None, {"chat": "C1", "message_id": str(len(sent))})

    monkeypatch.setattr(services.paging.sender, "send", send)
    channel_id = stage.channel("slack", kind="slack", service="slack")
    for name in ("one", "two"):
        escalation = stage.escalation((0, [("channel", channel_id)]), name=name)
        stage.route(name, escalation_id=escalation, match=f'alert.host="{name}"')
    stage.fire(monitor_id, host="one")
    stage.fire(monitor_id, first=2, host="two")
    stage.run(60)
    together = [each for each in sent if each.message.actions is None]
    assert together
    services.paging.pages.acknowledge(1, Editor(1, "boss"))
    stage.run(60)
    shared = {str(sent.index(each) + 1) for each in together}
    assert not shared & {receipt["message_id"] for each in sent for receipt in each.outdated}
