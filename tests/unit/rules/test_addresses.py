"""Which addresses are called at all."""

import pytest

from app.rules.addresses import is_callable


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.0.1", "127.0.0.1", "::1", "fd12::1", "8.8.8.8"])
def test_private_and_public_addresses_may_be_called(address: str) -> None:
    assert is_callable(address)


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "0.0.0.0", "224.0.0.1"],
)
def test_link_local_and_metadata_addresses_may_not(address: str) -> None:
    assert not is_callable(address)
