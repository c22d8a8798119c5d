"""Decides which network addresses nagare may connect to, for monitors and notifications."""

import ipaddress
from collections.abc import Iterator, Mapping

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

FORBIDDEN: Mapping[str, str] = {
    "0.0.0.0/8": "this host under another name",
    "100.100.100.0/24": "Alibaba Cloud's metadata",
    "168.63.129.0/24": "Azure's host",
    "169.254.0.0/16": "link-local, and nearly every cloud's metadata",
    "192.0.0.0/24": "the IETF's special purposes, Oracle Cloud's metadata among them",
    "224.0.0.0/4": "multicast",
    "255.255.255.255/32": "all hosts at once",
    "::/128": "this host under another name",
    "fd00:42::/48": "Scaleway's metadata",
    "fd00:100::/48": "Alibaba Cloud's metadata",
    "fd00:a9fe:a9fe::/48": "Akamai's metadata",
    "fd00:c1::/48": "Oracle Cloud's metadata",
    "fd00:ec2::/32": "Amazon's metadata, credentials of containers, DNS and time",
    "fd20:ce::/48": "Google Cloud's metadata",
    "fe80::/10": "link-local",
    "ff00::/8": "multicast",
}
"""Networks that are never called, with the reasons. The Kubernetes NetworkPolicy under deploy/ is generated from it."""
WELL_KNOWN_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")
SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
TRANSLATED = (*map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96")), WELL_KNOWN_NAT64)
"""IPv6 prefixes whose addresses end in the IPv4 address that a kernel or translator (NAT64, RFC 6052) calls instead."""
ISATAP = (0x0000_5EFE, 0x0200_5EFE)
_NETWORKS: tuple[Network, ...] = tuple(map(ipaddress.ip_network, FORBIDDEN))
_HERE = ipaddress.IPv4Network("0.0.0.0/8")


def is_callable(address: str) -> bool:
    """Return whether this IP address may be called: private and loopback may, link-local and metadata may not.

    An address that stands for others is allowed only if all of them are. Raises ValueError for an invalid address.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    return not any(_is_in(each, network) for each in (ip, *_embedded(ip)) for network in _NETWORKS)


def forbidden_networks() -> list[Network]:
    """Return `FORBIDDEN` for a firewall, including the IPv6 forms of the IPv4 networks."""
    plain = [network for network in _NETWORKS if isinstance(network, ipaddress.IPv4Network)]
    return [
        *_NETWORKS,
        *(_within(WELL_KNOWN_NAT64, each) for each in plain),
        *(_within(SIX_TO_FOUR, each) for each in plain),
    ]


def _is_in(ip: Address, network: Network) -> bool:
    return ip.version == network.version and ip in network


def _within(outer: ipaddress.IPv6Network, network: ipaddress.IPv4Network) -> ipaddress.IPv6Network:
    """Return the IPv6 network in which this IPv4 network follows the outer prefix."""
    first = int(outer.network_address) | int(network.network_address) << 96 - outer.prefixlen
    return ipaddress.IPv6Network((first, outer.prefixlen + network.prefixlen))


def _embedded(ip: Address) -> Iterator[ipaddress.IPv4Address]:
    """Yield the IPv4 addresses that packets to an IPv6 address may finally reach."""
    # ::1 is loopback, not a translated 0.0.0.1.
    if not isinstance(ip, ipaddress.IPv6Address) or ip.is_loopback:
        return
    if any(ip in network for network in TRANSLATED) or int(ip) >> 32 & 0xFFFF_FFFF in ISATAP:
        yield ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    if ip in LOCAL_NAT64:
        yield from _behind_local_prefix(int(ip))
    if ip.sixtofour:
        yield ip.sixtofour
    if ip.teredo:
        yield from ip.teredo


def _behind_local_prefix(ip: int) -> list[ipaddress.IPv4Address]:
    """Return the IPv4 addresses that an RFC 8215 address may stand for: only its network knows the prefix length.

    Bits 64 to 71 are skipped (RFC 6052, 2.2). An address behind a shorter prefix ends in zeros, one behind a longer
    prefix starts with them, so a reading as 0.x.x.x says nothing.
    """
    without_gap = (ip >> 64) << 56 | ip & (1 << 56) - 1
    found = [ipaddress.IPv4Address(without_gap >> 88 - prefix & 0xFFFF_FFFF) for prefix in (48, 56, 64)]
    found.append(ipaddress.IPv4Address(ip & 0xFFFF_FFFF))
    return [each for each in found if each not in _HERE] or found
