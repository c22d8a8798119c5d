"""What Zabbix could not answer is told, and never taken for an end."""

from collections.abc import Callable
from typing import Any

import pytest

from app.connectors.base import AlertPage, Completeness
from app.connectors.zabbix.connector import ZabbixConnector
from app.errors import SourceFailing, SourceGarbled
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix, Refusal, Row, refuse

Start = Callable[..., tuple[FakeZabbix, ZabbixConnector]]
DATABASE_BROKEN = Refusal(-32500, "Application error.", "SQL statement execution has failed.")


@pytest.fixture
def three_pages(start_zabbix: Start) -> tuple[FakeZabbix, ZabbixConnector]:
    zabbix, connector = start_zabbix()
    zabbix.add_trigger("7", "1", "11")
    for n in range(2500):
        zabbix.add_problem(str(1000 + n), "7")
    return zabbix, connector


def spoil(zabbix: FakeZabbix, first: str, spoiled: Callable[[list[Row]], Any]) -> None:
    """Change what problem.get answers for the page that begins with this event."""

    def answer(params: Row) -> Any:
        rows = zabbix.problem_get(params)
        return spoiled(rows) if params.get("eventids", [""])[0] == first else rows

    zabbix.say["problem.get"] = answer


def summary(pages: list[AlertPage]) -> list[tuple[int, str]]:
    return [(len(page.records), page.completeness) for page in pages]


def test_a_page_that_fails_is_missing_and_the_others_are_read(three_pages: tuple[FakeZabbix, ZabbixConnector]) -> None:
    zabbix, connector = three_pages
    spoil(zabbix, "2000", refuse(DATABASE_BROKEN))
    pages = list(connector.alerts())
    assert summary(pages) == [(1000, "complete"), (0, "partial"), (500, "complete")]
    (sentence,) = pages[1].missing
    assert sentence.startswith("1000 open problems could not be read: Zabbix says: Application error.")


@pytest.mark.parametrize("broken", [None, {}, [None], [{"eventid": "2000"}]])
def test_a_garbled_page_is_missing(broken: object, three_pages: tuple[FakeZabbix, ZabbixConnector]) -> None:
    zabbix, connector = three_pages
    spoil(zabbix, "2000", lambda rows: broken)
    pages = list(connector.alerts())
    assert [page.completeness for page in pages].count(Completeness.PARTIAL) == 1
    assert sum(len(page.records) for page in pages) == 1500


def test_if_every_page_fails_the_pull_fails(three_pages: tuple[FakeZabbix, ZabbixConnector]) -> None:
    zabbix, connector = three_pages
    zabbix.say["trigger.get"] = refuse(DATABASE_BROKEN)
    with pytest.raises(SourceFailing):
        list(connector.alerts())


def test_problems_that_are_listed_open_and_then_not_described_are_missing(
    three_pages: tuple[FakeZabbix, ZabbixConnector],
) -> None:
    zabbix, connector = three_pages
    spoil(zabbix, "2000", lambda rows: rows[2:])
    pages = list(connector.alerts())
    assert summary(pages) == [(1000, "complete"), (998, "partial"), (500, "complete")]
    assert pages[1].missing == ("Zabbix listed 2 open problems that it then did not describe.",)


def test_problems_that_are_solved_or_deleted_meanwhile_are_not_missing(
    three_pages: tuple[FakeZabbix, ZabbixConnector],
) -> None:
    zabbix, connector = three_pages
    pages = connector.alerts()
    next(pages)
    zabbix.problems["2400"]["r_eventid"] = "9000"
    del zabbix.problems["2401"]
    assert summary(list(pages)) == [(998, "complete"), (500, "complete")]


def test_null_is_no_empty_list(three_pages: tuple[FakeZabbix, ZabbixConnector]) -> None:
    zabbix, connector = three_pages
    zabbix.say["problem.get"] = lambda params: None
    with pytest.raises(SourceGarbled):
        list(connector.alerts())


def test_rows_that_were_not_asked_for_and_repeats_are_left_out(
    three_pages: tuple[FakeZabbix, ZabbixConnector],
) -> None:
    zabbix, connector = three_pages
    spoil(zabbix, "3000", lambda rows: [*rows, *rows, {**rows[0], "eventid": "1000"}])
    reports = [report.external_id for page in connector.alerts() for report in page.records]
    assert len(reports) == len(set(reports)) == 2500
