"""Which alerts tell the same fault, here and on other hosts."""

from typing import Any

import pytest

from app.rules.alerts.similar_alerts import MAX_LENGTH, elsewhere, same_fault
from app.rules.matchers.fields import ALERT_FIELDS
from app.rules.matchers.syntax import parse
from app.rules.matchers.texts import text_of_all


def alert(message: str = "m", host: str | None = None, **labels: str) -> dict[str, Any]:
    return {"message": message, "host": host, "labels": labels}


def test_without_a_rules_name_the_message_says_what_the_fault_is() -> None:
    found = text_of_all(elsewhere(alert("Disk is full", "db-01", team="pay")))
    assert found == '{alert.message="Disk is full",alert.host!="db-01"}'
    assert text_of_all(elsewhere(alert("Disk is full"))) == '{alert.message="Disk is full"}'


def test_of_a_rules_labels_those_that_name_the_host_do_not_count() -> None:
    labels = {"alertname": "DiskFull", "instance": "db-01:9100", "node": "x", "vm": "db-01", "mountpoint": "/"}
    found = text_of_all(same_fault(alert("91% full", "db-01:9100", severity="", **labels)))
    assert found == '{alertname="DiskFull",mountpoint="/"}'


@pytest.mark.parametrize("message", ['a "quoted" one', "back\\slash", "two\nlines", "磁盘, {空间} = 不足", "=~", " "])
def test_any_message_can_be_read_back(message: str) -> None:
    matchers = elsewhere(alert(message, "数据库 1"))
    assert parse(text_of_all(matchers), ALERT_FIELDS) == matchers


def test_many_labels_still_fit_into_a_query() -> None:
    labels = {f"l{number}": "v" * 400 for number in range(30)}
    matchers = same_fault(alert(host="h", alertname="A", **labels))
    assert matchers[0].name == "alertname"
    assert 1 < len(matchers) < 10
    assert len(text_of_all(matchers)) <= MAX_LENGTH + 100
