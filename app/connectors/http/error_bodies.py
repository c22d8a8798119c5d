"""What a server's error response says for people: a member of its JSON, a line of plain text, a page's title."""

import html
import re

import httpx

from app.connectors.http.json_body import parse_json, read_body

ERROR_BYTES = 64 * 2**10
MEMBERS = ("error", "message", "detail", "status", "msg")
"""Where monitoring systems put the words of an error: Prometheus, Grafana, problem details, Icinga 2, Alertmanager."""
MAX_PLAIN = 1000
"""A longer plain text is no message for people but a page or a dump."""
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
TAG = re.compile(r"\s*<")


def error_text(response: httpx.Response) -> str:
    """Return the words of an error response, or an empty text if there are none."""
    encoding = str(response.headers.get("content-encoding", "identity")).strip().lower()
    try:
        body = read_body(response.iter_raw(), encoding, ERROR_BYTES)
    except (ValueError, httpx.TransportError):
        return ""
    try:
        return _of_json(parse_json(body, ERROR_BYTES))
    except ValueError:
        return _of_text(body)


def _of_json(tree: object) -> str:
    if isinstance(tree, str):
        return tree
    texts = [tree.get(name) for name in MEMBERS] if isinstance(tree, dict) else []
    return next((text for text in texts if isinstance(text, str) and text), "")


def _of_text(body: bytearray) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return ""
    if TAG.match(text):
        title = TITLE.search(text)
        return html.unescape(title[1]) if title else ""
    return text if len(text) <= MAX_PLAIN else ""
