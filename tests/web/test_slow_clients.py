"""Clients that take their time, take too much or never read do not keep others from being answered."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import socket

import httpx
import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.connection import Connection
from wsproto.events import Ping, Request

from tests.web.caller import PASSWORD
from tests.web.served import DEADLINE_S, Served, read_all, serve, wait_until

POST = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n"
BIG_FILE = b"GET /docs/swagger-ui/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"
EVENTS = "/api/v1/events"


QUICK = ("from app.web.server import front_door as door", "door.REQUEST_S, door.ANSWER_S = 1.0, 1.0")
PATIENT = ("from app.web.server import front_door as door", "door.REQUEST_S, door.ANSWER_S = 600.0, 600.0")


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory, template: Path, valkey: str) -> Iterator[Served]:
    """Run a server with little patience, which the tests share."""
    with serve(tmp_path_factory.mktemp("quick"), template, valkey, *QUICK) as served:
        yield served


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory, template: Path, valkey: str) -> Iterator[Served]:
    """Run a server that does not end a connection within a test, so that only its shape keeps it available."""
    with serve(tmp_path_factory.mktemp("patient"), template, valkey, *PATIENT) as served:
        yield served


def ended_by_server(clients: list[socket]) -> bool:
    for client in clients:
        client.settimeout(DEADLINE_S)
        read_all(client)
    return True


@contextmanager
def sign_in(served: Served, username: str = "operator") -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{served.address}/api/v1", timeout=DEADLINE_S) as client:
        login = {"username": username, "password": PASSWORD}
        client.headers["Authorization"] = f"Bearer {client.post('/auth/login', json=login).json()['access_token']}"
        yield client


@pytest.mark.parametrize(
    "begun",
    [b"", b"G", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ", POST, POST + b"\r\n{", BIG_FILE * 40],
    ids=["nothing", "a byte", "half a head", "no end of head", "half a body", "reads nothing"],
)
def test_any_number_of_them_wait_while_others_are_answered(patient: Served, begun: bytes) -> None:
    with ExitStack() as open_, sign_in(patient) as client:
        for _ in range(300):
            slow = open_.enter_context(patient.connect())
            slow.setblocking(False)
            slow.send(begun)
        for _ in range(10):
            assert patient.answers()
            assert client.get("/auth/me").status_code == 200


@pytest.mark.parametrize(
    ("begun", "answer"),
    [
        (b"", b""),
        (b"G", b"HTTP/1.1 408 "),
        (POST, b"HTTP/1.1 408 "),
        (POST + b"\r\n{", b"HTTP/1.1 408 "),
        (POST.replace(b"Content-Length: 9000", b"Transfer-Encoding: chunked") + b"\r\n1\r\n{", b"HTTP/1.1 408 "),
    ],
)
def test_each_has_its_time_and_no_more(quick: Served, begun: bytes, answer: bytes) -> None:
    with quick.connect() as client:
        client.sendall(begun)
        assert read_all(client).startswith(answer)


def test_a_byte_now_and_then_is_no_reason_to_wait_longer(quick: Served) -> None:
    with quick.connect() as client:
        client.sendall(POST + b"\r\n")
        with pytest.raises(OSError, match=r"reset|pipe"):
            for _ in range(100):
                client.sendall(b" ")
                time.sleep(0.1)


def test_who_does_not_read_an_answer_is_sent_away(quick: Served) -> None:
    with quick.connect() as client:
        client.sendall(BIG_FILE)
        wait_until(lambda: len(established(quick.port)) == 0)


def established(port: int) -> list[str]:
    """Return the connections of the server's side that are open."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "01"]


def test_an_answer_that_takes_longer_than_a_request_may_still_comes(quick: Served) -> None:
    with sign_in(quick) as client:
        task = client.post("/alerts/generate-test").json()["task_id"]
        late = client.get(f"/tasks/{task}?wait=3")
        assert (late.status_code, late.json()["state"]) == (200, "queued")
        stream = late.extensions["network_stream"]
        again = client.get("/auth/me").extensions["network_stream"]
        assert again.get_extra_info("client_addr") == stream.get_extra_info("client_addr"), "its connection is kept"


def test_of_too_many_connections_those_go_that_have_waited_longest(tmp_path: Path, template: Path, valkey: str) -> None:
    few = ("from app.web.server import front_door", "front_door.MAX_CONNECTIONS = 20")
    with serve(tmp_path, template, valkey, *few) as served, ExitStack() as open_, sign_in(served) as client:
        slow = [open_.enter_context(served.connect()) for _ in range(200)]
        for each in slow:
            each.sendall(b"G")
        assert served.answers()
        assert client.get("/auth/me").status_code == 200
        wait_until(lambda: len(established(served.port)) <= 2 * 20 + 1)


def test_with_few_files_there_are_fewer_connections(tmp_path: Path, template: Path, valkey: str) -> None:
    few = ("import resource", "resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))")
    with serve(tmp_path, template, valkey, *few) as served, ExitStack() as open_, sign_in(served) as client:
        for _ in range(800):
            open_.enter_context(served.connect())
        assert served.answers()
        assert client.get("/auth/me").status_code == 200


def test_bodies_that_never_end_share_what_memory_there_is(tmp_path: Path, template: Path, valkey: str) -> None:
    little = ("from app.web.server import front_door", "front_door.REQUEST_BYTES = 4 * 1024 * 1024")
    body = b"Content-Length: 1000000\r\n\r\n" + b" " * 900_000
    with serve(tmp_path, template, valkey, *little) as served, ExitStack() as open_, sign_in(served) as client:
        before = served.memory_mb()
        for _ in range(60):
            slow = open_.enter_context(served.connect())
            slow.sendall(POST.replace(b"Content-Length: 9000\r\n", body))
        assert client.post("/alerts/generate-test").status_code == 202, "a request that comes whole has room"
        assert served.memory_mb() - before < 30


def ask_for_events(served: Served, open_: ExitStack, authorization: str = "") -> socket:
    """Send the handshake of a WebSocket."""
    client = open_.enter_context(served.connect())
    headers = [(b"Authorization", authorization.encode())] if authorization else []
    client.sendall(WSConnection(ConnectionType.CLIENT).send(Request(host="x", target=EVENTS, extra_headers=headers)))
    return client


def test_handshakes_of_strangers_leave_room_for_those_we_know(patient: Served) -> None:
    with ExitStack() as open_, sign_in(patient) as client:
        for _ in range(1200):
            ask_for_events(patient, open_)
        token = client.headers["Authorization"]
        with client.stream("GET", "/events", headers={"Accept": "text/event-stream"}) as watched:
            assert watched.status_code == 200
        assert ask_for_events(patient, open_, token).recv(4096).startswith(b"HTTP/1.1 101 ")
        assert ask_for_events(patient, open_).recv(4096).startswith(b"HTTP/1.1 101 ")
        assert patient.answers()


def test_who_pings_without_reading_the_pongs_costs_no_memory(patient: Served) -> None:
    with ExitStack() as open_, sign_in(patient) as client:
        before = patient.memory_mb()
        watcher = ask_for_events(patient, open_, client.headers["Authorization"])
        assert watcher.recv(4096).startswith(b"HTTP/1.1 101 ")
        pings = Connection(ConnectionType.CLIENT).send(Ping(b"x" * 125)) * 2000
        with pytest.raises(OSError, match=r"reset|pipe"):
            for _ in range(400):
                watcher.sendall(pings)
        assert patient.memory_mb() - before < 20


def test_many_sign_ins_at_once_do_not_hold_up_the_probe_nor_those_we_know_nor_pings(
    tmp_path: Path, template: Path, valkey: str
) -> None:
    login = json.dumps({"username": "nobody", "password": "wrong"}).encode()
    request = POST.replace(b"9000", str(len(login)).encode()) + b"\r\n" + login
    with (
        serve(tmp_path, template, valkey, *PATIENT) as patient,
        ExitStack() as open_,
        sign_in(patient, "admin") as client,
    ):
        address = client.post("/heartbeats", json={"name": "backup", "interval_s": 60}).json()["url"]
        for _ in range(100):
            open_.enter_context(patient.connect()).sendall(request)
        for _ in range(5):
            assert patient.answers()
            assert client.get("/auth/me").status_code == 200
            assert httpx.post(address, timeout=5).status_code == 200


def test_a_server_that_stops_answers_what_it_has_and_closes_what_is_idle(
    tmp_path: Path, template: Path, valkey: str
) -> None:
    with serve(tmp_path, template, valkey, *QUICK) as quick, sign_in(quick) as client, ExitStack() as open_:
        idle = [open_.enter_context(quick.connect()) for _ in range(20)]
        client.get("/auth/me")
        quick.process.terminate()
        # Before gunicorn's graceful timeout of 10 s, which would end it as well.
        assert quick.process.wait(9) == 0
        assert ended_by_server(idle)
