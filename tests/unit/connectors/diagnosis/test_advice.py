"""What is said about a monitor that cannot be checked: its address, its type, its sign-in."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.connectors.base import MonitorAccess
from app.connectors.conformance.server import serving
from app.connectors.diagnosis.addresses import PORTS, likely_addresses, usual_server
from app.connectors.diagnosis.advice import Advice, advise
from app.connectors.diagnosis.fingerprints import NAMES
from app.connectors.registry import open_connector
from app.errors import SourceError
from tests.certificates import self_signed, server_context
from tests.unit.connectors.nagios.fake_nagios import FakeNagios
from tests.unit.connectors.zabbix.fake_zabbix import FakeZabbix

Serve = Callable[[Callable[[Any], None]], str]
Respond = Callable[[Any], None]
PASS_HEADER = "CGIPassAuth On"
TOKEN = "f" * 64


def advice_for(type: str, url: str, **fields: Any) -> Advice | None:
    """Return what is said about a check, which must fail."""
    access = MonitorAccess(url, **fields)
    try:
        with open_connector(type, access) as connector:
            connector.check()
    except SourceError as error:
        return advise(type, access, error, open_connector)
    raise AssertionError("the check succeeded")


def sentence_for(type: str, url: str, **fields: Any) -> str:
    found = advice_for(type, url, **fields)
    assert found is not None
    return found.sentence


def prometheus_at(prefix: str) -> Respond:
    def respond(request: Any) -> None:
        if request.path.partition("?")[0] in (f"{prefix}/api/v1/query", f"{prefix}/api/v1/status/buildinfo"):
            request.answer({"status": "success", "data": {"version": "2.53.0"}})
        elif request.path.startswith("/login"):
            request.answer(b"<html><title>Sign in</title></html>")
        else:
            request.answer(b"404 page not found\n", 404)

    return respond


@pytest.mark.parametrize(
    ("prefix", "pasted"),
    [
        *(("", "/graph"), ("", "/api/v1"), ("", "/api/v1/query"), ("", "/alerts"), ("", "/classic/targets")),
        *(("/prometheus", ""), ("/prometheus", "/graph"), ("/prometheus", "/prometheus/api/v1")),
        *(("/team/prometheus", "/team/prometheus/status/flags"), ("/select/0/prometheus", "")),
    ],
)
def test_a_pasted_page_or_missing_prefix_leads_to_the_right_address(serve: Serve, prefix: str, pasted: str) -> None:
    url = serve(prometheus_at(prefix))
    found = advice_for("prometheus", f"{url}{pasted}")
    assert found == Advice(f"The right address is {url}{prefix}: a Prometheus answers there", f"{url}{prefix}")


def zabbix_under_its_path(version: str) -> Respond:
    zabbix = FakeZabbix(version)

    def respond(request: Any) -> None:
        zabbix.respond(request) if request.path == "/zabbix/api_jsonrpc.php" else request.answer(b"no", 404)

    return respond


@pytest.mark.parametrize("pasted", ["", "/zabbix/api", "/other"])
def test_a_zabbix_is_found_under_its_usual_path(serve: Serve, pasted: str) -> None:
    url = serve(zabbix_under_its_path("7.0.6"))
    found = advice_for("zabbix", f"{url}{pasted}", username="Admin", password="zabbix")
    assert found is not None and found.url == f"{url}/zabbix"


def test_a_system_of_another_type_is_recognized(serve: Serve) -> None:
    url = serve(zabbix_under_its_path("6.0.14"))
    found = advice_for("prometheus", f"{url}/zabbix/zabbix.php")
    assert found == Advice("This is a Zabbix, not a Prometheus: choose the type zabbix", f"{url}/zabbix")
    url = serve(prometheus_at(""))
    found = advice_for("zabbix", url, api_token=TOKEN)
    assert found == Advice("This is a Prometheus, not a Zabbix: choose the type prometheus", url)


LOGINS = {"icinga2": 'Basic realm="Icinga 2"', "nagios": 'Digest realm="Nagios4", nonce="x"'}


def that_asks_for_a_login(type: str) -> Respond:
    return lambda request: request.answer(b"", 401, {"WWW-Authenticate": LOGINS[type]})


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ("zabbix", {"api_token": TOKEN}),
        ("prometheus", {}),
        ("icinga2", {"username": "root", "password": "x"}),
        ("nagios", {"username": "u", "password": "x"}),
    ],
)
@pytest.mark.parametrize(("type", "name"), [("icinga2", "an Icinga 2"), ("nagios", "a Nagios")])
def test_a_system_is_recognized_by_the_login_that_it_asks_for(
    serve: Serve, given: str, fields: dict[str, str], type: str, name: str
) -> None:
    url = serve(that_asks_for_a_login(type))
    found = advice_for(given, url, **fields)
    if given == type:
        assert found is None
    else:
        assert found is not None and found.url == url
        assert found.sentence == f"This is {name}, not {NAMES[given]}: choose the type {type}"


@pytest.mark.parametrize(("type", "fields"), [("icinga2", {"password": "x"}), ("nagios", {"password": "x"})])
def test_a_zabbix_or_prometheus_is_told_from_an_icinga_or_nagios(
    serve: Serve, type: str, fields: dict[str, str]
) -> None:
    zabbix, prometheus = f"{serve(zabbix_under_its_path('6.0.14'))}/zabbix", serve(prometheus_at(""))
    for url, name in ((zabbix, "a Zabbix"), (prometheus, "a Prometheus")):
        sentence = sentence_for(type, url, username="u", **fields)
        assert sentence.startswith(f"This is {name}, not {NAMES[type]}: choose the type ")


@pytest.mark.parametrize(
    ("pasted", "there"),
    [("", "/nagios4"), ("/nagios4/cgi-bin/status.cgi", "/nagios4/cgi-bin"), ("/cgi-bin", "/nagios4")],
)
def test_a_nagios_is_found_where_the_packages_put_it(serve: Serve, pasted: str, there: str) -> None:
    fake = FakeNagios()
    fake.add_host("db-1")
    cgis = [f"/nagios4/cgi-bin/{name}" for name in ("statusjson.cgi", "objectjson.cgi")]

    def respond(request: Any) -> None:
        is_cgi = request.path.partition("?")[0] in cgis
        fake.respond(request) if is_cgi else request.answer(b"<html>Not Found</html>", 404)

    url = serve(respond)
    found = advice_for("nagios", f"{url}{pasted}")
    assert found == Advice(f"The right address is {url}{there}: a Nagios answers there", f"{url}{there}")
    found = advice_for("prometheus", f"{url}/nagios4/")
    assert found is not None and found.sentence == "This is a Nagios, not a Prometheus: choose the type nagios"


@pytest.mark.parametrize("is_there", [True, False])
def test_the_pages_of_icinga_lead_to_its_api_which_gets_no_credentials(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    sent: list[str] = []

    def note(request: Any) -> None:
        sent.append(str(request.headers))
        that_asks_for_a_login("icinga2")(request)

    pages = serve(lambda request: request.answer(b"<html><title>Icinga Web 2 Login</title></html>"))
    with serving(note, server_context(self_signed(), tmp_path)) as api:
        monkeypatch.setitem(PORTS, "icinga2", httpx.URL(api).port)
        pasted = f"{pages}/icingaweb2" if is_there else "http://127.0.0.1:9/icingaweb2"
        found = advice_for("icinga2", pasted, username="root", password="hunter22", verify=False)
    assert found == Advice(f"The right address is {api}: an Icinga 2 answers there", api)
    assert sent and "Authorization" not in " ".join(sent)


def test_plain_http_to_a_port_with_tls_leads_to_https_and_back(tmp_path: Path, serve: Serve) -> None:
    with serving(prometheus_at(""), server_context(self_signed(), tmp_path)) as url:
        found = advice_for("prometheus", url.replace("https:", "http:"))
        assert found == Advice(f"This port speaks https: write {url}", url)
    url = serve(prometheus_at(""))
    assert advice_for("prometheus", url.replace("http:", "https:")) == Advice(
        f"This port speaks http: write {url}", url
    )


def test_credentials_are_not_sent_to_the_other_scheme(serve: Serve) -> None:
    sent: list[str] = []

    def note(request: Any) -> None:
        sent.append(f"{request.path} {request.headers} {request.body!r}")
        request.answer({"status": "success"})

    url = serve(note).replace("http:", "https:")
    fields = {"headers": {"X-Key": "hunter22"}, "password": "hunter22", "username": "u"}
    assert sentence_for("prometheus", url, **fields).startswith("This port speaks http")
    assert sent and "hunter22" not in " ".join(sent) and "Authorization" not in " ".join(sent)


def test_a_login_page_is_told(serve: Serve) -> None:
    page = serve(lambda request: request.answer(b"<!DOCTYPE html><html><title>Sign in &amp; go</title></html>"))
    assert "A web page “Sign in &amp; go” is at this address" in sentence_for("prometheus", page).replace(
        "& go", "&amp; go"
    )
    sso = serve(lambda request: request.answer(b"", 302, {"Location": "https://login.example/oauth?rd=x"}))
    assert "sends visitors to login.example" in sentence_for("prometheus", sso)
    assert "sends visitors to login.example" in sentence_for("zabbix", sso, api_token=TOKEN)


def zabbix_that_says(version: str, error: str) -> Respond:
    def respond(request: Any) -> None:
        method = request.json["method"]
        if method == "apiinfo.version":
            request.answer({"jsonrpc": "2.0", "result": version, "id": request.json["id"]})
        elif method == "user.login":
            request.answer({"jsonrpc": "2.0", "result": "a" * 32, "id": request.json["id"]})
        else:
            told = {"code": -32602, "message": "Invalid params.", "data": error}
            request.answer({"jsonrpc": "2.0", "error": told, "id": request.json["id"]})

    return respond


ENDED = "Session terminated, re-login, please."


@pytest.mark.parametrize(
    ("version", "error", "fields", "told"),
    [
        ("7.0.6", "Not authorized.", {"api_token": TOKEN}, f"Either the API token is wrong .*{PASS_HEADER}"),
        (
            "7.0.6",
            "Not authorized.",
            {"username": "u", "password": "p"},
            f"The web server drops .*{PASS_HEADER}",
        ),
        ("7.0.6", ENDED, {"username": "u", "password": "p"}, "multi-factor .* needs an API token"),
    ],
)
def test_a_zabbix_that_refuses_is_told_why(
    serve: Serve, version: str, error: str, fields: dict[str, str], told: str
) -> None:
    url = serve(zabbix_that_says(version, error))
    sentence = sentence_for("zabbix", f"{url}/zabbix", **fields)
    assert re.search(told, sentence), sentence


def test_nothing_is_said_where_nothing_is_known(serve: Serve) -> None:
    assert advice_for("prometheus", "http://127.0.0.1:9") is None
    assert advice_for("simulator", "simulator://demo?hosts=1&items=1&fail=1") is None
    busy = serve(lambda request: request.answer(b"too many", 503))
    assert advice_for("prometheus", busy) is None


@pytest.mark.parametrize(
    ("type", "url", "first"),
    [
        ("prometheus", "http://h:9090/graph", "http://h:9090"),
        ("prometheus", "https://h/a/api/v1/status/buildinfo", "https://h/a"),
        ("zabbix", "https://h/z/zabbix.php", "https://h/z"),
        ("zabbix", "https://h", "https://h/zabbix"),
        ("icinga2", "https://h:5665/v1", "https://h:5665"),
        ("nagios", "https://h/nagios/cgi-bin/status.cgi", "https://h/nagios/cgi-bin"),
        ("nagios", "https://h", "https://h/nagios4"),
    ],
)
def test_addresses_are_guessed_from_the_pasted_one(type: str, url: str, first: str) -> None:
    assert next(likely_addresses(type, url)) == first


def test_the_api_of_icinga_is_guessed_at_its_port() -> None:
    assert usual_server("icinga2", "http://h/icingaweb2?x=1") == "https://h:5665"
    assert usual_server("icinga2", "http://h:5665") == "https://h:5665"
    assert usual_server("icinga2", "https://h:5665/other") is None
    assert usual_server("prometheus", "http://h") is None
