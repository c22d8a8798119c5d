"""Addresses of HTTP servers."""

import pytest

from app.connectors.http.addresses import is_same_server, parse_url
from app.errors import Invalid


@pytest.mark.parametrize(
    ("url", "other", "is_same"),
    [
        ("http://am.example:9093", "http://am.example:9093/alertmanager", True),
        ("https://AM.example/a", "https://am.example:443/b", True),
        ("http://am.example", "http://am.example:80", True),
        ("http://am.example", "https://am.example", False),
        ("http://am.example:9090", "http://am.example:9093", False),
        ("http://am.example", "http://am.example.evil.example", False),
    ],
)
def test_a_server_is_a_scheme_a_host_and_a_port(url: str, other: str, is_same: bool) -> None:
    assert is_same_server(url, other) is is_same


@pytest.mark.parametrize(
    "url", ["", "am.example", "ftp://am.example", "http://u:p@am.example", "http://am/?q", "http://"]
)
def test_a_wrong_address_is_refused_by_the_field_that_holds_it(url: str) -> None:
    with pytest.raises(Invalid) as invalid:
        parse_url(url, "alertmanager_urls.0")
    assert invalid.value.field == "alertmanager_urls.0"
    with pytest.raises(Invalid):
        is_same_server("http://am.example", url)
