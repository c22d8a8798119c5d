"""Requests the pages of a list, and finds the records in them; anything that does not fit is SourceGarbled."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qs

import httpx

from app.connectors.answers import cut
from app.connectors.base import MonitorAccess
from app.connectors.http.addresses import parse_url
from app.connectors.http.client import HttpSource
from app.connectors.http.credentials import credentials
from app.errors import Invalid, SourceForbidden, SourceGarbled
from app.rules.http_json.source_mappings import Part
from app.rules.webhooks.expressions import BUDGET, Evaluation
from app.rules.webhooks.found_values import Found, find, kind_of

MAX_SHOWN = 100
"""Of an expression in a message, so that the reason stays in it."""
MAX_PAGES = 1_000
MAX_RECORDS = 500_000
STEPS_A_RECORD = 1_000
"""What the expressions of a record may cost, beside the budget of a page."""


class JsonApi:
    """One server. Methods raise a SourceError. Threads may share it."""

    def __init__(self, access: MonitorAccess) -> None:
        """Parse the address. Raises Invalid for `url`, `api_token` or `username` if it is wrong."""
        headers, auth = credentials(access)
        self._url = parse_url(access.url)
        # The links of its answers are relative to the server, not to the path of the monitor's URL.
        root = str(self._url.copy_with(raw_path=b"/"))
        self._source = HttpSource(root, headers=headers, auth=auth, access=access)
        self.words = self._source.words
        self.close = self._source.close

    def first_page(self, part: Part) -> list[Found]:
        """Return the records of the first page."""
        return self._records(part, self._get(self._first(part)), 0)

    def records(self, part: Part) -> Iterator[Found]:
        """Yield the records of all pages."""
        url: httpx.URL | None = self._first(part)
        seen = set[str]()
        count = 0
        while url is not None:
            seen.add(str(url))
            body = self._get(url)
            found = self._records(part, body, count)
            count += len(found)
            if count > MAX_RECORDS:
                raise SourceGarbled(f"The server has more than {MAX_RECORDS} {part.name}")
            yield from found
            url = self._next(part, body, url)
            if url is not None and str(url) in seen:
                raise SourceGarbled(f"The pages of {part.name} lead in a circle: {part.name}.next finds a page again")
            if url is not None and len(seen) == MAX_PAGES:
                raise SourceGarbled(f"The server has more than {MAX_PAGES} pages of {part.name}")

    def garbled(self, fault: Invalid) -> SourceGarbled:
        """Return the error for an answer that does not fit the mapping."""
        return SourceGarbled(f"The response does not fit the mapping: {fault.field}: {self.words(str(fault))}")

    def _first(self, part: Part) -> httpx.URL:
        if not part.path:
            return self._url
        base = self._url.raw_path.decode("ascii").rstrip("/")
        separator = "" if part.path.startswith("?") else "/"
        return self._joined(f"{base}{separator}{part.path.lstrip('/')}", self._url, f"{part.name}.path")

    def _next(self, part: Part, body: Any, current: httpx.URL) -> httpx.URL | None:
        if "next" not in part.texts:
            return None
        link = self._find(Evaluation(body), part, "next", body)
        if link is None or link is False or link == "":
            return None
        place = f"{part.name}.next"
        if not isinstance(link, str):
            raise SourceGarbled(f"The response does not fit the mapping: {place} must find a URL, not {kind_of(link)}")
        return self._joined(link, current, place)

    def _joined(self, link: str, current: httpx.URL, place: str) -> httpx.URL:
        try:
            url = current.join(link.strip()).copy_with(fragment=None)
            where = (url.scheme, url.netloc, url.userinfo)
            text = str(url)
        except (httpx.InvalidURL, ValueError):
            raise SourceGarbled(f"The response does not fit the mapping: {place} finds no valid URL") from None
        if where != (self._url.scheme, self._url.netloc, b""):
            other = self.words(f"{url.scheme}://{url.host}")
            raise SourceForbidden(f"{place} leads to {other}; nagare follows no link to another server")
        return httpx.URL(text)

    def _get(self, url: httpx.URL) -> Any:
        path, _, query = url.raw_path.decode("ascii").partition("?")
        params: dict[str, str | Sequence[str]] = {**parse_qs(query, keep_blank_values=True)}
        return self._source.get_json(path, params or None)

    def _records(self, part: Part, body: Any, before: int) -> list[Found]:
        found = self._find(Evaluation(body), part, "list", body)
        if not isinstance(found, list):
            raise SourceGarbled(
                f"The response does not fit the mapping: {part.name}.list must find a list, but it is {kind_of(found)}"
            )
        if before + len(found) > MAX_RECORDS:
            raise SourceGarbled(f"The server has more than {MAX_RECORDS} {part.name}")
        evaluation = Evaluation(body, BUDGET + STEPS_A_RECORD * len(found))
        return [self._record(evaluation, part, record, f"{part.name}.{before + n}") for n, record in enumerate(found)]

    def _record(self, evaluation: Evaluation, part: Part, record: Any, place: str) -> Found:
        try:
            values = {name: self._field(evaluation, part, name, record, place) for name in part.fields}
        except Invalid as fault:
            raise self.garbled(fault) from None
        return Found(part.texts, values, place, record)

    def _field(self, evaluation: Evaluation, part: Part, name: str, record: Any, place: str) -> Any:
        tree = part.trees[name]
        if tree["type"] == "field":
            # Most expressions are only a name; there may be millions, and a visit takes ten times as long.
            return record.get(tree["value"]) if isinstance(record, dict) else None
        return find(evaluation, tree, cut(part.texts[name], MAX_SHOWN), record, f"{place}.{name}")

    def _find(self, evaluation: Evaluation, part: Part, name: str, value: Any) -> Any:
        try:
            return find(evaluation, part.trees[name], cut(part.texts[name], MAX_SHOWN), value, f"{part.name}.{name}")
        except Invalid as fault:
            raise self.garbled(fault) from None
