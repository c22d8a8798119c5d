"""Pulls from a Prometheus server: a scrape target is a host, its series are items, with values of an instant query."""

import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import cached_property

from app import tracing
from app.connectors.base import HostPage, ItemPage, ItemRecord, MonitorAccess
from app.connectors.http.client import HttpSource
from app.connectors.prometheus.alerts import read_alerts, read_external_labels
from app.connectors.prometheus.records import (
    Family,
    Target,
    read_families,
    read_items,
    read_targets,
    read_version,
)
from app.connectors.read_only import ReadOnly
from app.errors import Invalid, SourceFailing, SourceGarbled, SourceRefusedLogin, SourceRejected
from app.rules.alert_reports import AlertReport

HOSTS_A_PAGE = 500
ALERTS_A_PAGE = 500
MAX_CONCURRENT_QUERIES = 4
PASSING_ERRORS = ("timeout", "canceled", "unavailable", "internal")


class PrometheusConnector(ReadOnly):
    """A Prometheus server, without credentials, with a bearer token, or with a user name and password.

    The targets and the metrics' metadata are requested once and cached for the connector's lifetime.
    """

    def __init__(self, access: MonitorAccess) -> None:
        """Parse the address. Raises Invalid for `url`, `api_token` or `username` if it is wrong."""
        headers: dict[str, str] = {}
        auth = None
        if access.api_token:
            if not re.fullmatch(r"[\x21-\x7e]+", access.api_token):
                raise Invalid("api_token", "The API token must consist of visible ASCII characters without spaces")
            headers["Authorization"] = f"Bearer {access.api_token}"
        elif access.username or access.password:
            if not access.username or ":" in access.username:
                raise Invalid("username", "A password requires a user name, and the user name must not contain a colon")
            auth = (access.username, access.password or "")
        self._source = HttpSource(access.url, headers=headers, auth=auth)

    def check(self) -> str:
        """Return Prometheus's version."""
        return self._source.words(read_version(self._ask("/api/v1/status/buildinfo")))

    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        """Yield the active targets in pages of 500, by external id: Prometheus has no order of them."""
        targets = self._targets
        asked = sorted(targets) if external_ids is None else dict.fromkeys(external_ids)
        wanted = [name for name in asked if name in targets]
        for start in range(0, len(wanted), HOSTS_A_PAGE):
            page = wanted[start : start + HOSTS_A_PAGE]
            yield HostPage([targets[name].host for name in page], total=len(wanted))

    def items(self, host_external_ids: Sequence[str]) -> Iterator[ItemPage]:
        """Yield the series of these targets, one target per page, four requested in parallel."""
        wanted = list(dict.fromkeys(host_external_ids))
        with ThreadPoolExecutor(MAX_CONCURRENT_QUERIES) as pool:
            for start in range(0, len(wanted), MAX_CONCURRENT_QUERIES):
                page = wanted[start : start + MAX_CONCURRENT_QUERIES]
                targets = [self._targets[name] for name in page if name in self._targets]
                yield ItemPage(page, self._query_all(targets, pool))

    def item(self, host_external_id: str, external_id: str) -> ItemRecord | None:
        """Return one series, or None if the target or the series no longer exists."""
        target = self._targets.get(host_external_id)
        if target is None:
            return None
        items = self._query_items(target, self._families)
        return next((item for item in items if item.external_id == external_id), None)

    def alerts(self) -> Iterator[Sequence[AlertReport]]:
        """Yield the firing alerts in pages of 500, with Alertmanager's identities."""
        answer = self._ask("/api/v1/alerts")
        reports = read_alerts(answer, self._external_labels)
        for start in range(0, len(reports), ALERTS_A_PAGE):
            yield reports[start : start + ALERTS_A_PAGE]

    def close(self) -> None:
        """Close the connections."""
        self._source.close()

    @cached_property
    def _targets(self) -> Mapping[str, Target]:
        return read_targets(self._ask("/api/v1/targets", {"state": "active"}))

    @cached_property
    def _families(self) -> Mapping[str, Family]:
        return read_families(self._ask("/api/v1/metadata", {"limit_per_metric": "1"}))

    @cached_property
    def _external_labels(self) -> Mapping[str, str]:
        try:
            return read_external_labels(self._ask("/api/v1/status/config"))
        except (SourceRejected, SourceRefusedLogin):
            # Systems that only implement Prometheus's API do not have this endpoint, and some proxies block it.
            return {}

    def _query_all(self, targets: Sequence[Target], pool: Executor) -> list[ItemRecord]:
        families = self._families
        ask = tracing.carried(self._query_items)
        answers = pool.map(lambda target: ask(target, families), targets)
        try:
            return [item for items in answers for item in items]
        except BaseException:
            # The pool waits for its threads: a task that hit its time limit would wait for the other responses.
            self.close()
            raise

    def _query_items(self, target: Target, families: Mapping[str, Family]) -> list[ItemRecord]:
        return read_items(self._ask("/api/v1/query", {"query": target.selector}), target, families)

    def _ask(self, path: str, params: Mapping[str, str] | None = None) -> object:
        """Return the response's data. Raises SourceFailing or SourceRejected with Prometheus's message."""
        answer = self._source.get_json(path, params)
        if not isinstance(answer, dict) or answer.get("status") not in ("success", "error"):
            raise SourceGarbled("The response is not from a Prometheus API: it has no valid status")
        if answer["status"] == "success":
            return answer.get("data")
        error = answer.get("error")
        message = f"Prometheus reports an error: {self._source.words(error if isinstance(error, str) else '')}"
        raise SourceFailing(message) if answer.get("errorType") in PASSING_ERRORS else SourceRejected(message)
