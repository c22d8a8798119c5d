"""What a monitor's access adds to each request: headers, basic authentication, a proxy, a time-out; nothing leaks."""

import pickle
import socket
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.connectors.base import MonitorAccess
from app.connectors.conformance.server import serving
from app.connectors.http.client import HttpSource
from app.errors import Invalid, SourceError, SourceForbidden, SourceRefusedLogin, SourceTimeout, SourceUnreachable
from tests.certificates import Authority, server_context
from tests.unit.connectors.http.connect_proxy import Proxy, proxying

Open = Callable[..., HttpSource]
Serve = Callable[[Callable[[Any], None]], str]
OURS = Authority()


def access(**fields: Any) -> MonitorAccess:
    return MonitorAccess("", **fields)


def headers_of(request: Any) -> None:
    request.answer(dict(request.headers))


def test_headers_are_sent_with_each_request(serve: Serve, open_source: Open) -> None:
    given = {"X-Scope-OrgID": "team-a", "X-Empty": "", "CF-Access-Client-Secret": "hunter22"}
    source = open_source(serve(headers_of), access=access(headers=given))
    for sent in (source.get_json(""), source.post_json("", {}, {"X-More": "1"})):
        assert {name: sent[name] for name in given} == given


@pytest.mark.parametrize(
    ("headers", "field", "told"),
    [
        ({"X-A": "b\r\nX-Evil: 1"}, "headers.X-A", "line breaks"),
        ({"X-A": "b\n"}, "headers.X-A", "line breaks"),
        ({"X-A": "秘密"}, "headers.X-A", "characters that cannot be sent"),
        ({"X-A": "b\0"}, "headers.X-A", "characters that cannot be sent"),
        ({"X-A": " b"}, "headers.X-A", "begins or ends with a space"),
        ({"X A": "b"}, "headers", "only ASCII letters"),
        ({"X-A: hunter22\r\nB": "b"}, "headers", "only ASCII letters"),
        ({"名": "b"}, "headers", "only ASCII letters"),
        ({"": "b"}, "headers", "only ASCII letters"),
        ({"Host": "evil.example"}, "headers.Host", "nagare sets this header itself"),
        ({"content-LENGTH": "3"}, "headers.content-LENGTH", "nagare sets this header itself"),
        ({"Transfer-Encoding": "chunked"}, "headers.Transfer-Encoding", "nagare sets this header itself"),
        ({"Proxy-Authorization": "x"}, "headers.Proxy-Authorization", "nagare sets this header itself"),
        ({"X-A": "1", "x-a": "2"}, "headers.x-a", "given twice"),
    ],
)
def test_a_header_that_cannot_be_sent_is_refused_by_its_name(headers: dict[str, str], field: str, told: str) -> None:
    with pytest.raises(Invalid, match=told) as caught:
        HttpSource("http://127.0.0.1", access=access(headers=headers))
    assert caught.value.field == field
    assert "hunter22" not in f"{caught.value!r}"


def test_a_header_of_the_connector_cannot_be_given_too() -> None:
    with pytest.raises(Invalid, match="own credentials already set") as caught:
        HttpSource(
            "http://127.0.0.1",
            headers={"Authorization": "Bearer t"},
            access=access(headers={"authorization": "Basic x"}),
        )
    assert caught.value.field == "headers.authorization"


def test_basic_authentication_in_front_is_sent_in_utf_8(serve: Serve, open_source: Open) -> None:
    source = open_source(serve(headers_of), access=access(http_username="用户", http_password="pass:wörd"))
    assert source.get_json("")["Authorization"] == "Basic " + b64encode("用户:pass:wörd".encode()).decode()
    without = open_source(serve(headers_of), access=access(http_username="u"))
    assert without.get_json("")["Authorization"] == "Basic " + b64encode(b"u:").decode()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"http_password": "p"}, "http_username"),
        ({"http_username": "a:b", "http_password": "p"}, "http_username"),
        ({"http_username": "u", "http_password": "\ud800"}, "http_password"),
        ({"http_username": "u", "http_password": "p", "headers": {"AUTHORIZATION": "x"}}, "http_username"),
    ],
)
def test_a_wrong_basic_authentication_is_refused_by_its_field(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        HttpSource("http://127.0.0.1", access=access(**fields))
    assert caught.value.field == field


def test_basic_authentication_in_front_excludes_a_token() -> None:
    with pytest.raises(Invalid, match="give one") as caught:
        HttpSource("http://h", headers={"Authorization": "Bearer t"}, access=access(http_username="u"))
    assert caught.value.field == "http_username"


@pytest.mark.parametrize("login", [None, "nagare:geheim pass"])
def test_a_proxy_tunnels_tls_and_forwards_plain_http(tmp_path: Path, open_source: Open, login: str | None) -> None:
    proxy = Proxy(login)
    userinfo = "nagare:geheim%20pass@" if login else ""
    certificates = server_context(OURS.issue(), tmp_path)
    with serving(headers_of, certificates) as secured, serving(headers_of) as plain, proxying(proxy) as host:
        reached = access(proxy_url=f"http://{userinfo}{host}", ca_pem=OURS.pem, headers={"X-Own": "1"})
        sent = open_source(secured, access=reached).get_json("")
        assert sent["X-Own"] == "1" and "Proxy-Authorization" not in sent
        open_source(plain, access=reached).get_json("")
        assert [line.split()[0] for line in proxy.asked] == ["CONNECT", "GET"]
        assert "X-Own" not in proxy.headers[0], "what is meant for the monitor is not shown to the proxy"
        with pytest.raises(SourceUnreachable, match="signed by an authority that nagare does not know"):
            open_source(secured, access=access(proxy_url=f"http://{userinfo}{host}")).get_json("")


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("userinfo", ["", "nagare:hunter22@"])
def test_a_proxy_that_wants_another_sign_in_is_told(open_source: Open, scheme: str, userinfo: str) -> None:
    with proxying(Proxy("nagare:right")) as host:
        source = open_source(f"{scheme}://monitor.example", access=access(proxy_url=f"http://{userinfo}{host}"))
        with pytest.raises(SourceRefusedLogin) as caught:
            source.get_json("")
    told = "connection to monitor.example failed: the proxy wants a user name and a password: give the right ones in"
    assert str(caught.value) == f"{told} `proxy_url`"


def test_a_proxy_that_does_not_connect_is_told_without_its_password(open_source: Open) -> None:
    with proxying(Proxy("nagare:hunter22", status=403)) as host:
        source = open_source("https://monitor.example", access=access(proxy_url=f"http://nagare:hunter22@{host}"))
        with pytest.raises(SourceUnreachable) as caught:
            source.get_json("")
    assert str(caught.value).startswith("connection to monitor.example failed: the proxy answered ")
    assert "check that it allows connections to monitor.example, or remove `proxy_url`" in str(caught.value)
    assert "hunter22" not in str(caught.value)
    assert b64encode(b"nagare:hunter22").decode() not in str(caught.value)


def test_a_proxy_that_is_down_or_unknown_is_told(open_source: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    reached = access(proxy_url=f"http://nagare:hunter22@127.0.0.1:{port}")
    with pytest.raises(SourceUnreachable) as caught:
        open_source("https://monitor.example", access=reached).get_json("")
    told = f"connection to monitor.example failed: the proxy 127.0.0.1:{port}: refused, nothing listens on this port: "
    assert str(caught.value) == told + "check the port in `proxy_url`, and that the server runs"
    with pytest.raises(SourceUnreachable, match=r"the proxy's name nothing.invalid cannot be resolved .*`proxy_url`"):
        open_source("http://monitor.example", access=access(proxy_url="http://nothing.invalid:3128")).get_json("")


@pytest.mark.parametrize("host", ["169.254.169.254", "2852039166", "[fe80::1]", "0xa9.0xfe.0xa9.0xfe"])
def test_a_proxy_is_not_asked_for_metadata_addresses(open_source: Open, host: str) -> None:
    proxy = Proxy()
    with proxying(proxy) as address:
        for scheme in ("http", "https"):
            with pytest.raises(SourceForbidden):
                open_source(f"{scheme}://{host}/", access=access(proxy_url=f"http://{address}")).get_json("")
    assert proxy.asked == []


@pytest.mark.parametrize(
    "url",
    [
        *("proxy:3128", "socks5://proxy:1080", "http://", "http://proxy/path", "http://proxy:3128?x=1"),
        *("http://proxy:99999", "http://pro xy", "http://user:hunter22@", "ftp://user:hunter22@proxy"),
    ],
)
def test_a_proxy_url_that_cannot_be_right_is_refused_by_its_field(url: str) -> None:
    with pytest.raises(Invalid) as caught:
        HttpSource("http://h", access=access(proxy_url=url))
    assert caught.value.field == "proxy_url"
    assert "hunter22" not in str(caught.value)


def test_a_timeout_ends_a_request(serve: Serve, open_source: Open) -> None:
    source = open_source(serve(lambda request: request.over.wait(30)), access=access(timeout_s=0.2))
    with pytest.raises(SourceTimeout):
        source.get_json("")


ALL: dict[str, Any] = {
    "password": "secret-0",
    "api_token": "secret-1",
    "client_key_pem": "secret-2",
    "headers": {"X-Key": "secret-3"},
    "http_username": "u",
    "http_password": "secret-4",
    "proxy_url": "http://u:secret%2D5@proxy:3128",
}


def test_an_access_shows_and_knows_its_secrets() -> None:
    given = access(**ALL)
    assert repr(given) == str(given) == "MonitorAccess(…)"
    assert {f"secret-{number}" for number in range(6)} <= {*given.secrets}
    assert pickle.loads(pickle.dumps(given)) == given


@pytest.mark.parametrize("status", [302, 400, 401, 404, 429, 500])
@pytest.mark.parametrize("is_page", [True, False])
def test_no_secret_of_an_access_comes_back(serve: Serve, open_source: Open, status: int, is_page: bool) -> None:
    def echo(request: Any) -> None:
        sent = " ".join([*request.headers.values(), request.headers["X-Key"], "secret-5"])
        body = f"<title>{sent}</title>" if is_page else sent
        request.answer(body.encode(), status, {"Location": f"http://{request.headers['X-Key']}.example/"})

    fields = {name: value for name, value in ALL.items() if name not in ("client_key_pem", "proxy_url")}
    with proxying(Proxy("u:secret-5")) as host:
        for proxy_url in (None, f"http://u:secret-5@{host}"):
            source = open_source(serve(echo), access=access(**fields, proxy_url=proxy_url))
            with pytest.raises(SourceError) as caught:
                source.get_json("")
            assert "secret-3" not in str(caught.value) and "secret-4" not in str(caught.value)
            assert proxy_url is None or "secret-5" not in str(caught.value)
