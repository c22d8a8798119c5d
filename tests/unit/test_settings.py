"""Where settings come from, and how wrong ones are refused."""

import json
from pathlib import Path

import pytest

from app.errors import SettingsError
from app.settings import load_settings, settings_or_exit


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


def test_without_anything_the_defaults_hold() -> None:
    settings = load_settings({})
    assert (settings.bind, settings.port, settings.worker_concurrency) == ("127.0.0.1", 8080, 4)
    assert (settings.retry_base_s, settings.retry_cap_s, settings.lease_s) == (2, 300, 30)
    assert settings.broker_url == "redis://localhost:6379/0"
    assert settings.sql_url.endswith("/var/nagare.db")
    assert not settings.is_redis_set


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(tmp_path: Path) -> None:
    write(
        tmp_path / "nagare_config.json", {"redis": {"addr": "redis.example:7000"}, "port": 9000, "retry": {"base_s": 5}}
    )
    assert load_settings({}).broker_url == "redis://redis.example:7000/0"
    assert load_settings({}).retry_base_s == 5
    settings = load_settings({"NAGARE_PORT": "9001", "REDIS_URL": "redis://other:6379/2"})
    assert (settings.port, settings.broker_url) == (9001, "redis://other:6379/2")


def test_proxies_are_addresses_and_networks_or_none() -> None:
    assert [str(each) for each in load_settings({}).trusted_networks] == ["127.0.0.1/32", "::1/128"]
    given = load_settings({"NAGARE_TRUSTED_PROXIES": "10.0.0.0/8, fd00::/8"})
    assert [str(each) for each in given.trusted_networks] == ["10.0.0.0/8", "fd00::/8"]
    assert load_settings({"NAGARE_TRUSTED_PROXIES": "none"}).trusted_networks == ()


def test_the_public_address_has_no_slash_at_its_end() -> None:
    assert load_settings({}).public_url == ""
    assert load_settings({"NAGARE_PUBLIC_URL": "https://a.example/nagare/"}).public_url == "https://a.example/nagare"


def test_the_file_may_be_elsewhere(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere.json", {"worker": {"concurrency": 2}})
    assert load_settings({"NAGARE_CONFIG": str(tmp_path / "elsewhere.json")}).worker_concurrency == 2


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"NAGARE_PROT": "1"}, "NAGARE_PROT"),
        ({"NAGARE_PORT": "0"}, "NAGARE_PORT"),
        ({"NAGARE_PORT": "http"}, "NAGARE_PORT"),
        ({"NAGARE_LEASE_S": "-1"}, "NAGARE_LEASE_S"),
        ({"REDIS_ADDR": "localhost"}, "REDIS_ADDR"),
        ({"REDIS_URL": "http://localhost"}, "REDIS_URL"),
        ({"REDIS_URL": "redis://a:1/0", "REDIS_ADDR": "b:2"}, "REDIS_ADDR"),
        ({"DATABASE_URL": "mysql://localhost/x"}, "DATABASE_URL"),
        ({"NAGARE_SECRET_KEY": "short"}, "NAGARE_SECRET_KEY"),
        ({"NAGARE_CONFIG": "nowhere.json"}, "NAGARE_CONFIG"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT"),
        ({"NAGARE_LOG_FORMAT": "xml"}, "NAGARE_LOG_FORMAT"),
        ({"NAGARE_PUBLIC_URL": "nagare.example"}, "NAGARE_PUBLIC_URL"),
        ({"NAGARE_PUBLIC_URL": "https://user:secret@nagare.example"}, "NAGARE_PUBLIC_URL"),
        ({"NAGARE_PUBLIC_URL": "https://nagare.example/?a=b"}, "NAGARE_PUBLIC_URL"),
        ({"NAGARE_TRUSTED_PROXIES": "proxy.example"}, "NAGARE_TRUSTED_PROXIES"),
        ({"NAGARE_TRUSTED_PROXIES": "10.0.0.1/8"}, "NAGARE_TRUSTED_PROXIES"),
        ({"NAGARE_TRUSTED_PROXIES": "127.0.0.1,"}, "NAGARE_TRUSTED_PROXIES"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(environment: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as error:
        load_settings(environment)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("text", "named"), [("{", "JSON"), ("[]", "object"), ('{"prot": 1}', "prot")])
def test_a_wrong_file_is_named(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "nagare_config.json").write_text(text)
    with pytest.raises(SettingsError, match=named):
        load_settings({})


def test_secrets_show_nowhere() -> None:
    secret = "correct horse battery"
    given = {"NAGARE_SECRET_KEY": secret, "NAGARE_ADMIN_PASSWORD": secret}
    addresses = {
        "REDIS_URL": "redis://:hunter22@host",
        "BROKER_URL": "amqp://u:hunter22@host",
        "DATABASE_URL": "postgresql+psycopg://u:hunter22@host/n",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://u:hunter22@host",
    }
    assert "hunter22" not in repr(load_settings(addresses)) + load_settings(addresses).model_dump_json()
    settings = load_settings(given)
    assert secret not in repr(settings)
    assert secret not in str(settings.model_dump())
    assert settings.require_secret_key() == secret
    with pytest.raises(SettingsError) as error:
        load_settings({"NAGARE_SECRET_KEY": "hunter2"})
    assert "hunter2" not in str(error.value)


def test_without_a_secret_key_a_process_ends_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NAGARE_SECRET_KEY", raising=False)
    with pytest.raises(SystemExit) as end:
        settings_or_exit()
    assert end.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
