"""Pulls from a Prometheus server: a scrape target is a host, its series are items, with values of an instant query."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import ClassVar

from app.connectors.alertmanager import maintenance_silences
from app.connectors.base import (
    AlertPage,
    HostPage,
    ItemPage,
    ItemRecord,
    MonitorAccess,
    PastValue,
)
from app.connectors.http.client import HttpLimits
from app.connectors.maintenance import MaintenanceAbility
from app.connectors.prometheus.alert_pull import AlertPull
from app.connectors.prometheus.alertmanagers import Alertmanagers
from app.connectors.prometheus.api import PrometheusApi
from app.connectors.prometheus.configuration import Configuration, read_configuration
from app.connectors.prometheus.fleet import Fleet, find_fleet
from app.connectors.prometheus.history import PastSeries, is_whole
from app.connectors.prometheus.item_pull import ItemPull
from app.connectors.prometheus.promql import with_labels
from app.connectors.prometheus.records import Family, read_families, read_version
from app.connectors.read_only import ReadOnly
from app.errors import SourceError, SourceGarbled, SourceRefusedLogin, SourceRejected
from app.rules.maintenance.source_maintenance import SourceMaintenance

HOSTS_A_PAGE = 500
SERIES_LIMITS = HttpLimits(read_s=40, total_s=45, max_bytes=8 * 2**20)
"""Of one query of series: four are asked at once, and what fails is asked again in parts within the task's time."""
UNKNOWN_VERSION = "unknown (no version in /api/v1/status/buildinfo)"


class PrometheusConnector(ReadOnly):
    """A Prometheus server or a system that answers as one, without credentials, with a token, or with a password.

    The hosts and the metrics' metadata are requested once and cached for the connector's lifetime.
    """

    maintenance_ability: ClassVar[MaintenanceAbility] = maintenance_silences.ABILITY

    def __init__(self, access: MonitorAccess) -> None:
        """Parse the addresses. Raises Invalid for `url`, `api_token`, `username` or `alertmanager_urls`."""
        self._url = access.url
        self._api = PrometheusApi(access)
        self._series = PrometheusApi(access, SERIES_LIMITS)
        self._alertmanagers = Alertmanagers(access)

    def check(self) -> str:
        """Return Prometheus's version; if it does not say which, whether it answers queries."""
        try:
            return self._api.words(read_version(self._api.data("/api/v1/status/buildinfo"))) or UNKNOWN_VERSION
        except (SourceRejected, SourceRefusedLogin, SourceGarbled) as error:
            try:
                self._api.data("/api/v1/query", {"query": "vector(1)"})
            except SourceError:
                raise error from None
            return UNKNOWN_VERSION

    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        """Yield the hosts in pages of 500, by external id: Prometheus has no order of them."""
        targets, is_partial = self._fleet.targets, self._fleet.is_partial
        asked = sorted(targets) if external_ids is None else dict.fromkeys(external_ids)
        wanted = [name for name in asked if name in targets]
        for start in range(0, len(wanted), HOSTS_A_PAGE):
            page = wanted[start : start + HOSTS_A_PAGE]
            yield HostPage([targets[name].host for name in page], total=len(wanted), is_partial=is_partial)

    def items(self, host_external_ids: Sequence[str]) -> Iterator[ItemPage]:
        """Yield the series of these hosts, many hosts a query; one with very many series comes in several pages."""
        wanted, targets = dict.fromkeys(host_external_ids), self._fleet.targets
        strangers = [name for name in wanted if name not in targets]
        for start in range(0, len(strangers), HOSTS_A_PAGE):
            yield ItemPage(strangers[start : start + HOSTS_A_PAGE], [], is_partial=self._fleet.is_partial)
        known = [targets[name] for name in wanted if name in targets]
        if known:
            yield from ItemPull(self._series, self._families, self.close).pages(known)

    def item(self, host_external_id: str, external_id: str) -> ItemRecord | None:
        """Return one series, or None if the host or the series no longer exists."""
        target = self._fleet.targets.get(host_external_id)
        if target is None:
            return None
        pull = ItemPull(self._series, self._families, self.close)
        try:
            one = pull.select(with_labels(external_id, {"instance": target.instance, "job": target.job}), target)
        except SourceRejected:
            # A long external id is not all of a key.
            one = None
        if one and one.external_id == external_id:
            return one
        pages = pull.pages([target])
        return next((item for page in pages for item in page.records if item.external_id == external_id), None)

    def history(
        self,
        host_external_id: str,
        external_id: str,
        value_type: str,  # noqa: ARG002 - a series has only numbers
        after: datetime,
        before: datetime,
        *,
        by_hour: bool,
    ) -> Iterator[Sequence[PastValue]]:
        """Yield a series' values at each minute, or what they were in each hour."""
        key = external_id if is_whole(external_id) else self._key_of(host_external_id, external_id)
        target = self._fleet.targets.get(host_external_id)
        if target is not None and key:
            series = PastSeries(self._api, key, {"instance": target.instance, "job": target.job})
            yield from series.hours(after, before) if by_hour else series.values(after, before)

    def alerts(self) -> Iterator[AlertPage]:
        """Yield the firing alerts in pages of 500, with Alertmanager's labels and identities."""
        yield from AlertPull(self._api, self._url, self._configuration).pages(self._alertmanagers)

    def set_maintenance(self, mark: str, wanted: SourceMaintenance | None) -> Sequence[str]:
        """Keep a silence for each occurrence at its Alertmanagers, whose comment begins with the mark."""
        return maintenance_silences.set_silences(self._alertmanagers.speaker(), mark, wanted)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()
        self._series.close()
        self._alertmanagers.close()

    @cached_property
    def _fleet(self) -> Fleet:
        return find_fleet(self._api)

    @cached_property
    def _families(self) -> Mapping[str, Family]:
        try:
            return read_families(self._api.data("/api/v1/metadata", {"limit_per_metric": "1"}))
        except SourceError:
            # They only describe the series, and many systems have none. One that is down fails at the series.
            return {}

    @cached_property
    def _configuration(self) -> Configuration:
        try:
            return read_configuration(self._api.data("/api/v1/status/config"))
        except (SourceRejected, SourceRefusedLogin):
            # Systems that only implement Prometheus's API do not have this endpoint, and some proxies block it.
            return Configuration()

    def _key_of(self, host_external_id: str, external_id: str) -> str | None:
        item = self.item(host_external_id, external_id)
        return None if item is None else item.key
