"""Pulls from Nagios Core 4: hosts, services with what their plugins measured as items, hard problems as alerts."""

from collections.abc import Iterator, Mapping, Sequence

from app.connectors.answers import in_parallel, read_object, read_text
from app.connectors.base import AlertPage, HostPage, HostRecord, ItemPage, ItemRecord, MonitorAccess
from app.connectors.nagios.api import OBJECTS, STATUS, NagiosApi, Row, UnknownObject
from app.connectors.nagios.hosts import host_record, read_groups
from app.connectors.nagios.problem_pull import problems
from app.connectors.nagios.services import service_items
from app.connectors.read_only import ReadOnly
from app.errors import SourceGarbled

HOSTS_A_PAGE = 1000
SERVICES_A_PAGE = 2500
ITEMS_A_PAGE = 5000
FEW = 10
"""So many hosts are read one by one; for more, Nagios is read through."""
REQUESTS_IN_FLIGHT = 2


class NagiosConnector(ReadOnly):
    """The CGIs of one Nagios, with HTTP basic authentication. A host's name and a service's description are its id."""

    def __init__(self, access: MonitorAccess) -> None:
        """Parse the address. Raises Invalid for `url`, `api_token` or `username`."""
        self._api = NagiosApi(access)

    def check(self) -> str:
        """Return Nagios's version. Raises SourceRefusedLogin if the user may see no hosts."""
        status = self._api.member(STATUS, "programstatus", "programstatus")
        self._api.require_hosts()
        version = self._api.words(read_text(status, "version"))
        if not version:
            raise SourceGarbled("The server did not name a version of Nagios")
        return version

    def hosts(self, external_ids: Sequence[str] | None = None) -> Iterator[HostPage]:
        """Yield the hosts in pages of 1,000, in Nagios's order."""
        total = self._api.require_hosts()
        groups = read_groups(self._api.member(OBJECTS, "hostgrouplist", "hostgrouplist", {"details": "true"}))
        wanted = None if external_ids is None else set(external_ids)
        if wanted is not None and len(wanted) <= FEW:
            found = [record for one in dict.fromkeys(external_ids or ()) if (record := self._host(one, groups))]
            if found:
                yield HostPage(found, len(found))
            return
        seen: set[str] = set()
        pages = zip(self._host_pages(OBJECTS, total), self._host_pages(STATUS, total), strict=True)
        for configured, status in pages:
            names = [name for name in configured if name not in seen and (wanted is None or name in wanted)]
            seen.update(configured)
            records = [
                host_record(
                    name, read_object(configured, name), read_object(status, name) if name in status else {}, groups
                )
                for name in names
            ]
            for start in range(0, len(records), HOSTS_A_PAGE):
                yield HostPage(records[start : start + HOSTS_A_PAGE], total)
        _require_all(len(seen), total, "hosts")

    def items(self, host_external_ids: Sequence[str]) -> Iterator[ItemPage]:
        """Yield the services of these hosts, with what their plugins measured."""
        wanted = dict.fromkeys(host_external_ids)
        self._api.require_hosts()
        if len(wanted) <= FEW:
            for name, found in zip(wanted, in_parallel(self._services, wanted, REQUESTS_IN_FLIGHT), strict=True):
                yield ItemPage([name], found)
            return
        yield from self._all_items(wanted)

    def item(self, host_external_id: str, external_id: str) -> ItemRecord | None:
        """Return one item, or None if the host or the service no longer exists."""
        self._api.require_hosts()
        items = self._services(host_external_id)
        return next((item for item in items if item.external_id == external_id), None)

    def alerts(self) -> Iterator[AlertPage]:
        """Yield the hard problems of hosts and services."""
        return problems(self._api)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _host_pages(self, cgi: str, total: int) -> Iterator[Row]:
        return self._api.pages(cgi, "hostlist", total, HOSTS_A_PAGE)

    def _host(self, name: str, groups: Mapping[str, Sequence[str]]) -> HostRecord | None:
        try:
            configured = self._api.member(OBJECTS, "host", "host", {"hostname": name})
            status = self._api.member(STATUS, "host", "host", {"hostname": name})
        except UnknownObject:
            return None
        _require_same(name, read_text(configured, "name"))
        return host_record(name, configured, status, groups)

    def _services(self, host: str) -> list[ItemRecord]:
        query = {"hostname": host, "details": "true"}
        try:
            found = self._api.member(STATUS, "servicelist", "servicelist", query)
        except UnknownObject:
            return []
        for name in found:
            _require_same(host, name)
        services = read_object(found, host) if host in found else {}
        return _items(host, services)

    def _all_items(self, wanted: Mapping[str, None]) -> Iterator[ItemPage]:
        """Read all services in Nagios's order, in which those of one host are neighbours; then name the other hosts."""
        total = self._api.count("servicecount")
        received, done = 0, set[str]()
        names: list[str] = []
        records: list[ItemRecord] = []
        last = ""
        for page in self._api.pages(STATUS, "servicelist", total, SERVICES_A_PAGE):
            for host in page:
                services = read_object(page, host)
                received += len(services)
                if not services or host not in wanted:
                    continue
                found = _items(host, services)
                if host != last:
                    if host in done:
                        raise SourceGarbled("Nagios returned the services of one host in two places")
                    if names and len(records) + len(found) > ITEMS_A_PAGE:
                        yield ItemPage(names, records)
                        names, records = [], []
                    names.append(host)
                    done.add(host)
                    last = host
                records += found
        _require_all(received, total, "services")
        names += [name for name in wanted if name not in done]
        yield ItemPage(names, records)


def _items(host: str, services: Row) -> list[ItemRecord]:
    found: dict[str, ItemRecord] = {}
    for name in services:
        for item in service_items(host, name, read_object(services, name)):
            found.setdefault(item.external_id, item)
    return list(found.values())


def _require_same(asked: str, said: str) -> None:
    if asked != said:
        raise SourceGarbled("Nagios returned a host that was not requested")


def _require_all(received: int, total: int, what: str) -> None:
    """Raise SourceGarbled if a pull got less than Nagios counted: what is missing would count as gone."""
    if received < total:
        raise SourceGarbled(f"Nagios counted {total} {what}, and listed {received}")
