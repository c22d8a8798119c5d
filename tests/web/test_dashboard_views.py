"""Saved views in the dashboard: saved from a list, in the navigation, counted, changed."""

import json
from collections.abc import Callable

from app.composition import Services
from tests.services.alert_rows import add_alert
from tests.web.browser import Browser

ADDRESS = "/alerts?severity=2&amp;status=0"


def save(browser: Browser, **form: str) -> str:
    answer = browser.post("/views", {"name": "夜班", "page": "alerts", "query": "severity=2&status=0", **form})
    assert answer.status == 303, answer.text
    return answer.headers["Location"]


def test_the_filter_of_a_list_is_saved_and_is_in_the_navigation(browse: Callable[[str], Browser], fleet: int) -> None:
    operator = browse("operator")
    assert '"/views/new?back=%2Falerts%3Fseverity%3D2"' in operator.get("/alerts?severity=2").text
    form = operator.get("/views/new?back=%2Falerts%3Fseverity%3D2%26status%3D0%26q%3D").text
    assert 'name="query" value="severity=2&amp;status=0"' in form
    assert "Critical" in form
    assert save(operator) == "/alerts?severity=2&status=0"
    shown = operator.get("/alerts?status=0&severity=2").text
    assert shown.count(f'href="{ADDRESS}" aria-current="page"') == 2, "in the side and in the menu"
    assert f'href="{ADDRESS}" aria-current' not in operator.get("/alerts?status=0").text
    assert "夜班" not in browse("viewer").get("/alerts").text


def test_a_shared_view_is_in_everybody_s_navigation(browse: Callable[[str], Browser]) -> None:
    save(browse("operator"), is_shared="true")
    viewer = browse("viewer")
    assert ADDRESS in viewer.get("/").text
    assert "/views/1/delete" not in viewer.get("/views").text
    assert "/views/1/delete" in browse("operator").get("/views").text
    assert viewer.post("/views/1/delete").status == 403


def test_counts_are_text_with_a_plus_where_there_may_be_more(
    services: Services, browse: Callable[[str], Browser], fleet: int
) -> None:
    with services.database.transaction() as connection:
        for number in range(3):
            add_alert(connection, fleet, number)
    operator = browse("operator")
    save(operator)
    save(operator, name="hosts", page="hosts", query="")
    assert json.loads(operator.get("/views/counts").text) == {"1": "3", "2": "3"}


def test_a_view_is_renamed_moved_and_deleted(browse: Callable[[str], Browser]) -> None:
    operator = browse("operator")
    save(operator)
    answer = operator.post("/views/1", {"name": "白班", "position": "3", "is_shared": "true"})
    assert answer.status == 303, answer.text
    assert "白班" in operator.follow(answer).text
    assert operator.post("/views/1/delete").status == 303
    operator.get("/alerts")  # shows the message once
    assert "白班" not in operator.get("/alerts").text


def test_a_list_that_has_no_filter_is_no_view(browse: Callable[[str], Browser]) -> None:
    operator = browse("operator")
    assert "/views/new" not in operator.get("/teams").text
    assert 'name="page" value="alerts"' in operator.get("/views/new?back=https://example.com/").text
    assert operator.get("/views/new?back=/alerts%3Fseverity%3Dpink").status == 422
