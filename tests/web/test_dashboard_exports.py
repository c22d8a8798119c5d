"""Lists as CSV and JSON files."""

import csv
import io
import json
from collections.abc import Callable

import pytest

from app.composition import Services
from app.store.database.pages import PageRequest
from app.web.dashboard import exports
from app.web.lists import LISTS
from tests.services.alert_rows import add_alert, end_alert
from tests.web.browser import Browser
from tests.web.caller import Caller


def rows_of(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff"), "Excel would not read it as UTF-8"
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_a_filtered_list_is_a_table_for_excel(services: Services, browse: Callable[[str], Browser], fleet: int) -> None:
    with services.database.transaction() as connection:
        add_alert(connection, fleet, message="=HYPERLINK(1)", labels={"team": "支付"}, host="主机")
        add_alert(connection, fleet, 2, message="other", severity=0)
    answer = browse("viewer").get("/alerts?severity=2&format=csv&cursor=x&limit=1")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="nagare-alerts-')
    [row] = rows_of(answer.text)
    assert (row["message"], row["severity"], row["status"]) == ("'=HYPERLINK(1)", "critical", "active")
    assert (row["monitor"], row["host"], row["labels"]) == ("demo", "主机", "team=支付")


def test_alerts_are_those_of_the_page(services: Services, browse: Callable[[str], Browser], fleet: int) -> None:
    with services.database.transaction() as connection:
        end_alert(connection, add_alert(connection, fleet, message="over"))
        add_alert(connection, fleet, 2, message="info", severity=0)
        add_alert(connection, fleet, 3, message="worst")
    viewer = browse("viewer")
    assert [row["message"] for row in rows_of(viewer.get("/alerts?format=csv").text)] == ["worst", "info"]
    assert [row["message"] for row in rows_of(viewer.get("/alerts?status=2&format=csv").text)] == ["over"]


def test_items_name_their_hosts(browse: Callable[[str], Browser], fleet: int) -> None:
    rows = rows_of(browse("viewer").get("/items?format=csv").text)
    assert len(rows) == 6
    assert all(row["host"] and row["monitor"] == "demo" for row in rows)


def test_json_has_the_rows_of_the_api(browse: Callable[[str], Browser], viewer: Caller, fleet: int) -> None:
    found = json.loads(browse("viewer").get("/hosts?q=a&format=json").text)
    assert found == {"items": viewer.get("/hosts?q=a").json["items"], "is_complete": True}
    assert json.loads(browse("viewer").get("/hosts?q=nowhere&format=json").text)["items"] == []


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_a_file_with_a_link_for_whoever_may_see_it(
    name: str, browse: Callable[[str], Browser], fleet: int
) -> None:
    for kind in exports.FORMATS:
        answer = browse("admin").get(f"/{name}?format={kind}")
        assert answer.status == 200, answer.text
    assert (browse("viewer").get(f"/{name}?format=csv").status == 403) is (name in ("audit", "users"))
    assert (browse("viewer").get(f"/{name}?format=csv").status == 403) is (name in ("users", "audit"))
    assert browse("admin").get(f"/{name}?format=pdf").status == 422


def test_the_links_keep_the_filter(browse: Callable[[str], Browser], fleet: int) -> None:
    text = browse("viewer").get("/hosts?monitor_id=1&q=&limit=1").text
    assert 'href="/hosts?monitor_id=1&amp;q=&amp;format=csv"' in text
    assert "format=csv" not in browse("viewer").get("/hosts/1").text


def test_a_long_list_is_cut_and_says_so(
    browse: Callable[[str], Browser], fleet: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MAX_ROWS", 4)
    monkeypatch.setattr(exports, "BATCH", PageRequest(limit=2))
    rows = browse("viewer").get("/items?format=csv").text.split("\r\n")
    assert len(rows) == 1 + 4 + 2
    assert rows[5].startswith("… more rows are left out after 4")
    found = json.loads(browse("viewer").get("/items?format=json").text)
    assert (len(found["items"]), found["is_complete"]) == (4, False)


def test_a_wrong_filter_is_told_by_a_page_and_nobody_gets_no_file(
    browse: Callable[[str], Browser], nobody: Caller
) -> None:
    answer = browse("viewer").get("/alerts?severity=nine&format=csv")
    assert answer.status == 422
    assert "severity" in answer.text
    assert nobody.call_root("GET", "/alerts?format=csv").status == 303
