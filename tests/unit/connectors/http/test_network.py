"""Which addresses are called, over which certificate, and that a name cannot change between the check and the call."""

import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509

from app.connectors.base import MonitorAccess
from app.connectors.http.client import HttpSource
from app.connectors.http.network import Deadline, GuardedTransport
from app.errors import (
    SourceForbidden,
    SourceUnreachable,
)
from tests.certificates import self_signed_certificate

Serve = Callable[[Callable[[Any], None]], str]
Open = Callable[..., HttpSource]


def test_the_environments_proxy_is_not_used(serve: Serve, open_source: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert open_source(serve(lambda request: request.answer("direct"))).get_json("") == "direct"


def test_a_closed_port_and_an_unknown_name_are_unreachable(open_source: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(SourceUnreachable, match=f"connection to 127.0.0.1:{port} failed: .*refused"):
        open_source(f"http://127.0.0.1:{port}").get_json("")
    with pytest.raises(SourceUnreachable, match="the name cannot be resolved"):
        open_source("http://nothing.invalid").get_json("")
    with pytest.raises(SourceUnreachable, match="not a host name"):
        open_source(f"http://{'a' * 70}").get_json("")


@pytest.mark.parametrize(
    "host",
    [
        *("169.254.169.254", "2852039166", "0xa9fea9fe", "[::ffff:169.254.169.254]", "[fe80::1]", "[fd00:ec2::254]"),
        *("100.100.100.200", "0.0.0.0", "0", "[::]", "[::ffff:0.0.0.0]", "224.0.0.1", "[ff02::1]"),
        *("0xa9.0xfe.0xa9.0xfe", "0XA9FEA9FE", "169.254.43518", "025177524776", "169.16689662"),
        *("169。254。169。254", "169.254.169.254:80", "[fe80::1%lo]", "[::169.254.169.254]", "[64:ff9b::a9fe:a9fe]"),
        *("[2002:a9fe:a9fe::1]", "[::ffff:0:a9fe:a9fe]", "168.63.129.16", "255.255.255.255", "0.1.2.3"),
    ],
)
def test_link_local_and_metadata_addresses_are_not_called(open_source: Open, host: str) -> None:
    with pytest.raises(SourceForbidden):
        open_source(f"http://{host}/latest/meta-data/").get_json("")


def let_dns_say(monkeypatch: pytest.MonkeyPatch, name: str, *answers: Sequence[str]) -> None:
    """Make the name resolve to the addresses of the first answer, then to those of the second, and so on."""
    left = list(answers)
    resolve = socket.getaddrinfo

    def stand_in(host: str, *rest: Any, **named: Any) -> list[Any]:
        addresses = left.pop(0) if host == name else [host]
        return [found for address in addresses for found in resolve(address, *rest, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", stand_in)


def test_a_name_for_a_metadata_address_is_not_called(open_source: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    let_dns_say(monkeypatch, "innocent.example", ["169.254.169.254", "fe80::1"])
    with pytest.raises(SourceForbidden, match=r"innocent\.example"):
        open_source("http://innocent.example").get_json("")


def test_the_address_that_was_checked_is_the_one_that_is_called(
    serve: Serve, open_source: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = serve(lambda request: request.answer(request.headers["Host"])).rpartition(":")[2]
    # A second question would find no answer left.
    let_dns_say(monkeypatch, "rebind.example", ["127.0.0.1"])
    assert open_source(f"http://rebind.example:{port}").get_json("") == f"rebind.example:{port}"


def test_the_next_address_is_tried_when_one_is_dead_or_forbidden(
    serve: Serve, open_source: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = serve(lambda request: request.answer("here")).rpartition(":")[2]
    let_dns_say(monkeypatch, "several.example", ["169.254.1.1", "127.0.0.2", "127.0.0.1"])
    assert open_source(f"http://several.example:{port}").get_json("") == "here"


def test_closing_wakes_a_thread_that_waits_for_an_answer(serve: Serve, open_source: Open) -> None:
    waiting = threading.Event()

    def hang(request: Any) -> None:
        waiting.set()
        request.over.wait(30)

    source = open_source(serve(hang))
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(source.get_json, "")
        assert waiting.wait(10)
        source.close()
        assert isinstance(answer.exception(timeout=10), SourceUnreachable)


def test_tls_needs_a_trusted_certificate_for_the_right_name(open_source: Open, tmp_path: Path) -> None:
    certificate = self_signed_certificate(x509.DNSName("localhost"), tmp_path)
    offer = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    offer.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def answer_once() -> str:
            connection, _ = listener.accept()
            try:
                with connection, offer.wrap_socket(connection, server_side=True) as secured:
                    secured.recv(65536)
                    secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")
            except OSError as error:
                return type(error).__name__
            return "answered"

        with ThreadPoolExecutor(1) as pool:
            served = pool.submit(answer_once)
            with pytest.raises(SourceUnreachable, match="is signed by nobody but itself"):
                open_source(f"https://localhost:{port}").get_json("")
            assert served.result(timeout=10) != "answered"

            access = MonitorAccess("", ca_pem=certificate.read_text())
            served = pool.submit(answer_once)
            assert open_source(f"https://localhost:{port}", access=access).get_json("") == []
            assert served.result(timeout=10) == "answered"

            served = pool.submit(answer_once)
            with pytest.raises(SourceUnreachable, match="is not for this address"):
                open_source(f"https://127.0.0.1:{port}", access=access).get_json("")
            assert served.result(timeout=10) != "answered"

            served = pool.submit(answer_once)
            unverified = MonitorAccess("", verify=False)
            assert open_source(f"https://127.0.0.1:{port}", access=unverified).get_json("") == []
            assert served.result(timeout=10) == "answered"


def test_a_connection_that_is_made_while_the_transport_closes_is_closed_too() -> None:
    deadline = Deadline()
    deadline.start(10)
    with socket.create_server(("127.0.0.1", 0)) as server:
        transport = GuardedTransport(deadline)
        made = transport._backend.connect_tcp("127.0.0.1", server.getsockname()[1])
        transport.close()
        assert made.get_extra_info("socket").fileno() == -1
        with pytest.raises(httpcore.ConnectError, match="was closed"):
            transport._backend.connect_tcp("127.0.0.1", server.getsockname()[1])
