"""Addresses of HTTP servers."""

import pytest

from app.connectors.http.addresses import parse_url
from app.errors import Invalid


@pytest.mark.parametrize(
    "url", ["", "am.example", "ftp://am.example", "http://u:p@am.example", "http://am/?q", "http://"]
)
def test_a_wrong_address_is_refused_by_the_field_that_holds_it(url: str) -> None:
    with pytest.raises(Invalid) as invalid:
        parse_url(url, "alertmanager_urls.0")
    assert invalid.value.field == "alertmanager_urls.0"
