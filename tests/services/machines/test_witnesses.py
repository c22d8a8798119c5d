"""A fault of a machine that two monitors see is one: it counts once, sends one message, and is never lost."""

import pytest
from sqlalchemy import select

from app.enums import AlertEventKind, ReportWay, Severity
from app.models import AlertEvent, NotificationChange
from tests.services.machines.fleet import ALL, Fleet

HOSTS = {"zabbix": "web-1", "prometheus": "web-1.example.com:9100"}


def listen(fleet: Fleet, name: str, monitor: str | None = None, **more: object) -> int:
    """Add a notification of what fires, for one monitor only or all, and return its id."""
    wanted = {"monitor_id": fleet.monitors[monitor] if monitor else None, "group": None, "on": ["fired"], "batch_s": 10}
    rest = {"url": "json://127.0.0.1:9", "quiet_hours": None, "timezone": "UTC", "language": "en", "min_severity": 0}
    return int(
        fleet.services.response.notifications.create({"name": name, "enabled": True, **wanted, **rest, **more})["id"]
    )


@pytest.fixture(autouse=True)
def _listening(fleet: Fleet) -> int:
    return listen(fleet, "on call")


@pytest.fixture
def machine_id(fleet: Fleet) -> int:
    return int(fleet.join(*fleet.web())["id"])


def told(fleet: Fleet, notification_id: int) -> list[tuple[int, str]]:
    """Let a second pass; return the events that a notification reports or reported, as alert and kind."""
    fleet.services.response.notifier.tick()
    changes, events = NotificationChange.__table__.c, AlertEvent.__table__.c
    with fleet.services.database.reading() as connection:
        rows = connection.execute(
            select(events.alert_id, events.kind)
            .join(NotificationChange, changes.event_id == events.id)
            .where(changes.notification_id == notification_id)
            .order_by(events.id)
        )
        return [(row.alert_id, row.kind) for row in rows]


@pytest.mark.parametrize("order", [("zabbix", "prometheus"), ("prometheus", "zabbix")])
@pytest.mark.usefixtures("machine_id")
def test_the_second_who_sees_a_fault_is_a_witness(fleet: Fleet, _listening: int, order: tuple[str, str]) -> None:
    first, second = (fleet.report(kind, HOSTS[kind]) for kind in order)
    assert fleet.counting() == [first]
    assert told(fleet, _listening) == [(first, AlertEventKind.FIRED)]
    shown = fleet.services.alerts.alerts.get(second)
    assert (shown["witness_of"], shown["suppressed"]) == (first, True)
    for one, other in ((first, second), (second, first)):
        [witness] = fleet.services.alerts.alerts.get(one)["witnesses"]
        assert (witness["alert_id"], witness["status"]) == (other, 0)


def test_the_score_counts_a_fault_once(fleet: Fleet, machine_id: int) -> None:
    fleet.report("zabbix", HOSTS["zabbix"])
    scores = fleet.services.alerts.scores
    before = scores.score(machine_id=machine_id), scores.score()["score"]
    fleet.report("prometheus", HOSTS["prometheus"])
    assert (scores.score(machine_id=machine_id), scores.score()["score"]) == before


@pytest.mark.parametrize("ending", ["reported", "unseen", "person"])
@pytest.mark.usefixtures("machine_id")
def test_when_the_first_ends_the_witness_takes_its_place(fleet: Fleet, _listening: int, ending: str) -> None:
    first = fleet.report("zabbix", HOSTS["zabbix"])
    second = fleet.report("prometheus", HOSTS["prometheus"])
    if ending == "reported":
        fleet.report("zabbix", HOSTS["zabbix"], is_firing=False)
    elif ending == "unseen":
        fleet.end_unseen("zabbix")
    else:
        fleet.services.alerts.alert_actions.resolve(first, fleet.editor)
    assert fleet.counting() == [second]
    assert fleet.events(second) == ["fired", "suppressed", "returned"]
    assert (second, AlertEventKind.RETURNED) in told(fleet, _listening)


@pytest.mark.usefixtures("machine_id")
def test_when_the_witness_ends_the_first_stands_and_one_that_comes_back_is_a_witness_again(
    fleet: Fleet, _listening: int
) -> None:
    first = fleet.report("zabbix", HOSTS["zabbix"])
    second = fleet.report("prometheus", HOSTS["prometheus"])
    fleet.report("prometheus", HOSTS["prometheus"], is_firing=False)
    assert fleet.counting() == [first]
    assert fleet.report("prometheus", HOSTS["prometheus"]) == second
    assert fleet.counting() == [first]
    assert told(fleet, _listening) == [(first, AlertEventKind.FIRED)]


@pytest.mark.usefixtures("machine_id")
def test_a_first_that_comes_back_does_not_push_its_successor_aside(fleet: Fleet) -> None:
    first = fleet.report("zabbix", HOSTS["zabbix"])
    second = fleet.report("prometheus", HOSTS["prometheus"])
    fleet.report("zabbix", HOSTS["zabbix"], is_firing=False)
    fleet.report("zabbix", HOSTS["zabbix"])
    assert fleet.counting() == [second]
    assert fleet.services.alerts.alerts.get(first)["witness_of"] == second


@pytest.mark.usefixtures("machine_id")
def test_a_person_who_reopens_the_first_makes_it_a_witness(fleet: Fleet) -> None:
    first = fleet.report("zabbix", HOSTS["zabbix"])
    second = fleet.report("prometheus", HOSTS["prometheus"])
    fleet.services.alerts.alert_actions.resolve(first, fleet.editor)
    fleet.services.alerts.alert_actions.reopen(first, fleet.editor)
    assert fleet.counting() == [second]


def test_a_split_lets_both_count(fleet: Fleet, _listening: int, machine_id: int) -> None:
    first = fleet.report("zabbix", HOSTS["zabbix"])
    second = fleet.report("prometheus", HOSTS["prometheus"])
    [host, _] = fleet.services.machines.machines.get(machine_id)["hosts"]
    fleet.services.machines.machines.split(machine_id, [host["id"]], fleet.editor)
    assert fleet.counting() == [first, second]
    assert (second, AlertEventKind.RETURNED) in told(fleet, _listening)


def test_hosts_that_become_one_machine_later_let_the_older_count(fleet: Fleet) -> None:
    pair = fleet.web()
    first = fleet.report("prometheus", HOSTS["prometheus"])
    fleet.report("zabbix", HOSTS["zabbix"])
    fleet.join(*pair)
    assert fleet.counting() == [first]


@pytest.mark.usefixtures("machine_id")
def test_an_acknowledgement_of_one_leaves_the_other_as_it_is(fleet: Fleet) -> None:
    first = fleet.report("zabbix", HOSTS["zabbix"])
    second = fleet.report("prometheus", HOSTS["prometheus"])
    for alert_id in (second, first):
        fleet.services.alerts.alert_actions.acknowledge(alert_id, fleet.editor)
        assert fleet.counting() == [first]
    assert [fleet.services.alerts.alerts.get(each)["status"] for each in (first, second)] == [1, 1]


@pytest.mark.usefixtures("machine_id")
def test_a_more_severe_witness_counts_and_says_so(fleet: Fleet, _listening: int) -> None:
    first = fleet.report("zabbix", HOSTS["zabbix"], severity=Severity.WARNING)
    assert told(fleet, _listening) == [(first, AlertEventKind.FIRED)]
    second = fleet.report("prometheus", HOSTS["prometheus"], severity=Severity.CRITICAL)
    assert fleet.counting() == [second]
    assert told(fleet, _listening) == [(first, AlertEventKind.FIRED), (second, AlertEventKind.FIRED)]


@pytest.mark.usefixtures("machine_id")
def test_a_silence_at_one_source_does_not_hide_what_another_sees(fleet: Fleet) -> None:
    quiet = fleet.report("zabbix", HOSTS["zabbix"], is_suppressed=True)
    loud = fleet.report("prometheus", HOSTS["prometheus"])
    assert fleet.counting() == [loud]
    fleet.report("zabbix", HOSTS["zabbix"], is_suppressed=False)
    assert fleet.counting() == [loud]
    assert fleet.services.alerts.alerts.get(quiet)["witness_of"] == loud


@pytest.mark.usefixtures("machine_id")
def test_a_window_over_the_first_lets_the_witness_speak_and_its_end_does_not_let_both(fleet: Fleet) -> None:
    fleet.report("zabbix", HOSTS["zabbix"])
    second = fleet.report("prometheus", HOSTS["prometheus"])
    window = {"name": "w", "comment": "", "monitor_id": fleet.monitors["zabbix"], "starts_at": fleet.time.now}
    created = fleet.services.maintenance.windows.create(
        {**window, "ends_at": fleet.time.now.replace(year=2027)}, fleet.editor
    )
    fleet.tick()
    assert fleet.counting() == [second]
    fleet.services.maintenance.windows.delete(created["id"], fleet.editor)
    fleet.tick()
    assert len(fleet.counting()) == 1


@pytest.mark.usefixtures("machine_id")
def test_a_snooze_of_the_first_covers_the_fault(fleet: Fleet) -> None:
    first = fleet.report("zabbix", HOSTS["zabbix"])
    fleet.report("prometheus", HOSTS["prometheus"])
    fleet.services.alerts.alert_actions.snooze(first, fleet.editor, fleet.time.now.replace(year=2027))
    fleet.tick()
    assert fleet.counting() == []


@pytest.mark.usefixtures("machine_id")
def test_a_first_that_is_deleted_leaves_its_place_to_the_witness(fleet: Fleet) -> None:
    fleet.report("zabbix", HOSTS["zabbix"])
    second = fleet.report("prometheus", HOSTS["prometheus"])
    fleet.services.inventory.monitors.delete(fleet.monitors["zabbix"])
    fleet.tick()
    assert fleet.counting() == [second]


@pytest.mark.usefixtures("machine_id")
def test_different_faults_and_alerts_of_one_monitor_count_each(fleet: Fleet) -> None:
    ids = [
        fleet.report("zabbix", HOSTS["zabbix"]),
        fleet.report("zabbix", HOSTS["zabbix"], external_id="2", message="Zabbix agent unreachable"),
        fleet.report("prometheus", HOSTS["prometheus"], labels={"alertname": "HostHighCpuLoad"}, message="cpu"),
    ]
    assert fleet.counting() == sorted(ids)


@pytest.mark.usefixtures("machine_id")
def test_an_alert_that_was_posted_before_its_host_was_known_is_found_later(fleet: Fleet) -> None:
    first = fleet.report("zabbix", HOSTS["zabbix"], way=ReportWay.WEBHOOK)
    second = fleet.report("prometheus", "nobody", way=ReportWay.WEBHOOK)
    assert fleet.counting() == [first, second]
    with fleet.services.database.transaction() as connection:
        host_id = fleet.services.machines.machines.get(fleet.newest())["hosts"][1]["id"]
        connection.exec_driver_sql(f"UPDATE alerts SET host_id = {host_id} WHERE id = {second}")
    fleet.tick()
    assert fleet.counting() == [first]


@pytest.mark.usefixtures("machine_id")
def test_without_words_every_alert_counts(fleet: Fleet) -> None:
    fleet.services.machines.rules.replace({"faults": []}, fleet.editor)
    ids = [fleet.report(kind, HOSTS[kind]) for kind in HOSTS]
    assert fleet.counting() == sorted(ids)
    assert len(fleet.services.alerts.alerts.list(ALL).items) == 2


@pytest.mark.usefixtures("machine_id")
def test_a_notification_that_does_not_match_the_first_reports_the_witness_once(fleet: Fleet, _listening: int) -> None:
    only = listen(fleet, "prometheus", "prometheus")
    matching = listen(fleet, "matching", match='alertname="InstanceDown"')
    first = fleet.report("zabbix", HOSTS["zabbix"])
    second = fleet.report("prometheus", HOSTS["prometheus"])
    fired = (second, AlertEventKind.FIRED)
    assert (told(fleet, only), told(fleet, matching)) == ([fired], [fired])
    assert told(fleet, _listening) == [(first, AlertEventKind.FIRED)]
    fleet.time.pass_by(11)
    assert told(fleet, only) == [fired]  # the message is made, and the alert still a witness
    fleet.report("zabbix", HOSTS["zabbix"], is_firing=False)
    assert (told(fleet, only), told(fleet, matching)) == ([fired], [fired])
    assert told(fleet, _listening) == [(first, AlertEventKind.FIRED), (second, AlertEventKind.RETURNED)]


@pytest.mark.usefixtures("machine_id")
def test_an_alert_that_becomes_a_witness_before_its_message_is_made_is_reported(fleet: Fleet) -> None:
    only = listen(fleet, "zabbix", "zabbix")
    first = fleet.report("zabbix", HOSTS["zabbix"], severity=Severity.WARNING)
    assert told(fleet, only) == [(first, AlertEventKind.FIRED)]
    fleet.report("prometheus", HOSTS["prometheus"])
    fleet.time.pass_by(11)
    assert told(fleet, only) == [(first, AlertEventKind.FIRED)]


@pytest.mark.usefixtures("machine_id")
def test_a_witness_that_a_silence_covers_is_reported_to_nobody(fleet: Fleet) -> None:
    only = listen(fleet, "prometheus", "prometheus")
    fleet.report("zabbix", HOSTS["zabbix"])
    fleet.report("prometheus", HOSTS["prometheus"], is_suppressed=True)
    assert told(fleet, only) == []
