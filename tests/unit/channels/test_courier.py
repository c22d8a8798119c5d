"""What leaves for a receiver, what is known of its arrival, and what an address cannot ask for."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from app.channels import courier
from app.channels.courier import Courier, Delivery, Message, Outcome
from tests.unit.channels.mail_server import MailServer

Serve = Callable[[Callable[[Any], None]], str]

MESSAGE = Message("[nagare] 严重：数据库", "严重 数据库: 磁盘空间不足 💾", "failure")
SECRET = "s3cr3t-令牌"


def address(served: str, rest: str = "/alerts") -> str:
    return f"json://{served.removeprefix('http://')}{rest}"


def test_a_message_arrives_as_it_was_written(serve: Serve) -> None:
    seen: list[Any] = []

    def take(request: Any) -> None:
        seen.append((request.path, request.json, request.body))
        request.answer()

    assert Courier().send(address(serve(take)), MESSAGE) == Delivery(Outcome.SENT)
    [(path, body, _)] = seen
    assert (path, body["title"], body["message"], body["type"]) == ("/alerts", MESSAGE.title, MESSAGE.body, "failure")


def test_a_mail_arrives_as_it_was_written() -> None:
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        url = f"mailto://127.0.0.1:{server.port}/?from=nagare@example.com&to=oncall@example.com&mode=insecure"
        assert Courier().send(url, MESSAGE) == Delivery(Outcome.SENT)
        server.shutdown()
        thread.join()
    [mail] = server.mails
    assert mail["Subject"] == MESSAGE.title
    body = mail.get_body(("html", "plain"))
    assert body is not None and MESSAGE.body in body.get_content()


@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
def test_a_receiver_that_says_no_has_not_taken_it(serve: Serve, status: int) -> None:
    words = f"{SECRET} is wrong"
    delivery = Courier().send(address(serve(lambda request: request.answer({"error": words}, status))), MESSAGE)
    assert delivery == Delivery(Outcome.FAILED, f"the receiver answered HTTP {status}")


def test_the_environments_proxy_is_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    proxy = serve(lambda request: asked.append(request.path))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy)
    assert Courier().send(address(serve(lambda request: request.answer())), MESSAGE) == Delivery(Outcome.SENT)
    assert asked == []


def test_a_receiver_that_is_not_there_has_not_taken_it() -> None:
    assert Courier().send("json://user:password@127.0.0.1:9", MESSAGE) == Delivery(
        Outcome.FAILED, "the receiver does not answer"
    )
    assert Courier().send("json://nothing.invalid", MESSAGE) == Delivery(
        Outcome.FAILED, "the receiver's name cannot be resolved"
    )


@pytest.mark.parametrize("breaks_off", [True, False])
def test_whether_a_receiver_that_reads_and_goes_silent_has_taken_it_is_not_known(
    serve: Serve, breaks_off: bool
) -> None:
    def respond(request: Any) -> None:
        if breaks_off:
            request.reset()
        else:
            request.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{")

    assert Courier().send(address(serve(respond)), MESSAGE).outcome is Outcome.UNCERTAIN


def test_a_receiver_that_drips_is_not_waited_for(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "TIMEOUT_S", 1)
    monkeypatch.setattr(courier, "GRACE_S", 1)

    def drip(request: Any) -> None:
        request.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not request.over.wait(0.1):
            request.send(b" ")

    begun = time.monotonic()
    assert Courier().send(address(serve(drip)), MESSAGE).outcome is Outcome.UNCERTAIN
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    "url",
    [
        "json://169.254.169.254",
        "json://[64:ff9b::a9fe:a9fe]",
        "json://2852039166/x",
        "json://[fd00:ec2::254]",
        "jsons://0.0.0.0:8443",
        "json://[fe80::1]",
    ],
)
def test_link_local_and_metadata_addresses_are_refused(url: str) -> None:
    fault = Courier().find_fault(url)
    assert fault is not None and "link-local" in fault
    assert Courier().send(url, MESSAGE).outcome is Outcome.FAILED


def test_a_redirect_to_a_metadata_address_is_not_followed(serve: Serve) -> None:
    def respond(request: Any) -> None:
        request.answer(b"", 307, {"Location": "http://169.254.169.254/latest/meta-data/"})

    delivery = Courier().send(address(serve(respond), "/?redirect=yes"), MESSAGE)
    assert delivery.outcome is Outcome.FAILED
    assert delivery.reason is not None and "link-local" in delivery.reason


@pytest.mark.parametrize(
    "url",
    [
        *("syslog://", "dbus://", "gnome://", "macosx://", "windows://", "rsyslog://127.0.0.1", "SYSLOG://local"),
        *("", "nonsense", f"nothing://{SECRET}", "file:///etc/passwd", f"tgram://{SECRET}", "json://", "slack://a/b"),
    ],
)
def test_what_is_no_address_over_the_network_is_refused_without_being_repeated(url: str) -> None:
    fault = Courier().find_fault(url)
    assert fault
    assert SECRET not in fault


@pytest.mark.parametrize(
    "url",
    [
        "json://10.0.0.1/x",
        f"mailto://user:{SECRET}@example.com",
        "tgram://123456789:abcdefg_hijklmnop/12315544",
        "dingtalk://abcdefghijkl",
        "wecombot://0123456789abcdef",
        "feishu://0123456789abcdef",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/",
        "https://discord.com/api/webhooks/0123456789/AbCdEf0123456789",
    ],
)
def test_addresses_of_common_services_are_understood(url: str) -> None:
    assert Courier().find_fault(url) is None
