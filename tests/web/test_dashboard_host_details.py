"""What a monitor says of a host and an item beyond names and values, on their pages."""

from collections.abc import Callable

import pytest
from sqlalchemy import update

from app.composition import Services
from app.models import Host, Item
from tests.web.browser import Browser

pytestmark = pytest.mark.usefixtures("fleet")
HOSTILE = "<script>alert(1)</script>"
DETAILS = {
    "interfaces": [
        {"type": "snmp", "address": "10.0.0.7", "port": "161", "available": False, "error": HOSTILE},
        {"type": "agent", "address": "10.0.0.7", "port": "10050", "available": True},
    ],
    "templates": ["Linux by Zabbix agent", HOSTILE],
    "inventory": {"os": "Debian", "notes": HOSTILE},
    "maintenance": {"id": "7", "name": "换盘"},
    "of a connector": [{"a": 1}, 2, HOSTILE],
}


def test_a_host_shows_its_interfaces_templates_inventory_and_maintenance(
    browse: Callable[[str], Browser], services: Services
) -> None:
    with services.database.transaction() as connection:
        connection.execute(update(Host).where(Host.id == 1).values(details=DETAILS))
    page = browse("viewer").get("/hosts/1").text
    for words in ("10.0.0.7:161", "not available", "Linux by Zabbix agent", "Debian", "换盘", "of a connector"):
        assert words in page
    assert HOSTILE not in page
    assert page.count("not available") == 1
    chinese = browse("viewer").get("/hosts/1", headers={"Accept-Language": "zh-CN"}).text
    assert all(words in chinese for words in ("接口", "模板", "资产清单", "维护", "不可用"))


def test_an_item_shows_the_text_of_its_value_and_its_raw_name(
    browse: Callable[[str], Browser], services: Services
) -> None:
    with services.database.transaction() as connection:
        told = {"value": "0", "value_text": "Down (0)", "raw_name": "Website {$DOMAIN}"}
        connection.execute(update(Item).where(Item.id == 1).values(told))
    page = browse("viewer").get("/items/1").text
    assert "Down (0)" in page
    assert "Website {$DOMAIN}" in page
    assert "Down (0)" in browse("viewer").get("/items").text
