"""The connector for Icinga 2: hosts, services with their measurements as items, hard problems as alerts."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from app.connectors.answers import in_parallel
from app.connectors.base import (
    AlertPage,
    HostEdit,
    HostPage,
    ItemEdit,
    ItemPage,
    ItemRecord,
    MonitorAccess,
    NewHost,
    NewItem,
)
from app.connectors.icinga2 import problems, writing
from app.connectors.icinga2.api import IcingaApi
from app.connectors.icinga2.objects import HOST_ATTRS, SERVICE_ATTRS, identity, requested, text
from app.connectors.icinga2.records import check_of, host_items, host_record, service_items
from app.errors import SourceGarbled

HOSTS_A_PAGE = 500
SERVICES_A_PAGE = 1_000
PAGES_IN_FLIGHT = 3
"""While a page is read, Icinga prepares the next ones; it answers each request on one thread."""
FEW = 20
"""Hosts whose services are found by a condition: more are cheaper to find in the list of all names."""


class Icinga2Connector:
    """An Icinga 2. External ids are Icinga's full names: `web-1`, `web-1!disk`, `web-1!disk!/var`."""

    writable: ClassVar[bool] = True

    def __init__(self, access: MonitorAccess) -> None:
        """Parse the address; this sends nothing. Raises Invalid if it or the credentials are wrong."""
        self._api = IcingaApi(access)

    def check(self) -> str:
        """Sign in, read a host to verify the user's permissions, and return Icinga's version."""
        version = text(self._api.about(), "version", 64)
        if not version:
            raise SourceGarbled("Icinga did not return its version")
        self._api.query("hosts", ("name",), condition="false")
        return self._api.words(version)

    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        """Yield the hosts in pages of 500, by name; with `external_ids`, those of them that exist."""
        if external_ids is None:
            names = sorted({identity(row, "__name") for row in self._api.query("hosts", ("__name",))})
        else:
            names = list(dict.fromkeys(external_ids))
        for start in range(0, len(names), HOSTS_A_PAGE):
            page = names[start : start + HOSTS_A_PAGE]
            found = requested(self._api.query("hosts", HOST_ATTRS, names=page), page)
            if found:
                yield HostPage([host_record(row) for row in found], len(names))

    def items(self, host_external_ids: Sequence[str]) -> Iterator[ItemPage]:
        """Yield the checks of these hosts and their measurements, in pages of about 1,000 services."""
        wanted = list(dict.fromkeys(host_external_ids))
        services = self._service_names(wanted)
        yield from in_parallel(lambda page: self._item_page(page, services), _pages(wanted, services), PAGES_IN_FLIGHT)

    def item(self, host_external_id: str, external_id: str) -> ItemRecord | None:
        """Return one check or measurement, or None if it no longer exists."""
        try:
            service = check_of(host_external_id, external_id)
        except ValueError:
            return None
        if service is None:
            found = self._api.query("hosts", HOST_ATTRS, names=[host_external_id])
            records = [record for row in found for record in host_items(row)]
        else:
            found = self._api.query("services", SERVICE_ATTRS, names=[service])
            records = [record for row in found for record in service_items(row)]
        return next(
            (one for one in records if (one.host_external_id, one.external_id) == (host_external_id, external_id)), None
        )

    def alerts(self) -> Iterator[AlertPage]:
        """Yield the hard problems of hosts and services in pages of at most 500."""
        return problems.open_problems(self._api)

    def acknowledge_alert(self, external_id: str, comment: str) -> None:
        """Acknowledge a problem; one that is over or acknowledged stays unchanged."""
        problems.acknowledge(self._api, external_id, comment)

    def update_host(self, external_id: str, edit: HostEdit) -> None:
        """Write the display name, the notes and whether it is checked. Raises SourceRejected for another name."""
        writing.update_host(self._api, external_id, edit)

    def update_item(self, external_id: str, edit: ItemEdit) -> None:
        """Write a service's display name, notes, check interval and whether it is checked."""
        writing.update_item(self._api, external_id, edit)

    def create_host(self, host: NewHost) -> str:
        """Create a host, or find one from an earlier attempt, and return its name."""
        return writing.create_host(self._api, host)

    def create_item(self, host_external_id: str, item: NewItem) -> str:
        """Create a service that takes results from outside, and return its full name."""
        return writing.create_item(self._api, host_external_id, item)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _service_names(self, hosts: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Return the full names of these hosts' services, by host.

        Icinga has no pages: one answer with all services of ten thousand hosts would have more than 100 MB.
        """
        attrs = ("__name", "host_name")
        if len(hosts) <= FEW:
            condition, variables = "service.host_name in hosts", {"hosts": [*hosts]}
            found = self._api.query("services", attrs, condition=condition, variables=variables)
        else:
            found = self._api.query("services", attrs)
        wanted = set(hosts)
        names: dict[str, list[str]] = defaultdict(list)
        for row in found:
            if (host := identity(row, "host_name")) in wanted:
                names[host].append(identity(row, "__name", 1024))
        return names

    def _item_page(self, hosts: Sequence[str], services: Mapping[str, Sequence[str]]) -> ItemPage:
        there = requested(self._api.query("hosts", HOST_ATTRS, names=hosts), hosts)
        records = [record for row in there for record in host_items(row)]
        names = [name for host in hosts for name in services.get(host, ())]
        for start in range(0, len(names), SERVICES_A_PAGE):
            page = names[start : start + SERVICES_A_PAGE]
            found = requested(self._api.query("services", SERVICE_ATTRS, names=page), page)
            records += [record for row in found for record in service_items(row)]
        asked = set(hosts)
        if any(record.host_external_id not in asked for record in records):
            raise SourceGarbled("Icinga returned objects of hosts that were not requested")
        return ItemPage(hosts, list({record.external_id: record for record in records}.values()))


def _pages(hosts: Sequence[str], services: Mapping[str, Sequence[str]]) -> Iterator[Sequence[str]]:
    """Split the hosts into pages of about 1,000 services, unless a single host has more."""
    page: list[str] = []
    size = 0
    for host in hosts:
        size += 1 + len(services.get(host, ()))
        if page and size > SERVICES_A_PAGE:
            yield page
            page, size = [], 1 + len(services.get(host, ()))
        page.append(host)
    if page:
        yield page
