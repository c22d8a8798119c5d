"""What leaves for a receiver, what is known of its arrival, and what an address cannot ask for."""

import contextlib
import inspect
import json
import re
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from apprise.manager_plugins import NotificationManager

from app.channels import sender
from app.channels.preloaded import end_idle
from app.channels.schemes import SCHEMES, fault_of
from app.channels.sender import PROGRAM, Delivery, Message, Outcome, Sender
from tests.cli.instance import free_port
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

    assert Sender().send(address(serve(take)), MESSAGE) == Delivery(Outcome.SENT)
    [(path, body, _)] = seen
    assert (path, body["title"], body["message"], body["type"]) == ("/alerts", MESSAGE.title, MESSAGE.body, "failure")


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def mailbox(port: int) -> str:
    return f"mailto://127.0.0.1:{port}/?from=nagare@example.com&to=oncall@example.com&mode=insecure"


def test_a_mail_arrives_as_it_was_written(mail_server: MailServer) -> None:
    assert Sender().send(mailbox(mail_server.port), MESSAGE) == Delivery(Outcome.SENT)
    [mail] = mail_server.mails
    assert mail["Subject"] == MESSAGE.title
    body = mail.get_body(("html", "plain"))
    assert body is not None and MESSAGE.body in body.get_content()


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        (b"", Outcome.UNCERTAIN, "the receiver accepted the connection but did not respond"),
        (b"25", Outcome.UNCERTAIN, "the receiver accepted the connection but did not respond"),
        (b"554 no\r\n", Outcome.FAILED, "the receiver returned SMTP 554"),
        (b"421 later\r\n", Outcome.FAILED, "the receiver returned SMTP 421"),
    ],
)
def test_a_mail_server_that_read_a_mail_and_does_not_answer_may_have_it(
    mail_server: MailServer, answer: bytes, outcome: Outcome, reason: str
) -> None:
    mail_server.answer = answer
    assert Sender().send(mailbox(mail_server.port), MESSAGE) == Delivery(outcome, reason)
    assert len(mail_server.mails) == 1


def test_a_mail_server_that_is_not_there_has_no_mail() -> None:
    assert Sender().send(mailbox(free_port()), MESSAGE) == Delivery(Outcome.FAILED, "cannot connect to the receiver")


@pytest.mark.parametrize("scheme", ["json", "form", "xml"])
@pytest.mark.usefixtures("forked_sender")
def test_a_receiver_of_ones_own_gets_the_key_of_the_message(serve: Serve, scheme: str) -> None:
    keys: list[str | None] = []

    def take(request: Any) -> None:
        keys.append(request.headers.get("Idempotency-Key"))
        request.answer()

    url = address(serve(take)).replace("json", scheme)
    assert Sender().send(url, MESSAGE, "send_page:1") == Delivery(Outcome.SENT)
    assert Sender().send(f"{url}?%2BIdempotency-Key=mine", MESSAGE, "send_page:1") == Delivery(Outcome.SENT)
    assert Sender().send(url, MESSAGE) == Delivery(Outcome.SENT)
    assert keys == ["send_page:1", "mine", None]


@pytest.mark.usefixtures("forked_sender")
def test_a_service_with_a_limit_gets_the_start_of_a_long_message(serve: Serve) -> None:
    seen: list[Any] = []

    def take(request: Any) -> None:
        seen.append(request.json)
        request.answer()

    url = f"mmost://{serve(take).removeprefix('http://')}/abcdefghijklmnopqrstuvwx"
    assert Sender().send(url, Message("[nagare] 严重", "行 " * 5000, "failure")) == Delivery(Outcome.SENT)
    [body] = seen
    assert body["text"].startswith("[nagare] 严重")
    assert 3000 < len(body["text"]) <= 4000


@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
@pytest.mark.usefixtures("forked_sender")
def test_a_receiver_that_says_no_has_not_taken_it(serve: Serve, status: int) -> None:
    words = f"{SECRET} is wrong"
    delivery = Sender().send(address(serve(lambda request: request.answer({"error": words}, status))), MESSAGE)
    assert delivery == Delivery(Outcome.FAILED, f"the receiver returned HTTP {status}")


@pytest.mark.parametrize(
    ("status", "asked", "wait_s"),
    [(429, "120", 120), (503, "7", 7), (429, "999999", 3600), (429, "soon", None), (500, "120", None)],
)
@pytest.mark.usefixtures("forked_sender")
def test_how_long_a_receiver_asks_to_wait_is_known(serve: Serve, status: int, asked: str, wait_s: float | None) -> None:
    receiver = serve(lambda request: request.answer(b"", status, {"Retry-After": asked}))
    delivery = Sender().send(address(receiver), MESSAGE)
    assert (delivery.outcome, delivery.retry_after_s) == (Outcome.FAILED, wait_s)


def test_the_environments_proxy_is_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    proxy = serve(lambda request: asked.append(request.path))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy)
    # The next one starts with this environment.
    end_idle()
    assert Sender().send(address(serve(lambda request: request.answer())), MESSAGE) == Delivery(Outcome.SENT)
    assert asked == []


@pytest.mark.usefixtures("forked_sender")
def test_a_receiver_that_is_not_there_has_not_taken_it() -> None:
    assert Sender().send("json://user:password@127.0.0.1:9", MESSAGE) == Delivery(
        Outcome.FAILED, "cannot connect to the receiver"
    )
    assert Sender().send("json://nothing.invalid", MESSAGE) == Delivery(
        Outcome.FAILED, "the receiver's host name cannot be resolved"
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

    assert Sender().send(address(serve(respond)), MESSAGE).outcome is Outcome.UNCERTAIN


def test_a_receiver_that_drips_is_not_waited_for(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "TIMEOUT_S", 1)
    monkeypatch.setattr(sender, "GRACE_S", 1)

    def drip(request: Any) -> None:
        request.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not request.over.wait(0.1):
            request.send(b" ")

    begun = time.monotonic()
    assert Sender().send(address(serve(drip)), MESSAGE).outcome is Outcome.UNCERTAIN
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
@pytest.mark.usefixtures("forked_sender")
def test_link_local_and_metadata_addresses_are_refused(url: str) -> None:
    fault = Sender().find_fault(url)
    assert fault is not None and "link-local" in fault
    assert Sender().send(url, MESSAGE).outcome is Outcome.FAILED


def test_a_redirect_to_a_metadata_address_is_not_followed(serve: Serve) -> None:
    def respond(request: Any) -> None:
        request.answer(b"", 307, {"Location": "http://169.254.169.254/latest/meta-data/"})

    delivery = Sender().send(address(serve(respond), "/?redirect=yes"), MESSAGE)
    assert delivery.outcome is Outcome.FAILED
    assert delivery.reason is not None and "link-local" in delivery.reason


@pytest.mark.parametrize(
    "url",
    [
        *(
            "irc://127.0.0.1/x",
            "ircs://h/x",
            "mqtt://h/x",
            "amqp://h/x",
            "smpp://u:p@h/1/2",
            "xmpp://u:p@h",
            "aprs://u:p/x",
        ),
        *("nostr://x", "deltachat://u:p@h", " json://h", "JSON ://h", "ftp://h", "http://h/x", "https://h/x"),
        *("syslog://", "dbus://", "gnome://", "macosx://", "windows://", "rsyslog://127.0.0.1", "SYSLOG://local"),
        *("", "nonsense", f"nothing://{SECRET}", "file:///etc/passwd", f"tgram://{SECRET}", "json://", "slack://a/b"),
    ],
)
@pytest.mark.usefixtures("forked_sender")
def test_what_is_no_address_over_the_network_is_refused_without_being_repeated(url: str) -> None:
    fault = Sender().find_fault(url)
    assert fault
    assert SECRET not in fault


@pytest.mark.parametrize(
    "what", ["%0d%0a", "%0A", "%250d%250a", "%25250A", "\r\n", "\x00", "%00", "\u2028", "%E2%80%A9"]
)
@pytest.mark.parametrize(
    "url",
    [
        *("json://{}@h/x", "json://u:p{}@h/x", "json://h{}/x", "json://h/x{}", "json://h/?+X={}", "json://h/x#{}"),
        *("mailto://u:p@h?to={}", "{}json://h", "json://h/{}SET+a+b"),
    ],
)
def test_control_characters_are_refused_wherever_they_are(url: str, what: str) -> None:
    fault = fault_of(url.format(what))
    assert fault is not None and "control characters" in fault


@pytest.mark.parametrize("url", ["irc://127.0.0.1:6379/%0d%0aSET%20a%20b", "json://127.0.0.1:9/%250d%250a"])
@pytest.mark.usefixtures("forked_sender")
def test_nothing_is_sent_to_what_is_refused(url: str) -> None:
    delivery = Sender().send(url, MESSAGE)
    assert delivery.outcome is Outcome.FAILED
    assert delivery.reason is not None and "control characters" in delivery.reason


@pytest.mark.filterwarnings("ignore:'imghdr'")
def test_what_is_allowed_speaks_http_or_smtp_and_opens_no_connection_of_its_own() -> None:
    manager: Any = NotificationManager()  # type: ignore[no-untyped-call]
    manager.load_modules()
    assert SCHEMES - {*manager.schemas()} == set()
    for name in SCHEMES:
        source = inspect.getsource(sys.modules[manager[name].__module__])
        assert ("import requests" in source or "smtplib" in source) and "AppriseSocket" not in source, name
        assert not re.search(r"^\s*(import|from) (socket|subprocess|asyncio)\b", source, re.MULTILINE), name


@pytest.mark.parametrize("is_packed", [False, True])
def test_an_answer_without_end_costs_no_memory(serve: Serve, is_packed: bool) -> None:
    """700 MB as they are, and 700 MB that travel as less than one."""

    def respond(request: Any) -> None:
        packing = zlib.compressobj(9, zlib.DEFLATED, 31)
        encoding = b"Content-Encoding: gzip\r\n" if is_packed else b""
        request.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" + encoding + b"\r\n")
        for _ in range(700):
            chunk = b" " * 1024 * 1024
            with contextlib.suppress(OSError):
                request.send(packing.compress(chunk) if is_packed else chunk)

    order = {"url": address(serve(respond)), "message": {"title": MESSAGE.title, "body": "b", "tone": "info"}}
    # Its parent is a small process: what a process had before it became another program counts too.
    code = (
        "import resource, subprocess, sys; "
        f"done = subprocess.run([sys.executable, '-m', {PROGRAM!r}], stdout=subprocess.PIPE, check=True); "
        "print(done.stdout.decode(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    given = json.dumps(order).encode()
    printed = subprocess.run([sys.executable, "-c", code], input=given, capture_output=True, check=True).stdout.decode()
    answer, _, peak_kb = printed.rpartition(" ")
    assert json.loads(answer)["outcome"] == "sent"
    assert 0 < int(peak_kb) < 150 * 1024


def test_the_process_may_not_take_much_memory() -> None:
    code = (
        "import app.channels.sending_process as p, signal; "
        "p.json.loads = lambda _: bytearray(700 * 1024 * 1024); p.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], input=b"{}", capture_output=True, check=False)
    assert done.returncode == 1 and b"MemoryError" in done.stderr


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
@pytest.mark.usefixtures("forked_sender")
def test_addresses_of_common_services_are_understood(url: str) -> None:
    assert Sender().find_fault(url) is None
