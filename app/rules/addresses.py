"""Which network addresses nagare calls, be it a monitor or the receiver of a message."""

import ipaddress
from collections.abc import Iterator

METADATA_ADDRESSES = frozenset(
    map(
        ipaddress.ip_address,
        (
            *("100.100.100.200", "168.63.129.16", "192.0.0.192"),
            *("fd00:ec2::254", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42"),
        ),
    )
)
"""Cloud metadata services that are not on a link-local address: Alibaba's, Azure's, Oracle's; by IPv6 those of Amazon,
Google, Oracle and Scaleway."""
NOWHERE = (ipaddress.ip_network("0.0.0.0/8"), ipaddress.ip_network("255.255.255.255/32"))
"""This host under another name, and all hosts at once."""
TRANSLATED = tuple(
    map(ipaddress.ip_network, ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48"))
)
"""IPv6 addresses that end in the IPv4 one which a kernel or a translator (NAT64, RFC 6052 and 8215) calls for them."""
ISATAP = (0x0000_5EFE, 0x0200_5EFE)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_callable(address: str) -> bool:
    """Tell whether this IP address may be called: private and loopback ones yes, link-local and metadata no.

    An address that stands for others is as good as the worst of them. Raises ValueError for what is no IP address.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    return all(map(_is_plain_callable, (ip, *_embedded(ip))))


def _is_plain_callable(ip: Address) -> bool:
    if ip.is_link_local or ip.is_unspecified or ip.is_multicast or ip in METADATA_ADDRESSES:
        return False
    return not any(ip.version == network.version and ip in network for network in NOWHERE)


def _embedded(ip: Address) -> Iterator[ipaddress.IPv4Address]:
    """Yield the IPv4 addresses to which packets for an IPv6 address may go in the end."""
    # ::1 is no translated 0.0.0.1, but this very machine.
    if not isinstance(ip, ipaddress.IPv6Address) or ip.is_loopback:
        return
    if any(ip in network for network in TRANSLATED) or int(ip) >> 32 & 0xFFFF_FFFF in ISATAP:
        yield ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    if ip.sixtofour:
        yield ip.sixtofour
    if ip.teredo:
        yield from ip.teredo
