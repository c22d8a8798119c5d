"""Pulls from a Prometheus server: a scrape target is a host, its series are items, with values of an instant query."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import cached_property

from app import tracing
from app.connectors.base import AlertPage, HostPage, ItemPage, ItemRecord, MonitorAccess
from app.connectors.prometheus.alert_pull import AlertPull
from app.connectors.prometheus.alertmanagers import Alertmanagers
from app.connectors.prometheus.api import PrometheusApi
from app.connectors.prometheus.configuration import Configuration, read_configuration
from app.connectors.prometheus.records import (
    Family,
    Target,
    read_families,
    read_items,
    read_targets,
    read_version,
)
from app.connectors.read_only import ReadOnly
from app.errors import SourceRefusedLogin, SourceRejected

HOSTS_A_PAGE = 500
MAX_CONCURRENT_QUERIES = 4


class PrometheusConnector(ReadOnly):
    """A Prometheus server, without credentials, with a bearer token, or with a user name and password.

    The targets and the metrics' metadata are requested once and cached for the connector's lifetime.
    """

    def __init__(self, access: MonitorAccess) -> None:
        """Parse the addresses. Raises Invalid for `url`, `api_token`, `username` or `alertmanager_urls`."""
        self._url = access.url
        self._api = PrometheusApi(access)
        self._alertmanagers = Alertmanagers(access)

    def check(self) -> str:
        """Return Prometheus's version."""
        return self._api.words(read_version(self._api.data("/api/v1/status/buildinfo")))

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

    def alerts(self) -> Iterator[AlertPage]:
        """Yield the firing alerts in pages of 500, with Alertmanager's labels and identities."""
        yield from AlertPull(self._api, self._url, self._configuration).pages(self._alertmanagers)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()
        self._alertmanagers.close()

    @cached_property
    def _targets(self) -> Mapping[str, Target]:
        return read_targets(self._api.data("/api/v1/targets", {"state": "active"}))

    @cached_property
    def _families(self) -> Mapping[str, Family]:
        return read_families(self._api.data("/api/v1/metadata", {"limit_per_metric": "1"}))

    @cached_property
    def _configuration(self) -> Configuration:
        try:
            return read_configuration(self._api.data("/api/v1/status/config"))
        except (SourceRejected, SourceRefusedLogin):
            # Systems that only implement Prometheus's API do not have this endpoint, and some proxies block it.
            return Configuration()

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
        return read_items(self._api.data("/api/v1/query", {"query": target.selector}), target, families)
