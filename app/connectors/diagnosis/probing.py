"""Looks at what answers at an address, without the monitor's own credentials."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import httpx

from app.connectors.base import MonitorAccess
from app.connectors.http.client import HttpLimits, HttpSource, plain_words
from app.connectors.http.error_bodies import TITLE
from app.connectors.http.network import Deadline, GuardedTransport
from app.errors import SourceError

TIMEOUT_S = 5
LIMITS = HttpLimits(connect_s=TIMEOUT_S, read_s=TIMEOUT_S, total_s=TIMEOUT_S, max_bytes=2**20)
PAGE_BYTES = 16 * 2**10
PAGE = re.compile(rb"\s*(?:<!doctype html|<html|<head)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Seen:
    """A response to a plain GET."""

    status: int
    redirect_host: str | None = None
    """The host that a redirect leads to, if that is another one."""
    page_title: str | None = None
    """The title of a web page, which may be empty; None if the response is none."""


def look(access: MonitorAccess) -> Seen | None:
    """Return what a browser that is not signed in would see at a monitor's address; None if nothing answers."""
    transport = GuardedTransport(deadline := Deadline(), access)
    deadline.start(TIMEOUT_S)
    timeout = httpx.Timeout(TIMEOUT_S).as_dict()
    try:
        request = httpx.Request("GET", access.url, headers={"Accept": "text/html"}, extensions={"timeout": timeout})
        response = transport.handle_request(request)
        target = httpx.URL(access.url).join(response.headers.get("location", ""))
        body = b""
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > PAGE_BYTES:
                break
    except (httpx.HTTPError, httpx.InvalidURL, SourceError, ValueError):
        return None
    finally:
        transport.close()
    is_elsewhere = response.is_redirect and target.host != httpx.URL(access.url).host
    return Seen(response.status_code, target.host if is_elsewhere else None, _title(body))


@contextmanager
def source(access: MonitorAccess, url: str) -> Iterator[HttpSource]:
    """Yield a client that reaches another address as the monitor is reached, without the monitor's own credentials."""
    client = HttpSource(url, limits=LIMITS, access=replace(access, url=url))
    try:
        yield client
    finally:
        client.close()


def _title(body: bytes) -> str | None:
    if not PAGE.match(body):
        return None
    found = TITLE.search(body.decode(errors="replace"))
    return plain_words(found[1])[:100] if found else ""
