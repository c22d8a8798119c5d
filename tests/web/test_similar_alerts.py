"""The same fault on other hosts and before, over HTTP."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from app import clock
from app.composition import Services
from app.store.alerts import alert_labels
from tests.services.alert_rows import add_alert, end_alert
from tests.web.caller import Caller


def add_labelled(connection: Connection, monitor_id: int, number: int, host: str, labels: dict[str, str]) -> int:
    row = {"host": host, "labels": labels, "message": f"{90 + number}% full"}
    alert_id = add_alert(connection, monitor_id, number, **row)
    alert_labels.write(connection, [(alert_id, labels)])
    return alert_id


@pytest.fixture
def full_disks(services: Services, fleet: int) -> list[int]:
    """Return the ids of alerts of one rule: on db-1, on db-2, on another disk of db-2, and a resolved one on db-3."""
    with services.database.transaction() as connection:
        ids = [
            add_labelled(connection, fleet, number, host, {"alertname": "Full", "instance": host, "disk": disk})
            for number, (host, disk) in enumerate([("db-1", "/"), ("db-2", "/"), ("db-2", "/var"), ("db-3", "/")])
        ]
        end_alert(connection, ids[3])
    return ids


def test_the_same_fault_on_other_hosts_is_found_by_its_rule(viewer: Caller, full_disks: list[int]) -> None:
    found = viewer.get(f"/alerts/{full_disks[0]}/similar").json
    assert [alert["id"] for alert in found["items"]] == [full_disks[1]]
    assert (found["total"], found["total_is_exact"]) == (1, True)
    assert found["match"] == '{alertname="Full",disk="/",alert.host!="db-1"}'
    resolved = viewer.get(f"/alerts/{full_disks[0]}/similar?status=resolved").json
    assert [alert["id"] for alert in resolved["items"]] == [full_disks[3]]
    by_match = viewer.get("/alerts", query_string={"match": found["match"]}).json
    assert [alert["id"] for alert in by_match["items"]] == [full_disks[3], full_disks[1]]


def test_an_alert_without_a_host_is_not_similar_to_itself(services: Services, viewer: Caller, fleet: int) -> None:
    with services.database.transaction() as connection:
        first, second = (add_alert(connection, fleet, number) for number in (1, 2))
    found = viewer.get(f"/alerts/{first}/similar").json
    assert ([alert["id"] for alert in found["items"]], found["total"]) == ([second], 1)


def test_what_was_before_on_the_same_host_is_found_whatever_its_id_at_the_source(
    services: Services, viewer: Caller, fleet: int
) -> None:
    hours_ago = [clock.now() - timedelta(hours=hours) for hours in (3, 2, 1)]
    with services.database.transaction() as connection:
        ids = [
            add_alert(connection, fleet, number, host=host, started_at=hours_ago[number])
            for number, host in enumerate(["db-1", "db-2", "db-1"])
        ]
        end_alert(connection, ids[0])
    found = viewer.get(f"/alerts/{ids[2]}/earlier").json
    assert ([alert["id"] for alert in found["items"]], found["total"]) == ([ids[0]], 1)
    assert viewer.get(f"/alerts/{ids[0]}/earlier").json["items"] == []


def test_only_alerts_that_exist_have_others(viewer: Caller) -> None:
    assert [viewer.get(f"/alerts/99/{which}").status for which in ("similar", "earlier")] == [404, 404]
