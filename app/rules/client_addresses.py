"""Determines the client's address behind trusted proxies, and the network that counts its failed sign-ins."""

import ipaddress
from collections.abc import Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Return whether an address lies in one of the networks; false for an invalid address."""
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in networks)


def client_of(peer: str, forwarded_for: str, trusted: Iterable[Network]) -> str:
    """Return the client's address, as the last trusted proxy reports it.

    `forwarded_for` is the header X-Forwarded-For. Each proxy appends the address of its peer; anyone may have written
    what precedes the entry of an untrusted proxy.
    """
    networks = tuple(trusted)
    client = peer
    for hop in reversed(forwarded_for.split(",")):
        if not is_within(client, networks):
            break
        parsed = _parse(_without_port(hop.strip()))
        if parsed is None:
            break
        client = str(parsed)
    return client


def network_of(address: str) -> str:
    """Return the network of an address; for IPv6 the /64, since one customer controls all of it."""
    parsed = _parse(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed) if parsed is not None else address[:64]


def _parse(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
