"""Where a request comes from: behind trusted proxies, and as the place for which failed sign-ins are counted."""

import ipaddress
from collections.abc import Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Tell whether an address lies in one of the networks; what is no address does not."""
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in networks)


def client_of(peer: str, forwarded_for: str, trusted: Iterable[Network]) -> str:
    """Return the address of a client: what the last proxy that is trusted says of who called it.

    `forwarded_for` is the header X-Forwarded-For, to whose end each proxy adds whom it heard from; what stands before
    the entry of a proxy that is not trusted, anybody may have written.
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
    """Return what counts as one place: of IPv6 the network of 64 bits, all of which one customer commands."""
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
