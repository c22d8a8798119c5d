"""The identities of a host: what its source says about it that another source may say of the same machine."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

from app.enums import IdentityKind
from app.rules.machines.settings import IdentityRules

Identity = tuple[IdentityKind, str]
NUMBERED_BY = "zabbix"
"""The type of monitors whose ids of hosts other sources have in a label."""
MAX_LENGTH = 253
PART = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
NAME = re.compile(rf"{PART}(\.{PART})*")
LOCAL_NAMES = {"localhost", "ip6-localhost", "ip6-loopback", "localhost4", "localhost6", "local", "localdomain"}
SAYS_NOTHING = {*LOCAL_NAMES, "unknown", "none", "null", "default", "host", "server", "node", "n/a"}
NO_MACHINE_ID = re.compile(r"[0f-]*|not specified|to be filled.*")
"""Firmware that was never filled in: many machines have the same."""
MAY_BE_ADDRESS = re.compile(r"[0-9a-f]*[0-9:.]")
NAMES = (IdentityKind.FQDN, IdentityKind.ADDRESS, IdentityKind.NAME)
SITE_LOCAL = IPv6Network("fec0::/10")


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What the source of a host says of it."""

    monitor_type: str
    external_id: str
    name: str
    display_name: str = ""
    ip_addr: str | None = None
    labels: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)


def identities_of(host: HostFacts, rules: IdentityRules) -> frozenset[Identity]:
    """Return what identifies a host, normalized: lower case, no port, no trailing dot.

    What many machines say of themselves (a loopback address, `localhost`) identifies none.
    """
    found: set[Identity] = set()
    labels = {kind: _labelled(host.labels, rules.by_kind[kind].labels) for kind in IdentityKind}
    for text in labels[IdentityKind.MACHINE_ID]:
        value = text.strip().lower()
        if 8 <= len(value) <= MAX_LENGTH and not NO_MACHINE_ID.fullmatch(value):
            found.add((IdentityKind.MACHINE_ID, value))
    ids = [host.external_id] if host.monitor_type == NUMBERED_BY else labels[IdentityKind.SOURCE_ID]
    found |= {(IdentityKind.SOURCE_ID, text.strip()) for text in ids if text.strip().isdecimal()}
    for text in {host.name, host.display_name, host.ip_addr or "", *_interfaces(host.details)}:
        found.update(_named(text))
    for kind in NAMES:
        for text in labels[kind]:
            found.update(identity for identity in _named(text) if identity[0] is kind)
    return frozenset(found)


def without_port(text: str) -> str:
    """Return a host's name or address without the port: `web-1:9100`, `[2001:db8::1]:9100`. A URL names no machine."""
    text = text.strip().lower()
    if "/" in text:
        return ""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    name = text.rpartition(":")[0] if text.count(":") == 1 else text
    return name.rstrip(".")


def is_contradicted(one: Iterable[Identity], other: Iterable[Identity], kind: IdentityKind) -> bool:
    """Return whether a match of this kind means nothing, since both hosts have surer names that differ.

    `web-1.example.com` and `web-1.example.net` have one short name, and are two machines.
    """
    if kind is not IdentityKind.NAME:
        return False
    names = [{value for its_kind, value in each if its_kind is IdentityKind.FQDN} for each in (one, other)]
    return bool(names[0] and names[1]) and names[0].isdisjoint(names[1])


@lru_cache(maxsize=10_000)
def _named(text: str) -> tuple[Identity, ...]:
    """Return what a name or an address identifies; a host says the same in several places."""
    return tuple(_names_of(text))


def _names_of(text: str) -> Iterator[Identity]:
    name = without_port(text)
    if not name or len(name) > MAX_LENGTH:
        return
    address = _address(name)
    if address is not None:
        if _is_of_one_machine(address):
            yield IdentityKind.ADDRESS, str(address)
        return
    if not NAME.fullmatch(name) or name.replace(".", "").isdecimal():
        return
    first, _, domain = name.partition(".")
    if first in SAYS_NOTHING:
        return
    if domain:
        yield IdentityKind.FQDN, name
    yield IdentityKind.NAME, first


def _address(text: str) -> IPv4Address | IPv6Address | None:
    if not MAY_BE_ADDRESS.match(text):
        return None
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_of_one_machine(address: IPv4Address | IPv6Address) -> bool:
    is_shared = address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast
    return not (is_shared or address.is_reserved or (address.version == 6 and address in SITE_LOCAL))


def _labelled(labels: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    return [value for name in names if isinstance(value := labels.get(name), str)]


def _interfaces(details: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses and names of a host's interfaces, as far as its source says them."""
    interfaces = details.get("interfaces")
    for interface in interfaces if isinstance(interfaces, list) else ():
        for name in ("ip", "dns", "address"):
            value = interface.get(name) if isinstance(interface, dict) else None
            if isinstance(value, str):
                yield value
