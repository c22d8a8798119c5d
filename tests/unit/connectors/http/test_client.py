"""What a hostile, slow, broken or strange server can do to `HttpSource`, and what becomes of it."""

import gzip
import html
import json
import threading
import time
import tracemalloc
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from app.connectors.http.client import HttpLimits, HttpSource, plain_words
from app.connectors.http.json_body import read_body
from app.errors import (
    Invalid,
    SourceError,
    SourceFailing,
    SourceForbidden,
    SourceGarbled,
    SourceRefusedLogin,
    SourceRejected,
    SourceTimeout,
    SourceUnreachable,
)

WRITINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent": lambda text: quote(text, safe=""),
    "all percent": lambda text: "".join(f"%{each:02x}" for each in text.encode()),
    "plus": quote_plus,
    "JSON": lambda text: json.dumps(text),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "bytes": lambda text: repr(text.encode()),
    "HTML": lambda text: html.escape(text).replace("e", "&#101;"),
    "base64": lambda text: b64encode(text.encode()).decode(),
    "base64 for addresses": lambda text: urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 of more": lambda text: b64encode(f"xx{text}y".encode()).decode(),
    "base64 twice": lambda text: b64encode(b64encode(text.encode())).decode(),
    "base64 in percent": lambda text: quote(b64encode(text.encode()).decode(), safe=""),
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal with colons": lambda text: text.encode().hex(":"),
    "apart": lambda text: " ".join(text),
    "in part": lambda text: text[: max(14, len(text) - 4)],
}


Serve = Callable[[Callable[[Any], None]], str]
Open = Callable[..., HttpSource]

SMALL = HttpLimits(connect_s=5, read_s=5, total_s=5, max_bytes=10_000)
HASTY = HttpLimits(connect_s=5, read_s=5, total_s=0.3)


def test_get_joins_the_path_and_sends_the_parameters(serve: Serve, open_source: Open) -> None:
    source = open_source(serve(lambda request: request.answer([request.path, request.query])) + "/prom/")
    path, query = source.get_json("/api/v1/query", {"query": 'up{job="节点"}', "match[]": ["a", "b&c"]})
    assert path.startswith("/prom/api/v1/query?")
    assert query == {"query": ['up{job="节点"}'], "match[]": ["a", "b&c"]}
    assert source.get_json("") == ["/prom/", {}]


def test_post_sends_json_and_headers(serve: Serve, open_source: Open) -> None:
    url = serve(lambda request: request.answer([request.path, request.json, dict(request.headers)]))
    path, body, headers = open_source(f"{url}/api", headers={"X-One": "1"}).post_json("", {"名": 1}, {"X-Two": "2"})
    assert (path, body) == ("/api", {"名": 1})
    assert (headers["Content-Type"], headers["X-One"], headers["X-Two"]) == ("application/json", "1", "2")


def test_basic_credentials_are_sent_in_utf_8(serve: Serve, open_source: Open) -> None:
    url = serve(lambda request: request.answer(request.headers["Authorization"]))
    sent = open_source(url, auth=("用户", "pass:wörd")).get_json("")
    assert sent == "Basic " + b64encode("用户:pass:wörd".encode()).decode()


def test_cookies_are_not_kept(serve: Serve, open_source: Open) -> None:
    url = serve(lambda request: request.answer(request.headers["Cookie"], headers={"Set-Cookie": "a=1; Path=/"}))
    source = open_source(url)
    assert [source.get_json(""), source.get_json("")] == [None, None]


def test_texts_come_without_nuls_and_lone_surrogates(serve: Serve, open_source: Open) -> None:
    url = serve(lambda request: request.answer(rb'{"a\u0000b": ["\ud83d\ude00 \ud83d", {"x": "\\u0000 \u4e2d"}]}'))
    assert open_source(url).get_json("") == {"a\ufffdb": ["\N{GRINNING FACE} \ufffd", {"x": "\\u0000 中"}]}


def test_one_byte_that_is_not_utf_8_does_not_cost_the_whole_answer(serve: Serve, open_source: Open) -> None:
    assert open_source(serve(lambda request: request.answer(b'["a\xff", "\xed\xa0\x80"]'))).get_json("") == [
        "a\ufffd",
        "\ufffd\ufffd\ufffd",
    ]


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"<html><body>Login</body></html>", b'{"a": 1', b'{"a": 1} trailing', b'["\n"]'),
        *(b'{"a": NaN}', b"[-Infinity]", b"[1e999]", b"9" * 5000, b"[" * 100_000, b'{"a":' * 100_000),
    ],
)
def test_what_is_not_json_is_garbled(serve: Serve, open_source: Open, body: bytes) -> None:
    with pytest.raises(SourceGarbled, match="not valid JSON"):
        open_source(serve(lambda request: request.answer(body))).get_json("")


@pytest.mark.parametrize(
    ("start", "again"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    ],
    ids=["body", "headers", "informational answers"],
)
def test_an_answer_that_trickles_runs_into_the_total_timeout(
    serve: Serve, open_source: Open, start: bytes, again: bytes
) -> None:
    def trickle(request: Any) -> None:
        request.send(start)
        for _ in range(500):
            if request.over.wait(0.01):
                return
            request.send(again)

    with pytest.raises(SourceTimeout):
        open_source(serve(trickle), limits=HASTY).get_json("")


def test_silence_runs_into_the_read_timeout(serve: Serve, open_source: Open) -> None:
    limits = HttpLimits(connect_s=5, read_s=0.1, total_s=60)
    with pytest.raises(SourceTimeout):
        open_source(serve(lambda request: request.over.wait(30)), limits=limits).get_json("")


def test_each_request_has_the_whole_time_again(
    serve: Serve, open_source: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("app.clock.monotonic", lambda: now[0])
    source = open_source(serve(lambda request: request.answer(1)), limits=SMALL)
    assert source.get_json("") == 1
    now[0] += 3600
    assert source.get_json("") == 1


def test_a_huge_body_is_garbled(serve: Serve, open_source: Open) -> None:
    source = open_source(serve(lambda request: request.answer(b"[" + b"1," * 5000 + b"1]")), limits=SMALL)
    with pytest.raises(SourceGarbled, match="more than 10000 bytes"):
        source.get_json("")


def test_a_stream_without_end_is_cut(serve: Serve, open_source: Open) -> None:
    def flood(request: Any) -> None:
        request.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not request.over.is_set():
            request.send(b"400\r\n" + b" " * 1024 + b"\r\n")

    with pytest.raises(SourceGarbled, match="more than 10000 bytes"):
        open_source(serve(flood), limits=SMALL).get_json("")


def test_a_gzip_bomb_is_cut(serve: Serve, open_source: Open) -> None:
    bomb = gzip.compress(b" " * 2**24, mtime=0)
    url = serve(lambda request: request.answer(bomb, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(SourceGarbled, match="more than 10000 bytes"):
        open_source(url, limits=SMALL).get_json("")


def test_a_bomb_that_comes_in_one_piece_is_not_inflated_to_be_measured() -> None:
    bomb = gzip.compress(b" " * 2**25, mtime=0)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="more than 10000 bytes"):
            read_body([bomb], "gzip", 10_000)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_gzip_is_asked_for_and_understood(serve: Serve, open_source: Open) -> None:
    def answer(request: Any) -> None:
        assert request.headers["Accept-Encoding"] == "gzip"
        request.answer(gzip.compress(b'["' + b"x" * 200_000 + b'"]', mtime=0), headers={"Content-Encoding": "gzip"})

    assert open_source(serve(answer)).get_json("") == ["x" * 200_000]


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(gzip.compress(b"[]", mtime=0), mtime=0), "gzip, gzip"),
        (b"[]", "br"),
        (b"[]", "gzip"),
        (gzip.compress(b"[1, 2, 3]", mtime=0)[:-9], "gzip"),
        (gzip.compress(b"[]", mtime=0) + b"more", "gzip"),
    ],
)
def test_a_broken_or_strange_encoding_is_garbled(serve: Serve, open_source: Open, body: bytes, encoding: str) -> None:
    url = serve(lambda request: request.answer(body, headers={"Content-Encoding": encoding}))
    with pytest.raises(SourceGarbled):
        open_source(url).get_json("")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((500, SourceFailing), (502, SourceFailing), (503, SourceFailing), (429, SourceFailing), (408, SourceTimeout)),
        *((401, SourceRefusedLogin), (403, SourceRefusedLogin), (400, SourceRejected), (404, SourceRejected)),
        *((422, SourceRejected), (304, SourceRejected), (303, SourceRejected)),
    ],
)
def test_a_status_has_its_error(serve: Serve, open_source: Open, status: int, kind: type[SourceError]) -> None:
    url = serve(lambda request: request.answer(b"<h1>no</h1>" if status != 304 else b"", status))
    with pytest.raises(kind, match=f"127.0.0.1:[0-9]+ returned HTTP {status}$"):
        open_source(url).get_json("")


def test_an_error_is_told_in_the_servers_words(serve: Serve, open_source: Open) -> None:
    body = {"status": "error", "errorType": "bad_data", "error": 'unknown  function\n"foo" ' + "x" * 1000}
    with pytest.raises(SourceRejected, match=r'returned HTTP 400: unknown function "foo" x{100,300}…$'):
        open_source(serve(lambda request: request.answer(body, 400))).get_json("")


def test_no_credential_that_the_server_echoes_gets_into_a_message(serve: Serve, open_source: Open) -> None:
    def echo(request: Any) -> None:
        request.answer({"message": f"{request.path} {request.headers['Authorization']} {request.body!r}"}, 400)

    for options in ({"headers": {"Authorization": "Bearer hush-hush"}}, {"auth": ("admin", "hush-hush")}):
        with pytest.raises(SourceRejected) as caught:
            open_source(serve(echo), **options).get_json("")
        assert "hush-hush" not in str(caught.value)
        assert b64encode(b"admin:hush-hush").decode() not in str(caught.value)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500, 503])
@pytest.mark.parametrize("write", WRITINGS.values(), ids=WRITINGS)
def test_no_credential_is_told_in_whatever_writing_it_comes_back(
    serve: Serve, open_source: Open, write: Callable[[str], str], status: int
) -> None:
    secret = "höchst geheim+/=&?"
    basic = b64encode(f"admin:{secret}".encode()).decode()

    def echo(request: Any) -> None:
        request.answer({"error": f"you sent <{write(secret)}> in {write(basic)}, {write(f'Basic {basic}')}"}, status)

    with pytest.raises(SourceError) as caught:
        open_source(serve(echo), auth=("admin", secret)).get_json("")
    told = str(caught.value)
    if status in (401, 403):
        assert told.endswith(f"returned HTTP {status}")
    for form in (write(secret), write(basic), secret, basic, secret[:8]):
        assert form not in told, told


@pytest.mark.parametrize("status", [400, 500])
def test_what_was_in_the_body_is_not_told_either(serve: Serve, open_source: Open, status: int) -> None:
    url = serve(lambda request: request.answer({"message": f"bad request: {request.body!r}"}, status))
    source = open_source(url, secrets=["hush-hush"])
    with pytest.raises(SourceError) as caught:
        source.post_json("", {"password": "hush-hush", "auth": "session-id"}, secrets=["session-id"])
    assert "hush" not in str(caught.value) and "session-id" not in str(caught.value)


def test_words_that_only_look_written_otherwise_are_told(serve: Serve, open_source: Open) -> None:
    words = "unknown function &lt;rate&gt; in 100%25 of aGVsbG8gd29ybGQ= \\u2713 deadbeefdeadbeef"
    url = serve(lambda request: request.answer({"error": words}, 400))
    with pytest.raises(SourceRejected, match="unknown function"):
        open_source(url, auth=("admin", "hush-hush")).get_json("")


@pytest.mark.parametrize("unit", ["aGVsbG8g ", "616263 ", "%61", "\\u0061", "&#97;", "x"])
def test_a_text_made_to_be_read_in_many_ways_costs_little(unit: str) -> None:
    secrets = ["".join(map(chr, range(0x4E00, 0x5E00)))] * 3
    begun = time.process_time()
    assert plain_words(unit * (64 * 2**10 // len(unit)), secrets)
    assert time.process_time() - begun < 3


def test_a_status_line_that_echoes_a_credential_is_not_quoted(serve: Serve, open_source: Open) -> None:
    url = serve(lambda request: request.send(f"{request.headers['Authorization']}\r\n\r\n".encode()))
    with pytest.raises(SourceUnreachable) as caught:
        open_source(url, headers={"Authorization": "Bearer hush-hush"}).get_json("")
    assert "hush-hush" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_plain_words_holds_nothing_that_a_terminal_obeys() -> None:
    assert plain_words("\x1b[2J\x1b]0;pwned\x07 \u202eevil\0") == "\ufffd[2J\ufffd]0;pwned\ufffd \ufffdevil\ufffd"


def test_plain_words_leaves_no_secret() -> None:
    assert plain_words("a\n b token-1 c", ["Bearer token-1", None, ""]) == "a b … c"


def test_redirects_within_the_server_are_followed_with_the_body(serve: Serve, open_source: Open) -> None:
    def answer(request: Any) -> None:
        if request.path == "/new/":
            request.answer([request.command, request.json])
        else:
            request.answer(b"", 301, {"Location": "/new/" if request.path == "/old/api" else "?"})

    assert open_source(serve(answer) + "/old").post_json("api", {"a": 1}) == ["POST", {"a": 1}]


def test_a_redirect_loop_ends(serve: Serve, open_source: Open) -> None:
    asked: list[str] = []

    def answer(request: Any) -> None:
        asked.append(request.path)
        request.answer(b"", 302, {"Location": request.path})

    with pytest.raises(SourceGarbled, match="redirected more than 3 times"):
        open_source(serve(answer)).get_json("a")
    assert asked == ["/a"] * 4


def test_a_redirect_to_another_server_is_refused_without_calling_it(serve: Serve, open_source: Open) -> None:
    called: list[str] = []
    other = serve(lambda request: called.append(request.path))
    targets = [f"{other}/?token=x", f"//{other.removeprefix('http://')}/", "http://169.254.169.254/latest", "ftp://x/"]
    for target in [*targets, "https://127.0.0.1/", "file:///etc/passwd"]:
        redirect = {"Location": target}
        source = open_source(serve(lambda request: request.answer(b"", 302, redirect)))  # noqa: B023 - called in this turn
        with pytest.raises(SourceForbidden) as caught:
            source.get_json("")
        assert "token" not in str(caught.value)
    assert called == []


@pytest.mark.parametrize(
    "headers",
    [
        *({}, {"Location": "http://[::1"}, {"Location": "http://127.0.0.1:port/"}),
        *({"Location": "http://xn--a/"}, {"Location": "http://" + "a" * 70_000}, {"Location": "\x7f"}),
    ],
)
def test_a_redirect_to_nowhere_is_garbled(serve: Serve, open_source: Open, headers: dict[str, str]) -> None:
    with pytest.raises(SourceGarbled):
        open_source(serve(lambda request: request.answer(b"", 302, headers))).get_json("")


@pytest.mark.parametrize(
    "misbehave",
    [
        lambda request: request.reset(),
        lambda request: request.send(b""),
        lambda request: request.send(b"SSH-2.0-OpenSSH_9.2\r\n"),
        lambda request: request.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1"),
        lambda request: request.send(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 250_000 + b"\r\n[]"),
        lambda request: request.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n[]"),
        lambda request: request.send(b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n[]"),
        lambda request: request.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n0\r\n\r\n"),
        lambda request: request.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n[]"),
        lambda request: request.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 3),
        lambda request: request.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\0\0"),
        lambda request: request.send(b"HTTP/9.9 999 \xff\xfe\r\n\0: \0\r\n\r\n"),
        lambda request: request.send(b"\x15\x03\x01\x00\x02\x02\x46"),
    ],
    ids=[
        *("reset", "closed", "not HTTP", "cut short", "2 MB of headers", "two lengths", "a negative length"),
        *("a chunk without a size", "a chunk of 2^160 bytes", "only to go on", "another protocol", "nonsense", "TLS"),
    ],
)
def test_a_connection_that_breaks_is_unreachable(
    serve: Serve, open_source: Open, misbehave: Callable[[Any], None]
) -> None:
    with pytest.raises(SourceUnreachable):
        open_source(serve(misbehave)).get_json("")


@pytest.mark.parametrize(
    "url",
    [
        *("", "host", "//host", "ftp://host", "simulator://demo", "http://", "http:///path", "http://user:pw@host/"),
        *("http://host/#top", "http://host/?a=1", "http://host?", "http://ho st/", "http://host:99999/"),
        *(
            "http://0251.0376.0251.0376/",
            "http://xn--a",
            "http://xn--" + "a" * 70,
            "http://h\u2100st",
            "http://host\0",
            "http://a\ud800",
        ),
        *("http://host:0/", "http://[::1", "http://host\n/", "http://good.example\\@bad.example/", "http://host:port/"),
    ],
)
def test_an_address_that_cannot_be_right_is_invalid(url: str) -> None:
    with pytest.raises(Invalid) as caught:
        HttpSource(url)
    assert caught.value.field == "url"
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"headers": {"Authorization": "Bearer a\r\nX-Evil: 1"}}, "api_token"),
        ({"headers": {"Authorization": "Bearer 令牌"}}, "api_token"),
        ({"auth": ("admin", "\ud800")}, "password"),
    ],
)
def test_a_credential_that_cannot_be_sent_is_invalid(options: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        HttpSource("http://host", **options)
    assert caught.value.field == field


def test_four_threads_share_one_source(serve: Serve, open_source: Open) -> None:
    all_in = threading.Barrier(4, timeout=10)

    def answer(request: Any) -> None:
        all_in.wait()
        request.answer(request.json)

    source = open_source(serve(answer))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda n: source.post_json("", n), range(20))) == list(range(20))
