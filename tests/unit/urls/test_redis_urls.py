"""The forms of a Redis's address, and what is refused of it."""

from pathlib import Path
from typing import Any

import pytest
from redis.connection import SSLConnection, UnixDomainSocketConnection

from app.errors import SettingsError
from app.settings import load_settings
from app.urls.redis import Topology, parse_redis_url
from app.urls.syntax import Node

SECRET = "hunter22"


@pytest.mark.parametrize(
    ("url", "topology", "nodes", "public"),
    [
        ("redis://host:7000/2", Topology.SERVER, [("host", 7000)], "redis://host:7000/2"),
        ("rediss://u:p@host/0?ssl_cert_reqs=none", Topology.SERVER, [("host", 6379)], "rediss://host:6379/0"),
        ("redis://[::1]:7000", Topology.SERVER, [("::1", 7000)], "redis://[::1]:7000/0"),
        ("REDIS://:p@Host:1/?db=3", Topology.SERVER, [("Host", 1)], "redis://Host:1/3"),
        ("unix:///run/redis.sock?db=1", Topology.SERVER, [], "redis+socket:///run/redis.sock"),
        ("redis+socket:///run/a%20b?virtual_host=1", Topology.SERVER, [], "redis+socket:///run/a%20b"),
        ("sentinel://a/1", Topology.SENTINEL, [("a", 26379)], "redis://a:26379/1"),
        ("sentinel://:p@a:1/1;sentinel://b:2/1", Topology.SENTINEL, [("a", 1), ("b", 2)], "redis://a:1/1"),
        ("sentinel://:p@a:1,b:2/1", Topology.SENTINEL, [("a", 1), ("b", 2)], "redis://a:1/1"),
        ("redis+cluster://:p@a:1,b,[::1]:3", Topology.CLUSTER, [("a", 1), ("b", 6379), ("::1", 3)], "redis://a:1/0"),
        ("rediss+cluster://a:1,b:2/0", Topology.CLUSTER, [("a", 1), ("b", 2)], "rediss://a:1/0"),
    ],
)
def test_it_is_taken_apart(url: str, topology: Topology, nodes: list[Node], public: str) -> None:
    address = parse_redis_url(url)
    assert (address.topology, [*address.nodes], address.public_url) == (topology, nodes, public)
    assert ":p" not in repr(address) and "'p'" not in repr(address)


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("redis://u%40x:p%23a%2Fb%3Fc%25@h", {"username": "u@x", "password": "p#a/b?c%"}),
        ("redis://:p:a@w;d@h", {"password": "p:a@w;d"}),
        ("redis://:%E5%AF%86@h", {"password": "密"}),
        ("redis://h/3?socket_timeout=1.5&protocol=3", {"db": 3, "socket_timeout": 1.5, "protocol": 3}),
        ("rediss://h?ssl_check_hostname=false", {"connection_class": SSLConnection, "ssl_check_hostname": False}),
        (
            "unix://u:p%23@/run/a%20b?db=1",
            {
                "connection_class": UnixDomainSocketConnection,
                **{"path": "/run/a b", "db": 1, "username": "u", "password": "p#"},
            },
        ),
        ("redis+socket:///s?virtual_host=2", {"path": "/s", "db": 2}),
    ],
)
def test_what_is_in_it_reaches_the_client(url: str, options: dict[str, Any]) -> None:
    found = parse_redis_url(url).options
    assert {name: found[name] for name in options} == options


@pytest.mark.parametrize(
    ("url", "why"),
    [
        *(("http://host", "must look like"), ("host:6379", "must look like"), ("sentinel+unix:///x", "must look like")),
        *(("redis://", "no host"), ("redis:///0", "no host"), ("redis://:hunter22@/0", "no host")),
        *(("redis://:hunter22@:6379/0", "no host"), ("redis://host:port/0", "host:port"), ("redis://h o/0", "space")),
        *(("redis://host:70000/0", "65535"), ("redis://host:0/0", "65535")),
        *(("redis://host:99999999999999999999/0", "65535"), ("redis://[::1/0", "host:port")),
        *(("redis://[12]:1", "IPv6"), ("redis://[::zz]:1", "IPv6"), ("redis://::1:6379/0", "put an IPv6 address")),
        *(("redis://a:1;redis://b:1", "only sentinel"), ("sentinel://a:1;redis://b:1", "must look like")),
        *(("redis://a:1,b:2", "Redis Cluster"), ("redis://%2Frun%2Fs/0", "invalid host")),
        *(("redis+cluster://:hunter22@a:1,b:2/1", "only has database 0"), ("redis+cluster://a?db=1", "database 0")),
        ("redis+cluster://:hunter22@a:1,,b:2", "no host"),
        *(("redis://:hun#ter22@host:1/0", "%23"), ("redis://:hunter22@host:1/0#x", "%23")),
        *(("redis://:hun/ter22@host:1/0", "%2F"), ("redis://:hun?ter22@host:1/0", "%3F")),
        *(
            ("redis://:hunter22%@host", "%25"),
            ("redis://:hunter22%zz@host", "%25"),
            ("redis://:%ffhunter22@h", "UTF-8"),
        ),
        *(("redis://:hunter22＃@host", "percent-encoded"), ("redis://:hunter22\n@host", "line break")),
        *(
            (" redis://:hunter22@host", "space"),
            ("redis://:hunter22@host ", "space"),
            ("redis://:密hunter22@h", "percent"),
        ),
        *(("redis://:hunter22@host/abc", "a database number"), ("redis://host/0/1", "a database number")),
        *(("redis://host/-1", "a database number"), ("redis://host/1?db=2", "twice"), ("redis://host?db=abc", "db")),
        *(("redis://host?socket_timeout=abc", "socket_timeout"), ("redis://host?socket_timeout=nan", "socket_timeout")),
        *(("redis://host?socket_timeout=-1", "socket_timeout"), ("redis://host?socket_timeout=", "socket_timeout")),
        *(
            ("redis://host?socket_timeout=1&socket_timeout=2", "twice"),
            ("redis://host?socket_keepalive=abc", "true or"),
        ),
        *(("redis://:hunter22@host?foo=bar", "an unknown option foo"), ("redis://host?retry=abc", "retry")),
        *(
            ("redis://host?password=a&hunter22=b", "an unknown option;"),
            ("redis://host?password=hunter22", "an unknown option"),
        ),
        *(("redis://host?protocol=9", "2 or 3"), ("redis://host?ssl_cert_reqs=none", "requires rediss")),
        *(
            ("rediss://host?ssl_cert_reqs=maybe", "none, optional"),
            ("rediss://host?ssl_ca_certs=/no/ca", "No such file"),
        ),
        *(("rediss://host?ssl_ca_certs=/dev/null", "OpenSSL"), ("rediss://host?ssl_ca_certs=", "ssl_ca_certs")),
        *(
            ("rediss://host?ssl_keyfile=/dev/null", "ssl_certfile"),
            ("rediss://host?ssl_certfile=/dev/null", "certfile"),
        ),
        *(("rediss://host?ssl_ciphers=NONE", "ssl_ciphers"), ("rediss://host?ssl_min_version=abc", "771")),
        *(("rediss://host?ssl_check_hostname=maybe", "true or false"), ("rediss://host?ssl_ca_path=/no", "folder")),
        *(("unix://", "absolute"), ("unix://run/redis.sock", "absolute"), ("unix://localhost/run/s", "absolute")),
        *(("unix:///run/redis.sock?db=x", "db"), ("unix:///s?socket_keepalive=1", "an unknown option")),
        *((f"unix:///{'x' * 107}", "107"), ("unix:///a;unix:///b", "must look like")),
        ("sentinel://:hunter22@a/0;sentinel://:other@b/0", "first URL"),
        *(("sentinel://a/0;sentinel://b/1", "first URL"), ("sentinel://a/0;sentinel://b/0?db=1", "first URL")),
    ],
)
def test_what_is_none_is_refused_without_being_repeated(url: str, why: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings({"REDIS_URL": url, "REDIS_SENTINEL_MASTER": "m"})
    line = str(error.value)
    assert line.startswith("REDIS_URL: ") and why in line and "\n" not in line
    assert not [part for part in (SECRET, "hun", "ter22") if part in line]


@pytest.mark.parametrize(
    ("address", "why"),
    [
        *(
            ("localhost", "host:port"),
            (":6379", "no host"),
            ("h:0", "65535"),
            ("h:99999", "65535"),
            ("h:abc", "host:port"),
        ),
        *(("::1:6379", "IPv6"), ("[::1]", "host:port"), ("a b:1", "invalid host"), ("h#:1", "invalid host")),
        ("[fe80::1%eth0]:6379", "%25"),
        *(
            (":hunter22@h:6379", "REDIS_URL"),
            ("redis://h:6379", "REDIS_URL"),
            ("a:1,b:2", "IPv6"),
            ("h:6379/1", "host:port"),
        ),
    ],
)
def test_a_wrong_host_and_port_are_refused_by_their_own_name(address: str, why: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings({"REDIS_ADDR": address})
    line = str(error.value)
    assert line.startswith("REDIS_ADDR: ") and why in line and SECRET not in line


def test_a_host_and_port_are_an_address() -> None:
    for address, node in {"h_1.x:7000": ("h_1.x", 7000), "[::1]:6379": ("::1", 6379)}.items():
        assert parse_redis_url(load_settings({"REDIS_ADDR": address}).broker_url).nodes == (node,)


def test_a_certificate_authority_is_read(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    with pytest.raises(ValueError, match="ssl_ca_certs"):
        parse_redis_url(f"rediss://host?ssl_ca_certs={tmp_path / 'ca.pem'}")


def test_sentinels_need_the_name_of_the_master() -> None:
    given = {"REDIS_URL": "sentinel://a:1/0;sentinel://b:1/0"}
    with pytest.raises(SettingsError, match="REDIS_SENTINEL_MASTER"):
        load_settings(given)
    assert load_settings({**given, "REDIS_SENTINEL_MASTER": "m"}).sentinel_master == "m"
