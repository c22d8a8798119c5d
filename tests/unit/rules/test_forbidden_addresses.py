"""Which addresses are called at all."""

import pytest

from app.rules.forbidden_addresses import FORBIDDEN, forbidden_networks, is_callable


@pytest.mark.parametrize(
    "address",
    [
        *("10.1.2.3", "192.168.0.1", "172.16.0.1", "127.0.0.1", "127.9.9.9", "8.8.8.8", "100.64.0.1", "1.0.0.1"),
        *("::1", "fd12::1", "fd00:ec3::254", "fd00:101::1", "2001:4860:4860::8888", "fd12::1%eth0", "::ffff:10.1.2.3"),
        *("64:ff9b::10.1.2.3", "2002:a01:203::1", "::10.1.2.3"),
        *("64:ff9b:1::10.1.2.3", "64:ff9b:1:a01:2:300::", "100.100.101.200", "168.63.130.16", "169.253.1.1"),
    ],
)
def test_private_and_public_addresses_may_be_called(address: str) -> None:
    assert is_callable(address)


@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "169.254.0.1", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
        *("0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.250", "255.255.255.255"),
        *("::", "fe80::1", "fe80::1%eth0", "febf::1", "ff02::1", "ff02::1%eth0"),
        *("fd00:ec2::254", "fd00:ec2::254%eth0", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42"),
        *("fd00:ec2::23", "fd00:ec2::253", "fd00:ec2::123", "fd00:a9fe:a9fe::1", "fd00:100::100:200", "fd00:100::1"),
        *("100.100.100.1", "168.63.129.17", "192.0.0.8", "fd00:42::1", "fd00:c1::1", "fd20:ce::1", "FD00:EC2:0:0::23"),
        *("64:ff9b:1:a9fe:a9:fe00::", "64:ff9b:1:a9:fe:a9fe::", "64:ff9b:1:0:a9:fea9:fe00:0", "2002:a83f:8110::1"),
        *("::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::ffff:0.0.0.0", "::ffff:100.100.100.200"),
        *("::169.254.169.254", "::ffff:0:169.254.169.254", "64:ff9b::169.254.169.254", "64:ff9b::a9fe:a9fe"),
        *("64:ff9b:1::a9fe:a9fe", "64:ff9b::100.100.100.200", "2002:a9fe:a9fe::1", "2002:a9fe:a9fe::"),
        *("2001:0:a9fe:a9fe::1", "2001:0:808:808:0:0:5601:5601", "fd12::5efe:169.254.169.254", "64:ff9b::224.0.0.1"),
    ],
)
def test_addresses_of_this_link_of_metadata_and_of_many_may_not(address: str) -> None:
    assert not is_callable(address)


@pytest.mark.parametrize("text", ["", "host", "2852039166", "0xa9fea9fe", "169.254.169.254.", "%eth0", "١.1.1.1"])
def test_what_is_no_address_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        is_callable(text)


def test_a_firewall_is_told_the_forms_in_which_ipv4_travels_through_ipv6() -> None:
    told = {str(network) for network in forbidden_networks()}
    assert {*FORBIDDEN} <= told
    assert {"64:ff9b::a9fe:0/112", "2002:a9fe::/32", "64:ff9b::6464:6400/120"} <= told
