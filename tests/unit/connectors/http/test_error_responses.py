"""What an error response says: its words, and when the server wants the next request."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from app import clock
from app.connectors.http.client import HttpSource
from app.errors import SourceError, SourceFailing, SourceRejected
from app.rules.retry_after import retry_after_s

Open = Callable[..., HttpSource]
Serve = Callable[[Callable[[Any], None]], str]
NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"upstream connect error\n  or disconnect", "upstream connect error or disconnect"),
        (b"<html>\n<head><title>502 Bad\n Gateway &amp; more</title></head><body>x</body>", "502 Bad Gateway & more"),
        (b'"too many outstanding requests"', "too many outstanding requests"),
        (b'{"error": 404, "status": "No objects found."}', "No objects found."),
        (b'{"error": "", "message": "no org id"}', "no org id"),
        ("过载".encode(), "过载"),
        (b"<h1>no title</h1>", None),
        (b"", None),
        (b"\xff\xfe binary", None),
        (b"a long dump " * 100, None),
        (b"[1, 2]", None),
    ],
)
def test_an_error_is_quoted_in_one_line(serve: Serve, open_source: Open, body: bytes, words: str | None) -> None:
    source = open_source(serve(lambda request: request.answer(body, 502)))
    with pytest.raises(SourceFailing) as caught:
        source.get_json("")
    assert str(caught.value) == f"{source.host} returned HTTP 502" + (f": {words}" if words else "")


@pytest.mark.parametrize("write", ["you sent {}", "<title>{}</title>", "<TITLE x>403 {}</TITLE>"])
def test_a_text_that_repeats_a_secret_is_withheld(serve: Serve, open_source: Open, write: str) -> None:
    url = serve(lambda request: request.answer(write.format(request.headers["X-Key"]).encode(), 500))
    with pytest.raises(SourceFailing) as caught:
        open_source(url, headers={"X-Key": "hunter22"}).get_json("")
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        *((None, None), ("", None), ("0", 0), ("120", 120), (" 7 ", 7), ("86400", 3600), ("999999999", 3600)),
        *(("-1", None), ("1.5", None), ("soon", None), ("1e3", None), ("9" * 20, None), ("١٢", None)),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0),
        (format_datetime(NOW + timedelta(days=400), usegmt=True), 3600),
        ("Tue, 01 Jan 2030 12:01:00", None),
        ("Tue, 99 Jan 2030 12:01:00 GMT", None),
        ("Tue, 01 Jan 99999 12:01:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(monkeypatch: pytest.MonkeyPatch, header: str | None, wait_s: object) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    assert retry_after_s(header) == wait_s


@pytest.mark.parametrize(
    ("status", "header", "wait_s", "is_busy"),
    [
        *((429, "30", 30, True), (503, "30", 30, True), (500, "30", 30, False), (502, None, None, False)),
        *((429, None, None, True), (503, "soon", None, True)),
    ],
)
def test_the_error_keeps_when_to_come_back(
    serve: Serve, open_source: Open, status: int, header: str | None, wait_s: float | None, is_busy: bool
) -> None:
    headers = {"Retry-After": header} if header else {}
    source = open_source(serve(lambda request: request.answer(b"", status, headers)))
    asks: tuple[Callable[[], Any], ...] = (lambda: source.get_json(""), lambda: source.post_json("", {}))
    for ask in asks:
        with pytest.raises(SourceFailing) as caught:
            ask()
        assert (caught.value.retry_after_s, caught.value.is_busy) == (wait_s, is_busy)


def test_an_error_of_the_request_has_no_wait(serve: Serve, open_source: Open) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(serve(lambda request: request.answer(b"", 400, {"Retry-After": "5"}))).get_json("")
    assert isinstance(caught.value, SourceRejected)
