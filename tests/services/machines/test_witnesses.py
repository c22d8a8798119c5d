"""A fault of a machine that two monitors see is one: it counts once, sends one message, and is never lost."""

import pytest

from app.enums import AlertEventKind, ReportWay, Severity
from app.store.response import notification_changes
from tests.services.machines.fleet import ALL, Fleet

HOSTS = {"zabbix": "web-1", "prometheus": "web-1.example.com:9100"}


@pytest.fixture(autouse=True)
def _listening(fleet: Fleet) -> None:
    listening = {"enabled": True, "min_severity": 0, "monitor_id": None, "group": None, "on": ["fired"], "batch_s": 10}
    rest = {"name": "on call", "url": "json://127.0.0.1:9", "quiet_hours": None, "timezone": "UTC", "language": "en"}
    fleet.services.response.notifications.create({**listening, **rest})


@pytest.fixture
def machine_id(fleet: Fleet) -> int:
    return int(fleet.join(*fleet.web())["id"])


def pending(fleet: Fleet) -> list[tuple[int, str]]:
    """Return the events that notifications must report, as alert and kind."""
    with fleet.services.database.reading() as connection:
        return [(row["alert_id"], row["kind"]) for row in notification_changes.pending_events(connection, 100)]


@pytest.mark.parametrize("order", [("zabbix", "prometheus"), ("prometheus", "zabbix")])
@pytest.mark.usefixtures("machine_id")
def test_the_second_who_sees_a_fault_is_a_witness(fleet: Fleet, order: tuple[str, str]) -> None:
    first, second = (fleet.report(kind, HOSTS[kind]) for kind in order)
    assert fleet.counting() == [first]
    assert pending(fleet) == [(first, AlertEventKind.FIRED)]
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
def test_when_the_first_ends_the_witness_takes_its_place(fleet: Fleet, ending: str) -> None:
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
    assert (second, AlertEventKind.RETURNED) in pending(fleet)


@pytest.mark.usefixtures("machine_id")
def test_when_the_witness_ends_the_first_stands_and_one_that_comes_back_is_a_witness_again(fleet: Fleet) -> None:
    first = fleet.report("zabbix", HOSTS["zabbix"])
    second = fleet.report("prometheus", HOSTS["prometheus"])
    fleet.report("prometheus", HOSTS["prometheus"], is_firing=False)
    assert fleet.counting() == [first]
    assert fleet.report("prometheus", HOSTS["prometheus"]) == second
    assert fleet.counting() == [first]
    assert pending(fleet) == [(first, AlertEventKind.FIRED)]


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


def test_a_split_lets_both_count(fleet: Fleet, machine_id: int) -> None:
    first = fleet.report("zabbix", HOSTS["zabbix"])
    second = fleet.report("prometheus", HOSTS["prometheus"])
    [host, _] = fleet.services.machines.machines.get(machine_id)["hosts"]
    fleet.services.machines.machines.split(machine_id, [host["id"]], fleet.editor)
    assert fleet.counting() == [first, second]
    assert (second, AlertEventKind.RETURNED) in pending(fleet)


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
def test_a_more_severe_witness_counts_and_says_so(fleet: Fleet) -> None:
    first = fleet.report("zabbix", HOSTS["zabbix"], severity=Severity.WARNING)
    second = fleet.report("prometheus", HOSTS["prometheus"], severity=Severity.CRITICAL)
    assert fleet.counting() == [second]
    assert pending(fleet) == [(first, AlertEventKind.FIRED), (second, AlertEventKind.FIRED)]


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
    created = fleet.services.alerts.maintenance.create(
        {**window, "ends_at": fleet.time.now.replace(year=2027)}, fleet.editor
    )
    fleet.tick()
    assert fleet.counting() == [second]
    fleet.services.alerts.maintenance.delete(created["id"])
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
