"""The application under gunicorn, as a deployment starts it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from socket import SHUT_WR

import httpx
import pytest

from tests.web.caller import PASSWORD
from tests.web.served import DEADLINE_S, GUNICORN, ROOT, Served, environment, read_all, serve


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, template: Path, valkey: str) -> Iterator[Served]:
    """Run a server that the module's tests share."""
    with serve(tmp_path_factory.mktemp("server"), template, valkey) as served:
        yield served


@pytest.fixture
def own_server(tmp_path: Path, template: Path, valkey: str) -> Iterator[Served]:
    """Run a server for one test, which may stop it."""
    with serve(tmp_path, template, valkey) as served:
        yield served


def test_gunicorn_serves_the_api_and_stops_when_told(own_server: Served) -> None:
    assert httpx.get(f"{own_server.address}/api/v1/hosts").status_code == 401
    too_much = httpx.post(f"{own_server.address}/api/v1/auth/login", content=(b" " * 65536 for _ in range(20)))
    assert (too_much.status_code, too_much.json()["code"]) == (413, "too_large")
    own_server.process.terminate()
    assert own_server.process.wait(DEADLINE_S) == 0, own_server.logged
    assert "Traceback" not in own_server.logged
    assert "/healthz" not in own_server.logged, "there is no access log"


def test_what_is_sent_has_limits(server: Served) -> None:
    host = b"Host: x\r\nConnection: close\r\n"
    get, post = b"GET /healthz HTTP/1.1\r\n" + host, b"POST /api/v1/auth/login HTTP/1.1\r\n" + host
    as_json = b"Content-Type: application/json\r\n"
    chunked = post + as_json + b"Transfer-Encoding: chunked\r\n\r\n"
    for status, *parts in (
        (b"414", b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n"),
        (b"431", get + b"X-Long: " + b"a" * 9000 + b"\r\n\r\n"),
        (b"431", get + b"".join(b"X-%d: 1\r\n" % number for number in range(101)) + b"\r\n"),
        (b"413", post + as_json + b"Content-Length: 99999999999\r\n\r\n"),
        (b"413", post + as_json + b"Content-Length: 2000000\r\n\r\n" + b" " * 2_000_000),
        (b"413", chunked + b"%x\r\n" % 2_000_000 + b" " * 2_000_000 + b"\r\n0\r\n\r\n"),
        (b"401", post.replace(b"auth/login", b"tokens") + as_json + b"Content-Length: 99999999999\r\n\r\n"),
        (b"401", post.replace(b"auth/login", b"alerts/webhook") + b"Content-Length: 99999999999\r\n\r\n"),
        (b"400", post + as_json + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        (b"400", post + as_json + b"Content-Length: 1, 2\r\n\r\n{}"),
        (b"400", post + as_json + b"Content-Length: -1\r\n\r\n{}"),
        (b"400", post + as_json + b"Content-Length: 100000\r\n\r\n", b"[" * 100_000),
        (b"400", chunked + b"zz\r\n{}\r\n0\r\n\r\n"),
        (b"400", chunked + b"-1\r\n{}\r\n0\r\n\r\n"),
        (b"400", chunked + b"2\r\n{}", b"x\r\n0\r\n\r\n"),
        (b"400", chunked + b"2;" + b"a" * 100_000),
        (b"400", post + as_json + b"Transfer-Encoding: gzip\r\n\r\n"),
        (b"400", get.replace(b"GET", b"G T") + b"\r\n"),
        (b"400", get + b"X Y: 1\r\n\r\n"),
    ):
        answer = server.exchange(*parts)
        assert answer.startswith(b"HTTP/1.1 " + status), (parts[0][-60:], answer[:300])
        assert b"Content-Type: application/problem+json\r\n" in answer
        assert b"Cross-Origin-Opener-Policy: same-origin\r\n" in answer


def test_a_length_of_thousands_of_digits_is_the_fault_of_its_client(own_server: Served) -> None:
    long = b"Host: x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n"
    begin = b"POST /api/v1/auth/login HTTP/1.1\r\n"
    assert own_server.exchange(begin + long).startswith(b"HTTP/1.1 400 ")
    behind = own_server.exchange(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + begin + long)
    assert behind.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 400 " in behind
    own_server.process.terminate()
    own_server.process.wait(DEADLINE_S)
    assert "Traceback" not in own_server.logged


def test_who_has_said_all_and_ends_its_side_is_answered(server: Served) -> None:
    request = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
    for whole in (request, request * 3):
        with server.connect() as client:
            client.sendall(whole)
            client.shutdown(SHUT_WR)
            assert read_all(client).count(b"HTTP/1.1 ") == whole.count(b"GET")
    for part in (request[:20], b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"):
        with server.connect() as client:
            client.sendall(part)
            client.shutdown(SHUT_WR)
            client.settimeout(5)
            assert read_all(client) == b""


def test_a_large_post_is_read_if_its_token_holds(server: Served) -> None:
    login = {"username": "admin", "password": PASSWORD}
    with httpx.Client(base_url=f"{server.address}/api/v1", timeout=DEADLINE_S) as client:
        client.headers["Authorization"] = f"Bearer {client.post('/auth/login', json=login).json()['access_token']}"
        monitor = client.post("/monitors", json={"name": "m", "type": "simulator", "url": "simulator://demo"}).json()
        token = client.post(f"/monitors/{monitor['id']}/webhook-token").json()["token"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        alert = b'{"message": "disk full", "severity": 2, "host": "db-1", "status": "firing"'
        fits, too_large = (alert + b" " * size + b"}" for size in (15_000_000, 17_000_000))

        def in_chunks(body: bytes) -> Iterator[bytes]:
            yield from (body[begin : begin + 65536] for begin in range(0, len(body), 65536))

        for body in (fits, in_chunks(fits)):
            assert client.post("/alerts/webhook", content=body, headers=headers).status_code == 202
        for body in (too_large, in_chunks(too_large)):
            answer = client.post("/alerts/webhook", content=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert client.post("/alerts/webhook", content=fits).status_code == 401


def test_an_answer_of_a_connection_that_stays_open(server: Served) -> None:
    """One request follows another, also those that came before they could be answered."""
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    last = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    head = request.replace(b"GET", b"HEAD")
    assert server.exchange(request * 5 + last).count(b"HTTP/1.1 200 OK\r\n") == 6
    assert server.exchange(head + last).count(b'{"status"') == 1
    waits = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    with server.connect() as client:
        client.sendall(waits)
        assert client.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"{}" + last)
        assert read_all(client).startswith(b"HTTP/1.1 415 ")


def test_only_the_application_says_who_is_trusted(server: Served) -> None:
    """gunicorn itself would take the path and the scheme from headers of who is on this machine."""
    moved = {"SCRIPT_NAME": "/elsewhere", "PATH_INFO": "/docs", "X-Forwarded-Proto": "https"}
    answer = httpx.get(f"{server.address}/sign-in?back=/hosts", headers=moved)
    assert (answer.status_code, "elsewhere" in answer.text) == (200, False)
    assert answer.headers["Strict-Transport-Security"]
    assert "Secure" in answer.headers["Set-Cookie"]
    passed_off = httpx.get(f"{server.address}/sign-in", headers={"X_Forwarded_Proto": "https"})
    assert "Strict-Transport-Security" not in passed_off.headers


def test_any_wsgi_server_will_do_but_for_the_events(tmp_path: Path, template: Path, valkey: str) -> None:
    """As behind a proxy that buffers, or under what an operator has chosen."""
    with serve(tmp_path, template, valkey, server_class="gthread") as served:
        assert httpx.get(f"{served.address}/sign-in").status_code == 200
        login = {"username": "viewer", "password": PASSWORD}
        tokens = httpx.post(f"{served.address}/api/v1/auth/login", json=login, timeout=DEADLINE_S).json()
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert httpx.get(f"{served.address}/api/v1/hosts", headers=headers).status_code == 200
        events = httpx.get(f"{served.address}/api/v1/events", headers={**headers, "Accept": "text/event-stream"})
        assert (events.status_code, events.json()["code"]) == (426, "no_streams")


@pytest.mark.parametrize("command", [GUNICORN, [sys.executable, "-c", "import wsgi"]])
@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, "NAGARE_SECRET_KEY"),
        ({"NAGARE_SECRET_KEY": "a secret for tests", "NAGARE_PORT": "99999"}, "NAGARE_PORT"),
        ({"NAGARE_SECRET_KEY": "a secret for tests", "NAGARE_COLOUR": "red"}, "NAGARE_COLOUR"),
    ],
)
def test_settings_that_do_not_hold_stop_the_start_with_one_line(
    tmp_path: Path, command: list[str], settings: dict[str, str], named: str
) -> None:
    ended = subprocess.run(
        command, cwd=ROOT, env=environment(tmp_path, **settings), capture_output=True, text=True, timeout=DEADLINE_S
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert named in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
