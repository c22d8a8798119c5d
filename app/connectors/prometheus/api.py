"""Requests to Prometheus's API, whose responses carry their own errors and warnings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.connectors.base import MonitorAccess
from app.connectors.http.client import HttpLimits, HttpSource
from app.connectors.http.credentials import credentials
from app.errors import SourceFailing, SourceGarbled, SourceRejected

DEFAULT_LIMITS = HttpLimits()
PASSING_ERRORS = ("timeout", "canceled", "unavailable", "internal")


@dataclass(frozen=True, slots=True)
class Answer:
    """The data of a response, and why it may lack something."""

    data: object
    warnings: Sequence[str] = ()


class PrometheusApi:
    """The API of one server. Methods raise a SourceError with Prometheus's own message. Threads may share it."""

    def __init__(self, access: MonitorAccess, limits: HttpLimits = DEFAULT_LIMITS) -> None:
        """Parse the address. Raises Invalid for `url`, `api_token` or `username` if it is wrong."""
        headers, auth = credentials(access)
        self._source = HttpSource(access.url, headers=headers, auth=auth, limits=limits, access=access)
        self.words = self._source.words
        self.close = self._source.close

    def data(self, path: str, params: Mapping[str, str] | None = None) -> object:
        """Return a response's data."""
        return self.answer(path, params).data

    def answer(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Return a response's data with its warnings."""
        answer = self._source.get_json(path, params)
        if not isinstance(answer, dict) or answer.get("status") not in ("success", "error"):
            raise SourceGarbled("The response is not from a Prometheus API: it has no valid status")
        if answer["status"] == "success":
            return Answer(answer.get("data"), [self.words(text) for text in _warnings(answer)])
        error = answer.get("error")
        message = f"Prometheus reports an error: {self.words(error if isinstance(error, str) else '')}"
        raise SourceFailing(message) if answer.get("errorType") in PASSING_ERRORS else SourceRejected(message)


def _warnings(answer: Mapping[str, object]) -> Sequence[str]:
    """Return why a response may lack something: Thanos's `warnings`, VictoriaMetrics's `isPartial`.

    Prometheus's `infos` are remarks on queries; nothing is missing because of them.
    """
    warnings = answer.get("warnings")
    texts = [text for text in warnings if isinstance(text, str)] if isinstance(warnings, list) else []
    is_partial = answer.get("isPartial") not in (None, False)
    if not texts and (warnings or is_partial):
        return ["the server says that its response is partial"]
    return texts
