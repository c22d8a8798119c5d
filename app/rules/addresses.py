"""Which network addresses nagare calls, be it a monitor or the receiver of a message."""

import ipaddress

METADATA_ADDRESSES = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200")))
"""Cloud metadata services that are not on a link-local address: Amazon's IPv6 one, Alibaba's."""


def is_callable(address: str) -> bool:
    """Tell whether this IP address may be called: private and loopback ones yes, link-local and metadata no.

    Raises ValueError for what is no IP address.
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return not (ip.is_link_local or ip.is_unspecified or ip.is_multicast or ip in METADATA_ADDRESSES)
