"""What only a real Zabbix 7.0 or 5.0 has: resolved names, binary values, second factors, no tokens."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.connectors.base import ItemEdit, MonitorAccess
from app.connectors.zabbix.connector import ZabbixConnector
from app.errors import SourceRefusedLogin
from tests.real.zabbix_fill import TEXT, TRAPPER_ITEM, Value, ZabbixApi, fresh_name

pytestmark = pytest.mark.real

BINARY, BROWSER_ITEM, DEPENDENT_ITEM = 5, 22, 18


@pytest.fixture(scope="module")
def seven(zabbix_releases: dict[str, str]) -> Iterator[ZabbixApi]:
    url = zabbix_releases["7.0"]
    with ZabbixApi(url, trapper_port=(urlsplit(url).port or 0) + 1) as api:
        yield api


@contextmanager
def connected(url: str, **access: Any) -> Iterator[ZabbixConnector]:
    connector = ZabbixConnector(MonitorAccess(url, **access or {"username": "Admin", "password": "zabbix"}))
    yield connector
    connector.close()


def test_names_are_resolved_and_binary_values_are_left_out(seven: ZabbixApi) -> None:
    group = seven.call("hostgroup.get", {"output": ["groupid"], "limit": 1})
    name = fresh_name("browser")
    macros = [{"macro": "{$SITE}", "value": "example.org"}]
    (host_id,) = seven.call("host.create", {"host": name, "groups": group, "macros": macros})["hostids"]
    try:
        text = {"hostid": host_id, "type": TRAPPER_ITEM, "value_type": TEXT, "name": "Page of {$SITE}", "key_": "page"}
        (text_id,) = seven.call("item.create", text)["itemids"]
        browser = {"type": BROWSER_ITEM, "key_": "web", "name": "Browser", "params": "return 1", "delay": "1h"}
        (browser_id,) = seven.call("item.create", {**text, **browser, "timeout": "30s"})["itemids"]
        shot = {"type": DEPENDENT_ITEM, "key_": "shot", "name": "Screenshot", "value_type": BINARY}
        seven.call("item.create", {"hostid": host_id, "master_itemid": text_id, **shot})
        seven.send_once([Value(name, "page", base64.b64encode(b"picture" * 1000).decode())])
        with connected(seven.url) as connector:
            (page,) = connector.items([host_id])
            items = {item.key: item for item in page.records}
            assert {key: item.value_type for key, item in items.items()} == {
                "page": "text",
                "web": "text",
                "shot": "binary",
            }
            assert (items["page"].name, items["page"].raw_name) == ("Page of example.org", "Page of {$SITE}")
            assert (items["web"].external_id, items["shot"].value) == (browser_id, None)
            connector.update_item(text_id, ItemEdit("Page of example.org", "说明", True, "0", ""))
            [row] = seven.call("item.get", {"itemids": [text_id], "output": ["name", "description"]})
            assert (row["name"], row["description"]) == ("Page of {$SITE}", "说明")
    finally:
        seven.call("host.delete", [host_id])


def test_a_user_with_a_second_factor_needs_a_token(seven: ZabbixApi) -> None:
    name = fresh_name("mfa")
    new = {"type": 1, "name": name, "hash_function": 1, "code_length": 6}
    mfa_ids = seven.call("mfa.create", new)["mfaids"]
    before = seven.call("authentication.get", {"output": ["mfa_status", "mfaid"]})
    seven.call("authentication.update", {"mfa_status": 1, "mfaid": mfa_ids[0]})
    groups = seven.call("usergroup.create", {"name": name, "mfa_status": 1, "mfaid": mfa_ids[0]})["usrgrpids"]
    account = {"username": name, "passwd": "Ein Wort 4711!", "roleid": "3", "usrgrps": [{"usrgrpid": groups[0]}]}
    users = seven.call("user.create", account)["userids"]
    try:
        with (
            connected(seven.url, username=name, password="Ein Wort 4711!") as connector,
            pytest.raises(SourceRefusedLogin, match="second factor: give an API token"),
        ):
            connector.check()
        (token_id,) = seven.call("token.create", {"name": name, "userid": users[0]})["tokenids"]
        (token,) = seven.call("token.generate", [token_id])
        with connected(seven.url, api_token=token["token"]) as connector:
            assert connector.check().startswith("7.0")
        # Authentication in front takes the header; the token is then in the body.
        with connected(seven.url, api_token=token["token"], http_username="in", http_password="front") as connector:
            assert connector.check().startswith("7.0")
    finally:
        seven.call("user.delete", users)
        seven.call("usergroup.delete", groups)
        seven.call("authentication.update", {"mfa_status": before["mfa_status"], "mfaid": before["mfaid"]})
        seven.call("mfa.delete", mfa_ids)


def test_5_0_has_no_tokens(zabbix_releases: dict[str, str]) -> None:
    with (
        connected(zabbix_releases["5.0"], api_token="0" * 64) as connector,
        pytest.raises(SourceRefusedLogin, match="has no API tokens"),
    ):
        connector.check()
