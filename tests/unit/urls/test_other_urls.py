"""The addresses of RabbitMQ and of the database, and what is refused of them."""

from pathlib import Path

import pytest
from kombu import Connection

from app.errors import SettingsError
from app.settings import load_settings
from app.urls.amqp import parse_amqp_url


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("amqp://host", ("guest", "guest", "host", 5672, "/")),
        ("amqps://u:p@host/", ("u", "p", "host", 5671, "/")),
        ("amqp://u:p%23%2F%3F%40%25@h:1/a%2Fb", ("u", "p#/?@%", "h", 1, "a/b")),
        ("amqp://u:p@h//x", ("u", "p", "h", 5672, "/x")),
        ("amqp://u:%E5%AF%86@[::1]/v", ("u", "密", "::1", 5672, "v")),
    ],
)
def test_celery_and_nagare_find_the_same_in_rabbitmqs_address(url: str, found: tuple[object, ...]) -> None:
    address = parse_amqp_url(url)
    assert (address.username, address.password, *address.node, address.virtual_host) == found
    connection = Connection(address.url)
    assert (connection.userid, connection.password, connection.hostname) == found[:3]
    assert (connection.port, connection.virtual_host) == found[3:]
    assert "password" not in repr(address)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        *(("redis://h", "must look like"), ("amqp:hunter22", "must look like"), ("amqp://", "no host")),
        *(("amqp://u:hunter22@:5672", "no host"), ("amqp://u:hunter22@h:x", "host:port"), ("amqp://h:0", "65535")),
        *(("amqp://u:hun#ter22@h", "%23"), ("amqp://u:hun/ter22@h/v", "%2F"), ("amqp://u:hun?ter22@h", "%3F")),
        *(
            ("amqp://u:hunter22%@h", "%25"),
            ("amqp://u:hunter22 @h", "space"),
            ("amqp://h/v?heartbeat=abc", "no options"),
        ),
        *(("amqp://u:hunter22@a,b/v", "one host"), ("amqp://u:hunter22@a;amqp://u:hunter22@b", "%2F")),
    ],
)
def test_a_wrong_address_of_rabbitmq(url: str, why: str) -> None:
    refused("BROKER_URL", url, why)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        *(("x", "must look like"), ("mysql://u:hunter22@h/x", "must look like"), ("oracle://h", "must look like")),
        *(
            ("postgresql://u:hunter22@h/n", "postgresql+psycopg://"),
            ("postgres://u:hunter22@h/n", "postgresql+psycopg"),
        ),
        *(
            ("postgresql+psycopg2://u:hunter22@h/n", "postgresql+psycopg://"),
            ("sqlite+aiosqlite:///x", "must look like"),
        ),
        *(
            ("sqlite://", "in memory"),
            ("sqlite:///:memory:", "in memory"),
            ("sqlite:///n.db?timeout=abc", "no options"),
        ),
        *(("sqlite:///n.db?mode=memory&uri=true", "no options"), ("sqlite://n.db", "number of slashes")),
        *(("sqlite:////no/such/folder/n.db", "no folder /no/such/folder"), ("sqlite:////tmp", "names a folder")),
        *(("sqlite:///n.db\n", "line break"), ("sqlite:///a\u2028b", "line break")),
        *(("postgresql+psycopg://u:hunter22@h:abc/n", "65535"), ("postgresql+psycopg://u:hunter22@h:70000/n", "65535")),
        *(("postgresql+psycopg://u:hun@ter22@h/n", "%40"), ("postgresql+psycopg://u:hun@ter22/x@h/n", "%40")),
        *(("postgresql+psycopg://u:hun%00ter22@h/n", "%00"), ("postgresql+psycopg://u:p@h/n?user=hun%00ter22", "%00")),
        *(("postgresql+psycopg://u:hunter22%@h/n", "%25"), ("postgresql+psycopg://u:hunter22@h /n", "space")),
        *(
            ("postgresql+psycopg://u:hunter22@h/n?foo=bar", "option foo"),
            ("postgresql+psycopg://h/n?sslmode=x", "sslmode"),
        ),
        *(("postgresql+psycopg://h/n?password=a&hunter22=b", "an option that"),),
        *(("postgresql+psycopg://h/n?connect_timeout=abc", "connect_timeout"),),
        *(("postgresql+psycopg://h/n?sslmode=verify-full&sslrootcert=/no/ca", "sslrootcert"),),
        *(("postgresql+psycopg://h/n?target_session_attrs=hunter22", "target_session_attrs"),),
        *(("postgresql+psycopg://h/n?autocommit=true", "autocommit"),),
    ],
)
def test_a_wrong_address_of_a_database(url: str, why: str) -> None:
    refused("DATABASE_URL", url, why)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "sqlite:///nagare.db",
            "postgresql+psycopg://u:hun#t/e?r@h/n",
            "postgresql+psycopg:///n?host=/run/postgresql",
        ),
        *("postgresql+psycopg://u@[::1]:5432/n?sslmode=require&options=-c%20x%3Dy", "postgresql+psycopg://u:p%40w@h/n"),
        "postgresql+psycopg://u:p@/n?host=a:1&host=b:2",
    ],
)
def test_a_right_address_of_a_database(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings({"DATABASE_URL": url}).sql_url == url


@pytest.mark.parametrize(
    ("url", "why"),
    [
        *(("ftp://h", "must look like"), ("h:4318", "must look like"), ("http://", "no host")),
        *(
            ("http://u:hunter22@h:abc", "host:port"),
            ("https://u:hunter22@h:99999", "65535"),
            ("http://[::1", "host:port"),
        ),
        *(("http://u:hun#ter22@h:4318", "%23"), ("http://u:hun/ter22@h", "%2F"), ("http://u:hun?ter22@h", "%3F")),
        *(
            ("http://u:hunter22%zz@h", "%25"),
            ("http://u:hunter22 @h", "space"),
            ("http://h?token=hunter22", "no options"),
        ),
    ],
)
def test_a_wrong_address_of_a_collector_of_traces(url: str, why: str) -> None:
    refused("OTEL_EXPORTER_OTLP_ENDPOINT", url, why)


@pytest.mark.parametrize(
    "url", ["http://h", "https://u:p%23@h:4318/otlp/", "http://[::1]:4318", "http://127.0.0.1:4318"]
)
def test_a_right_address_of_a_collector_of_traces(url: str) -> None:
    assert load_settings({"OTEL_EXPORTER_OTLP_ENDPOINT": url}).otlp_endpoint.get_secret_value() == url


def test_a_folder_that_nagare_makes_need_not_be_there(tmp_path: Path) -> None:
    home = tmp_path / "home"
    load_settings({"NAGARE_HOME": str(home), "DATABASE_URL": f"sqlite:///{home / 'n.db'}"})


def refused(name: str, url: str, why: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings({name: url})
    line = str(error.value)
    assert line.startswith(f"{name}: ") and why in line and "\n" not in line
    assert not [part for part in ("hunter22", "hun", "ter22") if part in line]
