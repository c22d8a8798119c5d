"""Signing in to each version of Zabbix, losing the session, and what becomes of Zabbix's errors."""

import threading
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.connectors.base import HostEdit, HostRecord, ItemRecord, MonitorAccess
from app.connectors.zabbix.connector import ZabbixConnector
from app.errors import Invalid, SourceError, SourceFailing, SourceGarbled, SourceRefusedLogin, SourceRejected
from tests.unit.connectors.zabbix.fake_zabbix import BLOCKED, TOKEN, FakeZabbix, Refusal, Row, invalid, refuse

Serve = Callable[[Callable[[Any], None]], str]
Start = Callable[..., tuple[FakeZabbix, ZabbixConnector]]

VERSIONS = ["5.0.42", "5.4.12", "6.0.14", "6.2.9", "6.4.20", "7.0.6", "7.4.0rc1"]


def all_items(connector: ZabbixConnector, *host_ids: str) -> list[ItemRecord]:
    return [record for page in connector.items(host_ids) for record in page.records]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_dialect_signs_in_reads_writes_and_signs_out(start_zabbix: Start, version: str) -> None:
    zabbix, connector = start_zabbix(version)
    zabbix.add_host("10084", items=2)
    assert connector.check() == version
    (page,) = connector.hosts()
    reached = {"type": "agent", "address": "10.0.0.1", "port": "10050", "main": True, "available": True}
    named = HostRecord("10084", "host-10084", "主机 10084", ip_addr="10.0.0.1", groups=("机房",))
    assert page.records == [replace(named, details={"interfaces": [reached]})]
    first = connector.item("10084", "10084000")
    assert first is not None
    assert (first.value, first.value_type, first.units, first.interval) == ("40.5", "float", "%", "1m")
    assert len(all_items(connector, "10084")) == 2
    connector.update_host("10084", HostEdit("host-10084", "新名", "", False))
    assert zabbix.sent("host.update") == [{"hostid": "10084", "name": "新名", "status": "1"}]
    connector.close()
    assert zabbix.logins == 1
    assert zabbix.method_count("user.logout") == 1
    assert zabbix.sent("apiinfo.version") == [{}]


@pytest.mark.parametrize("version", ["5.4.12", "6.4.20"])
def test_an_api_token_is_used_as_it_is(start_zabbix: Start, version: str) -> None:
    zabbix, connector = start_zabbix(version, api_token=TOKEN)
    assert connector.check() == version
    connector.close()
    assert [call["method"] for call in zabbix.calls] == ["apiinfo.version", "host.get"]


@pytest.mark.parametrize(
    "address",
    [
        "/zabbix",
        "/zabbix/",
        "/zabbix/api_jsonrpc.php",
        "/zabbix/index.php",
        "/zabbix/zabbix.php",
        "/zabbix/api_jsonrpc.php/",
    ],
)
def test_the_frontends_address_will_do(serve: Serve, address: str) -> None:
    zabbix = FakeZabbix("6.0.14")
    connector = ZabbixConnector(MonitorAccess(serve(zabbix.respond) + address, "Admin", "zabbix"))
    assert connector.check() == "6.0.14"
    connector.close()


@pytest.mark.parametrize(
    ("access", "field"),
    [
        ({}, "username"),
        ({"username": "Admin"}, "password"),
        ({"username": "", "password": "x"}, "username"),
        ({"api_token": "令牌"}, "api_token"),
        ({"api_token": "two words"}, "api_token"),
        ({"username": "a", "password": "b", "url": "ftp://host"}, "url"),
        ({"username": "a", "password": "b", "url": "http://a:b@host/zabbix"}, "url"),
        ({"username": "a", "password": "b", "url": "http://host/zabbix.php?action=dashboard.view"}, "url"),
    ],
)
def test_access_that_cannot_be_right_is_invalid(access: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        ZabbixConnector(MonitorAccess(**{"url": "http://host/zabbix", **access}))
    assert caught.value.field == field


@pytest.mark.parametrize("version", ["5.0.42", "7.0.6"])
def test_a_refused_login_is_told_in_zabbixs_words(start_zabbix: Start, version: str) -> None:
    zabbix, connector = start_zabbix(version, username="Admin", password="wrong-one")
    with pytest.raises(SourceRefusedLogin, match=BLOCKED):
        connector.check()
    assert zabbix.logins == 1
    connector.close()
    assert zabbix.sent("user.logout") == []


def test_a_refused_token_is_not_tried_again(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix(api_token="0" * 64)
    with pytest.raises(SourceRefusedLogin, match="Not authorized"):
        connector.check()
    assert len(zabbix.sent("host.get")) == 1


def test_an_expired_token_is_a_refused_login(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix(api_token=TOKEN)
    zabbix.say["host.get"] = refuse(Refusal(-32500, "Application error.", "API token expired."))
    with pytest.raises(SourceRefusedLogin, match="API token expired"):
        connector.check()


@pytest.mark.parametrize("version", ["5.0.42", "6.0.14", "7.0.6"])
def test_a_session_that_ended_is_opened_again(start_zabbix: Start, version: str) -> None:
    zabbix, connector = start_zabbix(version)
    zabbix.add_host("1", items=1)
    connector.check()
    for _ in range(2):
        zabbix.sessions.clear()
        assert len(all_items(connector, "1")) == 1
    assert zabbix.logins == 3


def test_sessions_that_always_end_are_not_opened_for_ever(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.say["host.get"] = refuse(invalid("Session terminated, re-login, please."))
    with pytest.raises(SourceFailing, match=r"closed a new session immediately: .*Session terminated"):
        connector.check()
    assert zabbix.logins == 2


def test_four_threads_that_lose_the_session_sign_in_once(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    all_in = threading.Barrier(4, timeout=10)
    hosts = [str(n) for n in range(1, 101)]
    for host in hosts:
        zabbix.add_host(host)

    def lose_the_first_session(params: Row) -> Any:
        if zabbix.logins == 1:
            all_in.wait()
            raise invalid("Session terminated, re-login, please.")
        return []

    zabbix.say["item.get"] = lose_the_first_session
    assert [len(page.host_external_ids) for page in connector.items(hosts)] == [25] * 4
    assert zabbix.logins == 2


@pytest.mark.parametrize(
    ("refusal", "kind", "words"),
    [
        (invalid('Invalid parameter "/name": 太长'), SourceRejected, 'Invalid params. Invalid parameter "/name": 太长'),
        (Refusal(-32500, "Application error.", "No permissions to referred object"), SourceRejected, "No permissions"),
        (Refusal(-32601, "Method not found.", None), SourceRejected, "Method not found"),
        (Refusal(None, None, None), SourceRejected, "an error without a message"),
        (Refusal(1, "Error connecting to database: Connection refused", ""), SourceFailing, "Error connecting to"),
        (
            Refusal(
                -32500, "Application error.", "SQL statement execution has failed \"INSERT INTO sessions ('s3cret')\"."
            ),
            SourceFailing,
            "SQL statement execution has failed$",
        ),
    ],
)
def test_an_api_error_is_told_in_zabbixs_words(
    start_zabbix: Start, refusal: Refusal, kind: type[SourceError], words: str
) -> None:
    zabbix, connector = start_zabbix()
    zabbix.say["host.get"] = refuse(refusal)
    with pytest.raises(kind, match=words):
        connector.check()


def test_a_database_that_fails_at_sign_in_is_no_refused_login(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.say["user.login"] = refuse(Refusal(-32500, "Application error.", "DBEXECUTE_ERROR"))
    with pytest.raises(SourceFailing):
        connector.check()


def test_credentials_that_zabbix_echoes_do_not_get_into_the_message(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    zabbix.say["host.get"] = lambda params: refuse(invalid(f"auth {next(iter(zabbix.sessions))}, password zabbix"))(
        params
    )
    with pytest.raises(SourceRejected) as caught:
        connector.check()
    assert str(caught.value) == "Zabbix says: Invalid params. auth …, password …"


@pytest.mark.parametrize(
    "write",
    [
        lambda text: b64encode(text.encode()).decode(),
        lambda text: "".join(f"%{each:02x}" for each in text.encode()),
        lambda text: text.encode().hex(),
    ],
)
def test_a_sign_in_that_is_refused_tells_no_password(start_zabbix: Start, write: Callable[[str], str]) -> None:
    zabbix, connector = start_zabbix()
    zabbix.say["user.login"] = lambda params: refuse(invalid(f"no {write(params['password'])} here"))(params)
    with pytest.raises(SourceRefusedLogin) as caught:
        connector.check()
    assert "withheld" in str(caught.value) and write("zabbix") not in str(caught.value)


def test_a_zabbix_before_5_0_is_too_old(start_zabbix: Start) -> None:
    _, connector = start_zabbix("4.4.10")
    with pytest.raises(SourceRejected, match=r"4\.4\.10 is too old"):
        connector.check()


@pytest.mark.parametrize(
    "answer",
    [
        *([], "text", None, {}, {"id": 1}, {"result": "6.0.14", "id": 99}, {"error": "no", "id": 1}),
        *({"result": wrong, "id": 1} for wrong in (None, 6, "six", ["6.0.14"], "6")),
    ],
)
def test_what_is_not_json_rpc_is_garbled(serve: Serve, answer: Any) -> None:
    connector = ZabbixConnector(MonitorAccess(serve(lambda request: request.answer(answer)), "Admin", "zabbix"))
    with pytest.raises(SourceGarbled):
        connector.check()
    connector.close()


@pytest.mark.parametrize("session", [None, 7, "", {"sessionid": "a"}, "two\nlines", "会话"])
def test_a_sign_in_without_a_session_is_garbled(start_zabbix: Start, session: Any) -> None:
    zabbix, connector = start_zabbix("7.0.6")
    zabbix.say["user.login"] = lambda params: session
    with pytest.raises(SourceGarbled, match="returned no session"):
        connector.check()


def test_closing_does_not_fail_when_zabbix_does(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix()
    connector.check()
    zabbix.say["user.logout"] = refuse(Refusal(1, "Error connecting to database", ""))
    connector.close()
    assert zabbix.method_count("user.logout") == 1


def test_a_token_is_not_sent_to_a_zabbix_that_has_none(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix("5.0.42", api_token=TOKEN)
    with pytest.raises(SourceRefusedLogin, match=r"Zabbix 5\.0\.42 has no API tokens .* user name and a password"):
        connector.check()
    assert TOKEN not in str(zabbix.calls)


def test_a_user_with_a_second_factor_needs_a_token(start_zabbix: Start) -> None:
    zabbix, connector = start_zabbix("7.0.6")
    zabbix.second_factor = True
    with pytest.raises(SourceRefusedLogin, match="second factor: give an API token"):
        connector.check()


BASIC = {"http_username": "proxy", "http_password": "in front"}


@pytest.mark.parametrize("given", [{"username": "Admin", "password": "zabbix"}, {"api_token": TOKEN}])
@pytest.mark.parametrize("version", ["6.0.14", "6.4.20", "7.0.6"])
def test_authentication_in_front_keeps_the_header_and_the_session_is_in_the_body(
    start_zabbix: Start, version: str, given: dict[str, str]
) -> None:
    zabbix, connector = start_zabbix(version, **BASIC, **given)
    assert connector.check() == version
    assert {call["header"].partition(" ")[0] for call in zabbix.calls} == {"Basic"}


def test_authentication_in_front_and_a_session_that_needs_the_header_say_what_to_do(start_zabbix: Start) -> None:
    _, connector = start_zabbix("7.4.0", **BASIC, api_token=TOKEN)
    with pytest.raises(SourceRefusedLogin, match=r"pass /api_jsonrpc\.php without it"):
        connector.check()


@pytest.mark.parametrize("given", [{"username": "Admin", "password": "zabbix"}, {"api_token": TOKEN}])
def test_a_web_server_that_drops_the_header_gets_the_session_in_the_body(
    start_zabbix: Start, given: dict[str, str]
) -> None:
    zabbix, connector = start_zabbix("7.0.6", **given)
    zabbix.drops_authorization = True
    zabbix.add_host("1")
    assert connector.check() == "7.0.6"
    assert len(list(connector.hosts())) == 1
    assert zabbix.method_count("user.login") == ("username" in given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"username": "Admin", "password": "zabbix"}, "does not pass the header Authorization on"),
        ({"api_token": TOKEN}, "If the token is right, the web server may not pass the header Authorization on"),
    ],
)
def test_a_web_server_that_drops_the_header_of_a_new_zabbix_is_recognised(
    start_zabbix: Start, given: dict[str, str], words: str
) -> None:
    zabbix, connector = start_zabbix("7.4.0", **given)
    zabbix.drops_authorization = True
    with pytest.raises(SourceRefusedLogin, match=words):
        connector.check()
