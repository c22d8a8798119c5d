"""Who is paged when, what ends a page, and who hears of that."""

from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from app.channels.sender import Delivery, Outcome
from app.composition import Services
from app.composition.paging import RECIPIENTS
from app.enums import AlertStatus
from app.errors import DatabaseUnavailable
from app.models import (
    Alert,
    AlertDecision,
    AlertEvent,
    Channel,
    ContactRule,
    Notification,
    Page,
    PageDelivery,
    TaskRun,
    User,
)
from app.rules.response.notification_examples import FIRED
from app.services.access.audit import Editor
from app.services.paging.pager import Pager
from tests.services.alert_rows import end_alert
from tests.services.paging.stage import BY, FAILED, SENT, UNKNOWN, Inbox, Stage

Row = Any


@pytest.fixture
def wang(stage: Stage) -> int:
    return stage.person("wang", ("phone", 0), ("mail", 120))


@pytest.fixture
def li(stage: Stage) -> int:
    return stage.person("li", ("pager", 0))


def end(services: Services, *alert_ids: int) -> None:
    with services.database.transaction() as connection:
        for alert_id in alert_ids:
            end_alert(connection, alert_id)


def test_an_alert_pages_the_first_step_at_once_and_the_next_after_its_time(
    stage: Stage, inbox: Inbox, monitor_id: int, wang: int, li: int
) -> None:
    stage.route(escalation_id=stage.escalation((0, [("user", wang)]), (300, [("user", li)])))
    stage.fire(monitor_id)
    stage.tick()
    assert [each.address for each in inbox.seen] == ["phone"]
    assert "disk 1 is full" in inbox.seen[0].message.title
    assert "step 1 of “db”, because the step names you." in inbox.seen[0].message.body
    assert (stage.page.state, stage.outcomes()) == ("open", ["told"])
    stage.run(121)
    assert [each.address for each in inbox.seen] == ["phone", "mail"]
    stage.run(200)
    assert [each.address for each in inbox.seen] == ["phone", "mail", "pager"]


def test_who_was_told_of_a_page_hears_once_that_it_is_acknowledged_and_over(
    stage: Stage, inbox: Inbox, services: Services, monitor_id: int, wang: int, li: int
) -> None:
    stage.route(escalation_id=stage.escalation((0, [("user", wang), ("user", li)]), (300, [("user", li)])))
    (alert_id,) = stage.fire(monitor_id)
    stage.tick()
    assert len(inbox.seen) == 2
    services.paging.pages.acknowledge(stage.page.id, Editor(li, "li"))
    (alert,) = stage.rows(Alert)
    assert alert.status == AlertStatus.ACKNOWLEDGED
    stage.run(60)
    assert [(each.address, each.message.title) for each in inbox.seen[2:]] == [
        ("phone", "[nagare] Page acknowledged: CRITICAL: disk 1 is full")
    ]
    end(services, alert_id)
    stage.run(700)
    assert sorted(each.address for each in inbox.seen[3:]) == ["pager", "phone"]
    assert {each.message.tone for each in inbox.seen[3:]} == {"success"}
    assert (stage.page.state, set(stage.outcomes())) == ("resolved", {"told"})
    skipped = [row for row in stage.deliveries() if row[2] == "skipped"]
    assert skipped == [("page", "mail", "skipped")]


def test_an_alert_that_ends_before_anybody_is_told_pages_nobody(
    stage: Stage, inbox: Inbox, services: Services, monitor_id: int, wang: int
) -> None:
    stage.route(escalation_id=stage.escalation((60, [("user", wang)])))
    (alert_id,) = stage.fire(monitor_id)
    stage.run(10)
    end(services, alert_id)
    stage.run(60)
    assert (inbox.seen, stage.page.state) == ([], "resolved")
    assert {(row.outcome, row.reason["code"]) for row in stage.rows(AlertDecision)} == {
        ("dropped", "page_over_first"),
        ("dropped", "page_nobody_to_tell"),
    }


def test_somebody_who_acknowledges_the_alerts_acknowledges_their_page(
    stage: Stage, services: Services, monitor_id: int, wang: int, li: int
) -> None:
    stage.route(escalation_id=stage.escalation((0, [("user", wang)]), (60, [("user", li)])))
    first, second = stage.fire(monitor_id, 2)
    stage.tick()
    services.alerts.alert_actions.acknowledge(first, Editor(li, "li"))
    stage.tick()
    assert stage.page.state == "open"
    services.alerts.alert_actions.acknowledge(second, Editor(li, "li"))
    stage.run(5)
    assert (stage.page.state, stage.page.acknowledged_by) == ("acknowledged", "li")


def test_alerts_join_the_open_page_and_after_an_answer_they_open_another(
    stage: Stage, inbox: Inbox, services: Services, monitor_id: int, wang: int
) -> None:
    stage.route(escalation_id=stage.escalation((0, [("user", wang)])))
    stage.fire(monitor_id)
    stage.tick()
    stage.fire(monitor_id, 3, first=2)
    stage.run(31)
    assert [each.message.title for each in inbox.seen] == [
        "[nagare] Page: CRITICAL: disk 1 is full",
        "[nagare] Page: 4 critical",
    ]
    assert set(stage.outcomes()) == {"told"}
    services.paging.pages.acknowledge(stage.page.id, Editor(wang, "wang"))
    stage.fire(monitor_id, first=9)
    stage.run(31)
    assert [(page.state, page.title) for page in stage.rows(Page)] == [
        ("acknowledged", "disk 1 is full"),
        ("open", "disk 9 is full"),
    ]


def test_an_acknowledgement_expires_and_the_steps_begin_again(
    stage: Stage, inbox: Inbox, services: Services, monitor_id: int, wang: int
) -> None:
    stage.route(escalation_id=stage.escalation((0, [("user", wang)]), acknowledgement_s=600))
    stage.fire(monitor_id)
    stage.tick()
    services.paging.pages.acknowledge(stage.page.id, Editor(wang, "wang"))
    stage.time.pass_by(590)
    stage.run(5)
    assert stage.page.state == "acknowledged"
    stage.run(10)
    assert (stage.page.state, stage.page.round, len(inbox.to("phone"))) == ("open", 1, 2)
    services.paging.pages.acknowledge(stage.page.id, Editor(wang, "wang"))
    stage.run(5)
    assert stage.page.state == "acknowledged"


def test_nobody_on_call_goes_to_the_next_step_at_once_and_then_to_the_fallback(
    stage: Stage, inbox: Inbox, monitor_id: int, li: int
) -> None:
    rota, empty = stage.rota("primary"), stage.team("dba")
    steps = [(0, [("rota", rota)]), (3600, [("team", empty)])]
    stage.route(escalation_id=stage.escalation(*steps, repeats=5, fallback={"type": "user", "id": li}))
    stage.fire(monitor_id)
    stage.run(3)
    assert [each.address for each in inbox.seen] == ["pager"]
    assert "as the fallback of “db”" in inbox.seen[0].message.body
    missed = [entry["missed"] for entry in stage.page.history if entry["code"] == "step"]
    assert [[each["code"] for each in step] for step in missed] == [["nobody_on_call"], ["team_empty"]]
    stage.time.pass_by(3600)
    stage.run(3)
    assert (stage.page.state, stage.codes()[-1]) == ("exhausted", "exhausted")
    assert stage.outcomes() == ["told"]


def test_a_page_that_reaches_nobody_ends_with_a_reason(stage: Stage, inbox: Inbox, monitor_id: int) -> None:
    stage.route(escalation_id=stage.escalation((0, [("rota", stage.rota("primary"))])))
    stage.fire(monitor_id)
    stage.run(3)
    assert (inbox.seen, stage.page.state) == ([], "exhausted")
    (decision,) = [each for each in stage.rows(AlertDecision) if each.route_id is not None]
    assert (decision.outcome, decision.reason["code"]) == ("undeliverable", "page_exhausted")


@pytest.mark.parametrize("kinds", [["fired", "resolved"], ["fired"]])
def test_an_exhausted_page_is_resolved_when_its_alerts_end(
    stage: Stage, services: Services, inbox: Inbox, monitor_id: int, li: int, kinds: list[str]
) -> None:
    stage.route(escalation_id=stage.escalation((0, [("user", li)])), kinds=kinds)
    first, second = stage.fire(monitor_id, 2)
    stage.run(65)
    assert stage.page.state == "exhausted"
    services.alerts.alert_actions.resolve(first, BY)
    stage.run(10)
    assert stage.page.state == "exhausted", "the second alert stands"
    services.alerts.alert_actions.resolve(second, BY)
    stage.run(40)
    assert (stage.page.state, stage.codes()[-1]) == ("resolved", "resolved")
    assert stage.deliveries(kind="resolved") == [("resolved", "pager", "sent")]
    assert inbox.seen[-1].message.title.startswith("[nagare] Page resolved")
    outcomes = stage.outcomes()
    assert set(outcomes) == {"told"} and len(outcomes) == 2 * len(kinds)


def test_an_exhausted_page_is_acknowledged_with_its_alerts(
    stage: Stage, services: Services, monitor_id: int, li: int
) -> None:
    stage.route(escalation_id=stage.escalation((0, [("user", li)])))
    (alert_id,) = stage.fire(monitor_id)
    stage.run(65)
    services.alerts.alert_actions.acknowledge(alert_id, Editor(li, "li"))
    stage.run(5)
    assert (stage.page.state, stage.page.acknowledged_by, stage.page.ended_at) == ("acknowledged", "li", None)


def test_an_exhausted_page_whose_alerts_ended_under_no_leader_is_resolved(
    stage: Stage, services: Services, monitor_id: int
) -> None:
    stage.route(escalation_id=stage.escalation((0, [("rota", stage.rota("primary"))])), kinds=["fired"])
    (alert_id,) = stage.fire(monitor_id)
    stage.run(3)
    assert stage.page.state == "exhausted"
    services.alerts.alert_actions.resolve(alert_id, BY)
    stage.time.pass_by(3600)
    watch = services.paging.watch
    watch._looked_at = None  # a process that becomes the leader has not looked yet
    stage.run(6)
    assert stage.page.state == "resolved"


def test_a_fallback_can_be_another_escalation_with_steps_of_its_own(
    stage: Stage, inbox: Inbox, monitor_id: int, wang: int, li: int
) -> None:
    last = stage.escalation((0, [("user", li)]), name="last")
    stage.route(escalation_id=stage.escalation((0, [("user", wang)]), fallback={"type": "escalation", "id": last}))
    stage.fire(monitor_id)
    stage.run(65)
    assert [each.address for each in inbox.seen] == ["phone", "pager"]
    assert "step 1 of “last”" in inbox.seen[1].message.body


def test_a_channel_that_fails_goes_to_the_next_contact_method_and_then_to_the_next_step(
    stage: Stage, inbox: Inbox, monitor_id: int, wang: int, li: int
) -> None:
    inbox.answer = lambda outgoing: SENT if outgoing.address == "pager" else FAILED
    stage.route(escalation_id=stage.escalation((0, [("user", wang)]), (3600, [("user", li)])))
    stage.fire(monitor_id)
    stage.run(90)
    assert [each.address for each in inbox.seen] == ["pager"]
    assert stage.deliveries() == [("page", "phone", "failed"), ("page", "mail", "failed"), ("page", "pager", "sent")]
    assert stage.outcomes() == ["told"]


def test_a_receiver_that_asks_to_wait_is_left_alone_that_long(
    stage: Stage, inbox: Inbox, monitor_id: int, li: int
) -> None:
    asked: list[float] = []

    def answer(outgoing: object) -> Delivery:
        asked.append(stage.time.monotonic)
        return SENT if len(asked) > 1 else Delivery(Outcome.FAILED, "HTTP 429", retry_after_s=40)

    inbox.answer = answer
    stage.route(escalation_id=stage.escalation((0, [("user", li)])))
    stage.fire(monitor_id)
    stage.run(60)
    assert len(asked) == 2
    assert 40 <= asked[1] - asked[0] < 50


def test_a_message_without_an_answer_is_sent_again_marked_and_with_the_same_key(
    stage: Stage, inbox: Inbox, monitor_id: int, li: int
) -> None:
    answers = iter([UNKNOWN, SENT])
    inbox.answer = lambda outgoing: next(answers)
    stage.route(escalation_id=stage.escalation((0, [("user", li)])))
    stage.fire(monitor_id)
    stage.run(20)
    first, second = inbox.seen
    assert (first.is_repeat, second.is_repeat, second.key) == (False, True, first.key)
    assert second.message.title == "[nagare] (possible repeat) Page: CRITICAL: disk 1 is full"
    (delivery,) = stage.rows(PageDelivery)
    assert (delivery.state, delivery.repeats) == ("sent", 1)


def test_a_repeat_that_is_refused_stays_a_repeat(stage: Stage, inbox: Inbox, monitor_id: int, li: int) -> None:
    answers = iter([UNKNOWN, FAILED, SENT])
    inbox.answer = lambda outgoing: next(answers)
    stage.route(escalation_id=stage.escalation((0, [("user", li)])))
    stage.fire(monitor_id)
    stage.run(40)
    first, last = inbox.seen
    assert (first.is_repeat, last.is_repeat, last.key) == (False, True, first.key)
    assert stage.outcomes() == ["told"]


def test_a_test_message_keeps_no_page_waiting(stage: Stage, inbox: Inbox, monitor_id: int, li: int) -> None:
    (channel,) = stage.rows(Channel, user_id=li)
    stage.change(Channel, channel.id, last_sent_at=stage.time.now)
    stage.route(escalation_id=stage.escalation((0, [("user", li)])))
    stage.fire(monitor_id)
    stage.run(2)
    assert len(inbox.seen) == 1


def test_a_channel_that_wants_no_repeats_gets_none(stage: Stage, inbox: Inbox, monitor_id: int, wang: int) -> None:
    (phone, _) = stage.rows(Channel)
    stage.change(Channel, phone.id, delivery="at_most_once")
    inbox.answer = lambda outgoing: UNKNOWN if outgoing.address == "phone" else SENT
    stage.route(escalation_id=stage.escalation((0, [("user", wang)])))
    stage.fire(monitor_id)
    stage.run(20)
    assert [each.address for each in inbox.seen] == ["phone", "mail"]
    assert stage.deliveries() == [("page", "phone", "uncertain"), ("page", "mail", "sent")]


@pytest.mark.parametrize("harm", ["remove", "disable"])
def test_a_channel_that_is_removed_while_a_page_waits_for_it_is_passed_over(
    stage: Stage, inbox: Inbox, monitor_id: int, wang: int, harm: str
) -> None:
    stage.route(escalation_id=stage.escalation((0, [("user", wang)])))
    inbox.answer = lambda outgoing: FAILED if outgoing.address == "phone" else SENT
    stage.fire(monitor_id)
    stage.tick()
    (phone, _) = stage.rows(Channel)
    if harm == "remove":
        stage.remove(ContactRule, stage.rows(ContactRule, channel_id=phone.id)[0].id)
        stage.remove(Channel, phone.id)
    else:
        stage.change(Channel, phone.id, enabled=False)
    stage.run(20)
    assert [each.address for each in inbox.seen] == ["mail"]


@pytest.mark.parametrize("harm", ["remove", "disable"])
def test_a_person_who_is_gone_is_passed_over(
    stage: Stage, inbox: Inbox, monitor_id: int, wang: int, li: int, harm: str
) -> None:
    stage.route(escalation_id=stage.escalation((0, [("user", wang)]), (600, [("user", li)])))
    if harm == "remove":
        stage.remove(User, wang)
    else:
        stage.change(User, wang, enabled=False)
    stage.fire(monitor_id)
    stage.run(2)
    assert [each.address for each in inbox.seen] == ["pager"]


def test_a_page_keeps_the_plan_with_which_it_began(
    stage: Stage, inbox: Inbox, services: Services, monitor_id: int, wang: int, li: int
) -> None:
    escalation_id = stage.escalation((0, [("user", wang)]), (60, [("user", li)]))
    stage.route(escalation_id=escalation_id)
    stage.fire(monitor_id)
    stage.tick()
    steps = [{"after_s": 0, "targets": [{"type": "user", "id": wang}]}]
    services.paging.escalations.update(escalation_id, {"steps": steps}, Editor(li, "li"))
    stage.run(61)
    assert [each.address for each in inbox.seen] == ["phone", "pager"]


def test_many_alerts_over_many_routes_are_a_handful_of_messages(
    stage: Stage, inbox: Inbox, monitor_id: int, li: int
) -> None:
    escalation_id = stage.escalation((0, [("user", li)]))
    for number in range(20):
        stage.route(f"route {number}", escalation_id=escalation_id)
    for second in range(40):
        stage.fire(monitor_id, 5, first=1 + 5 * second)
        stage.run(1)
    stage.run(40)
    assert len(stage.rows(Page)) == 20
    assert len(inbox.seen) <= 5
    assert set(stage.outcomes()) == {"told"}
    assert len(stage.rows(AlertDecision)) == 20 * 200
    assert all(len(each.message.body) <= 3500 for each in inbox.seen)


@pytest.mark.parametrize("end_of_task", ["dead", "cancelled", "gone"])
def test_tasks_that_end_without_doing_their_work_stop_no_page(
    stage: Stage, inbox: Inbox, services: Services, monitor_id: int, wang: int, li: int, end_of_task: str
) -> None:
    stage.route(escalation_id=stage.escalation((5, [("user", wang)]), (3600, [("user", li)])))
    stage.fire(monitor_id)
    stage.tick()
    harm(stage, stage.page.step_task_id, end_of_task)
    stage.run(6)
    if end_of_task != "dead":
        assert [each.address for each in inbox.seen] == ["phone"]
    stage.run(5)
    mail = [row for row in stage.rows(PageDelivery) if row.channel_name == "mail"]
    for row in mail:
        harm(stage, row.task_id, end_of_task)
    stage.time.pass_by(3600)
    stage.run(3)
    assert "pager" in [each.address for each in inbox.seen]
    assert not [row for row in stage.rows(PageDelivery) if row.state in ("waiting", "sending")]


def harm(stage: Stage, task_id: str, end_of_task: str) -> None:
    if end_of_task == "gone":
        stage.remove(TaskRun, task_id)  # type: ignore[arg-type] # its id is a text
    else:
        values = {"state": end_of_task, "finished_at": stage.time.now, "next_run_at": None}
        stage.change(TaskRun, task_id, **values)  # type: ignore[arg-type]


def test_the_steps_of_pages_that_were_rolled_back_are_not_published(
    stage: Stage, services: Services, monitor_id: int, li: int, redis: Redis
) -> None:
    route_id = stage.route(escalation_id=stage.escalation((0, [("user", li)])))
    (alert_id,) = stage.fire(monitor_id)
    pager = Pager(services.database, services.ledger.outbox, RECIPIENTS)
    change = replace(FIRED, alert_id=alert_id)

    def page_and_fail() -> None:
        with services.database.transaction() as connection:
            route = stage.rows(Notification, id=route_id)[0]._mapping
            assert pager.page(connection, [(route, [change])]) != {}
            raise DatabaseUnavailable("gone")

    with pytest.raises(DatabaseUnavailable):
        page_and_fail()
    pager.publish()
    assert redis.llen("nagare:queue:send_page") == 0
    assert stage.rows(Page) == []


def test_every_event_is_explained(stage: Stage, services: Services, monitor_id: int, li: int) -> None:
    stage.route(escalation_id=stage.escalation((0, [("user", li)])))
    (alert_id,) = stage.fire(monitor_id)
    stage.run(31)
    end(services, alert_id)
    stage.run(31)
    why = services.paging.why.of_alert(alert_id)
    assert [(line["kind"], line["outcome"]) for line in why["items"]] == [("resolved", "told"), ("fired", "told")]
    (decision,) = why["items"][1]["decisions"]
    assert [each["channel_name"] for each in decision["page"]["deliveries"]] == ["pager", "pager"]
    assert len(stage.rows(AlertEvent)) == 2
