"""Finds out why a monitor could not be checked: a wrong address, type or scheme, a login page, a sign-in."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import islice

from app.connectors.base import Connector, MonitorAccess
from app.connectors.diagnosis.addresses import likely_addresses, usual_server, with_other_scheme
from app.connectors.diagnosis.fingerprints import SIGNS, is_at, name_of
from app.connectors.diagnosis.probing import TIMEOUT_S, look
from app.connectors.diagnosis.zabbix_login import login_advice
from app.errors import Invalid, SourceError, SourceTimeout, SourceUnreachable
from app.rules.monitor_types import ZABBIX

MAX_ADDRESSES = 6
OpenConnector = Callable[[str, MonitorAccess], AbstractContextManager[Connector]]


@dataclass(frozen=True, slots=True)
class Advice:
    """What is wrong, as a sentence, and the address that works, if one was found."""

    sentence: str
    url: str | None = None


def advise(type: str, access: MonitorAccess, error: SourceError, open_connector: OpenConnector) -> Advice | None:
    """Return what else can be said about a failed check; None if there is nothing.

    The credentials go to no other server, and never without TLS where they had it.
    """
    if not access.url.startswith(("http://", "https://")):
        return None
    if isinstance(error, SourceUnreachable | SourceTimeout):
        return _other_scheme(type, access) or _usual_server(type, access)
    if type == ZABBIX and (sentence := login_advice(access, str(error))):
        return Advice(sentence)
    if is_at(type, access, access.url):
        return None
    return (
        _other_type(type, access)
        or _other_address(type, access, open_connector)
        or _usual_server(type, access)
        or _page(access)
    )


def _other_scheme(type: str, access: MonitorAccess) -> Advice | None:
    url = with_other_scheme(access.url)
    bare = _bare(access, url)
    if type not in SIGNS or not (is_at(type, bare, url) or look(bare)):
        return None
    scheme = url.partition(":")[0]
    return Advice(f"This port speaks {scheme}: write {url}", url)


def _usual_server(type: str, access: MonitorAccess) -> Advice | None:
    url = usual_server(type, access.url)
    if url is None or not is_at(type, _bare(access, url), url):
        return None
    return Advice(f"The right address is {url}: {name_of(type)} answers there", url)


def _bare(access: MonitorAccess, url: str) -> MonitorAccess:
    """Return an access to another server, without credentials; only to recognize it, so no certificate is judged."""
    return MonitorAccess(url, verify=False, proxy_url=access.proxy_url, timeout_s=TIMEOUT_S)


def _other_type(type: str, access: MonitorAccess) -> Advice | None:
    base = next(islice(likely_addresses(type, access.url), 1), access.url)
    if is_at(type, access, base):
        return None
    for other in SIGNS:
        for url in dict.fromkeys((access.url, base)):
            if other != type and is_at(other, access, url):
                return Advice(f"This is {name_of(other)}, not {name_of(type)}: choose the type {other}", url)
    return None


def _other_address(type: str, access: MonitorAccess, open_connector: OpenConnector) -> Advice | None:
    """Return the first other address on the same server at which the monitor can be signed in to, or at least is."""
    for url in islice(likely_addresses(type, access.url), MAX_ADDRESSES):
        if _works(type, replace(access, url=url, timeout_s=TIMEOUT_S), open_connector) or is_at(type, access, url):
            return Advice(f"The right address is {url}: {name_of(type)} answers there", url)
    return None


def _works(type: str, access: MonitorAccess, open_connector: OpenConnector) -> bool:
    try:
        with open_connector(type, access) as connector:
            connector.check()
    except (SourceError, Invalid):
        return False
    return True


def _page(access: MonitorAccess) -> Advice | None:
    seen = look(access)
    if seen is None:
        return None
    if seen.redirect_host:
        return Advice(
            f"A sign-in stands in front and sends visitors to {seen.redirect_host}: let nagare pass it (`headers`, "
            "`http_username`), or give an address behind it"
        )
    if seen.page_title is None:
        return None
    called = f"“{seen.page_title}”" if seen.page_title else "without a title"
    return Advice(
        f"A web page {called} is at this address, not the API: check the path, or let nagare pass its sign-in"
    )
