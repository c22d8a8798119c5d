"""The forms of a Redis's address."""

import pytest

from app.errors import SettingsError
from app.redis_urls import Node, Topology, parse_redis_url
from app.settings import load_settings


@pytest.mark.parametrize(
    ("url", "topology", "nodes", "plain"),
    [
        ("redis://host:7000/2", Topology.SERVER, [("host", 7000)], "redis://host:7000/2"),
        (
            "rediss://u:p@host/0?ssl_cert_reqs=none",
            Topology.SERVER,
            [("host", 6379)],
            "rediss://u:p@host:6379/0?ssl_cert_reqs=none",
        ),
        ("redis://[::1]:7000", Topology.SERVER, [("::1", 7000)], "redis://[::1]:7000"),
        ("sentinel://a/1", Topology.SENTINEL, [("a", 26379)], "redis://a:26379/1"),
        ("sentinel://:p@a:1/1;sentinel://b:2/1", Topology.SENTINEL, [("a", 1), ("b", 2)], "redis://:p@a:1/1"),
        ("redis+cluster://:p@a:1,b,[::1]:3", Topology.CLUSTER, [("a", 1), ("b", 6379), ("::1", 3)], "redis://:p@a:1"),
        ("rediss+cluster://a:1,b:2/0", Topology.CLUSTER, [("a", 1), ("b", 2)], "rediss://a:1/0"),
    ],
)
def test_it_is_taken_apart(url: str, topology: Topology, nodes: list[Node], plain: str) -> None:
    address = parse_redis_url(url)
    assert (address.topology, [*address.nodes], address.url) == (topology, nodes, plain)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://host", "must look like"),
        ("redis://", "must look like"),
        ("redis://host:port/0", "must look like"),
        ("redis://host:70000/0", "must look like"),
        ("redis://a:1;redis://b:1", "only if they are sentinel"),
        ("sentinel://a:1;redis://b:1", "must look like"),
        ("redis://a:1,b:2", "Redis Cluster"),
        ("redis+cluster://:hunter22@a:1,b:2/1", "only the database 0"),
        ("redis+cluster://:hunter22@a:1,,b:2", "must look like"),
    ],
)
def test_what_is_none_is_refused_without_being_repeated(url: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why) as error:
        load_settings({"REDIS_URL": url})
    assert str(error.value).startswith("REDIS_URL: ")
    assert "hunter22" not in str(error.value)


def test_sentinels_need_the_name_of_the_master() -> None:
    given = {"REDIS_URL": "sentinel://a:1/0;sentinel://b:1/0"}
    with pytest.raises(SettingsError, match="REDIS_SENTINEL_MASTER"):
        load_settings(given)
    assert load_settings({**given, "REDIS_SENTINEL_MASTER": "m"}).sentinel_master == "m"
