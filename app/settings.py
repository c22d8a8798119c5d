"""The only reader of the environment: environment first, then `nagare_config.json`, then the default."""

import json
import os
import re
import sys
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from app.errors import SettingsError
from app.urls.amqp import parse_amqp_url
from app.urls.syntax import parse_node, split_url

DEFAULT_REDIS_URL = "redis://localhost:6379/0"
PUBLIC_FORM = "https://nagare.example"
OTLP_FORM = "http://host:4318"
DEFAULT_HTTP_PORT = 80
CONFIG_FILE = "nagare_config.json"
CONFIG_VARIABLE = "NAGARE_CONFIG"
CLIENT_VARIABLES = ("NAGARE_TOKEN", "NAGARE_MONITOR_PASSWORD", "NAGARE_MONITOR_API_TOKEN")
"""Variables of `nagare smoke`, which may be set in an operator's shell when something else is started in it."""


class Settings(BaseModel):
    """All settings, typed. The alias is the name of the environment variable."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True)

    home: Path = Field(Path("var"), alias="NAGARE_HOME")
    bind: str = Field("127.0.0.1", alias="NAGARE_BIND", min_length=1)
    port: int = Field(8080, alias="NAGARE_PORT", ge=1, le=65535)
    database_url: SecretStr = Field(SecretStr(""), alias="DATABASE_URL")
    database_pool: int = Field(20, alias="NAGARE_DATABASE_POOL", ge=1, le=1000)
    database_pooler: bool = Field(False, alias="NAGARE_DATABASE_POOLER")
    statement_timeout_s: float = Field(60.0, alias="NAGARE_STATEMENT_TIMEOUT_S", ge=0, le=86400)
    redis_url: SecretStr = Field(SecretStr(""), alias="REDIS_URL")
    redis_addr: str = Field("", alias="REDIS_ADDR")
    amqp_url: SecretStr = Field(SecretStr(""), alias="BROKER_URL")
    sentinel_master: str = Field("", alias="REDIS_SENTINEL_MASTER")
    sentinel_password: SecretStr = Field(SecretStr(""), alias="REDIS_SENTINEL_PASSWORD")
    secret_key: SecretStr = Field(SecretStr(""), alias="NAGARE_SECRET_KEY")
    secret_key_old: SecretStr = Field(SecretStr(""), alias="NAGARE_SECRET_KEY_OLD")
    admin_username: str = Field("admin", alias="NAGARE_ADMIN_USERNAME", min_length=1, max_length=64)
    admin_password: SecretStr = Field(SecretStr(""), alias="NAGARE_ADMIN_PASSWORD")
    demo: bool = Field(False, alias="NAGARE_DEMO")
    worker_concurrency: int = Field(4, alias="NAGARE_WORKER_CONCURRENCY", ge=1, le=1000)
    retry_base_s: float = Field(2.0, alias="NAGARE_RETRY_BASE_S", gt=0, le=86400)
    retry_cap_s: float = Field(300.0, alias="NAGARE_RETRY_CAP_S", gt=0, le=86400)
    task_timeout_s: int = Field(300, alias="NAGARE_TASK_TIMEOUT_S", ge=1, le=86400)
    lease_s: float = Field(30.0, alias="NAGARE_LEASE_S", ge=1, le=3600)
    history_days: int = Field(30, alias="NAGARE_HISTORY_DAYS", ge=1, le=36500)
    alert_days: int = Field(90, alias="NAGARE_ALERT_DAYS", ge=1, le=36500)
    audit_days: int = Field(365, alias="NAGARE_AUDIT_DAYS", ge=1, le=36500)
    host_archive_days: float = Field(7, alias="NAGARE_HOST_ARCHIVE_DAYS", ge=0, le=36500)
    host_prune_days: float = Field(90, alias="NAGARE_HOST_PRUNE_DAYS", ge=0, le=36500)
    score_window_h: float = Field(24.0, alias="NAGARE_SCORE_WINDOW_H", gt=0, le=8760)
    otlp_endpoint: SecretStr = Field(SecretStr(""), alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    values_hours: float = Field(24.0, alias="NAGARE_VALUES_HOURS", ge=0, le=168)
    value_days: int = Field(90, alias="NAGARE_VALUE_DAYS", ge=0, le=1100)
    webhook_alerts_per_minute: int = Field(20_000, alias="NAGARE_WEBHOOK_ALERTS_PER_MINUTE", ge=0, le=10_000_000)
    channel_failing_min: float = Field(10.0, alias="NAGARE_CHANNEL_FAILING_MIN", gt=0, le=1440)
    public_url: str = Field("", alias="NAGARE_PUBLIC_URL", max_length=500)
    trusted_proxies: str = Field("127.0.0.1,::1", alias="NAGARE_TRUSTED_PROXIES")
    log_format: str = Field("console", alias="NAGARE_LOG_FORMAT", pattern="^(console|json)$")
    log_level: str = Field("INFO", alias="NAGARE_LOG_LEVEL", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    @field_validator("redis_url")
    @classmethod
    def _redis_url_is_usable(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            # Imported here and below: they are half of the memory of `nagare up`, which does not use them without such
            # a value.
            from app.urls.redis import parse_redis_url  # noqa: PLC0415

            parse_redis_url(value.get_secret_value())
        return value

    @field_validator("redis_addr")
    @classmethod
    def _redis_addr_is_host_and_port(cls, value: str) -> str:
        if value and ("://" in value or "@" in value or not value.rpartition(":")[2].isdecimal()):
            raise ValueError("must look like host:port (use REDIS_URL for anything more)")
        if value:
            parse_node(value)
            from app.urls.redis import parse_redis_url  # noqa: PLC0415

            parse_redis_url(f"redis://{value}/0")
        return value

    @field_validator("amqp_url")
    @classmethod
    def _amqp_url_is_usable(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            parse_amqp_url(value.get_secret_value())
        return value

    @field_validator("database_url")
    @classmethod
    def _database_is_supported(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            from app.urls.database import supported_database  # noqa: PLC0415

            supported_database(value.get_secret_value())
        return value

    @field_validator("otlp_endpoint")
    @classmethod
    def _otlp_endpoint_is_web(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            parts = split_url(value.get_secret_value(), OTLP_FORM)
            if parts.scheme not in ("http", "https"):
                raise ValueError(f"must look like {OTLP_FORM}")
            if parts.query is not None:
                raise ValueError("takes no options: remove the ? and everything after it")
            parse_node(parts.nodes, DEFAULT_HTTP_PORT)
        return value

    @field_validator("public_url")
    @classmethod
    def _public_url_is_web(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s?#@/]+(/[^\s?#@]*)?", value):
            raise ValueError(f"must look like {PUBLIC_FORM}, without ?, # and user names")
        return value.rstrip("/")

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies_are_networks(cls, value: str) -> str:
        try:
            _networks(value)
        except ValueError as error:
            raise ValueError(f"must be none, or addresses and networks like 127.0.0.1,10.0.0.0/8: {error}") from None
        return value

    @field_validator("secret_key", "secret_key_old", "admin_password")
    @classmethod
    def _secret_is_long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < 8:
            raise ValueError("must have at least 8 characters")
        return value

    @model_validator(mode="after")
    def _one_redis(self) -> Self:
        redis_url = self.redis_url.get_secret_value()
        if redis_url and self.redis_addr:
            raise ValueError("REDIS_URL and REDIS_ADDR: set one of them, not both")
        if redis_url.lower().startswith("sentinel:") and not self.sentinel_master:
            raise ValueError(
                "REDIS_SENTINEL_MASTER: required with sentinel://, set it to the master's name in Sentinel"
            )
        return self

    @model_validator(mode="after")
    def _database_has_a_folder(self) -> Self:
        if self.database_url.get_secret_value():
            from app.urls.database import require_folder  # noqa: PLC0415

            try:
                require_folder(self.database_url.get_secret_value(), made_later=self.home.absolute())
            except ValueError as error:
                raise ValueError(f"DATABASE_URL: {error}") from None
        return self

    @property
    def is_redis_set(self) -> bool:
        """Whether the operator configured a Redis."""
        return bool(self.redis_url.get_secret_value() or self.redis_addr)

    @property
    def broker_url(self) -> str:
        """The Redis for messages and the dead-letter list."""
        return self.redis_url.get_secret_value() or (
            f"redis://{self.redis_addr}/0" if self.redis_addr else DEFAULT_REDIS_URL
        )

    @property
    def sql_url(self) -> str:
        """The database, by default a SQLite file under `NAGARE_HOME`."""
        return self.database_url.get_secret_value() or f"sqlite:///{(self.home / 'nagare.db').absolute()}"

    @property
    def trusted_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of the trusted proxies."""
        return _networks(self.trusted_proxies)

    def require_secret_key(self) -> str:
        """Return the secret key.

        Raises SettingsError when there is none: a key generated at start would make all stored credentials and tokens
        worthless at the next start.
        """
        if not self.secret_key.get_secret_value():
            raise SettingsError(
                "NAGARE_SECRET_KEY is not set: set it to a long random string (nagare up generates its own)"
            )
        return self.secret_key.get_secret_value()

    def secret_keys(self) -> tuple[str, ...]:
        """Return the secret key, then the old key that is still accepted. Raises SettingsError when there is none."""
        key, other = self.require_secret_key(), self.secret_key_old.get_secret_value()
        return (key, other) if other and other != key else (key,)


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return () if text == "none" else tuple(ip_network(each.strip()) for each in text.split(","))


VARIABLES = {str(field.alias): name for name, field in Settings.model_fields.items()}


def _flatten(prefix: str, tree: Mapping[str, Any]) -> dict[str, Any]:
    """Turn `{"redis": {"addr": …}, "port": …}` into `{"REDIS_ADDR": …, "NAGARE_PORT": …}`."""
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        path = f"{prefix}_{key}" if prefix else str(key)
        if isinstance(value, Mapping):
            flat |= _flatten(path, value)
        else:
            name = path.upper()
            flat[name if name in VARIABLES else f"NAGARE_{name}"] = value
    return flat


def _read_config(environ: Mapping[str, str]) -> dict[str, Any]:
    named = environ.get(CONFIG_VARIABLE)
    path = Path(named or CONFIG_FILE)
    if not named and not path.exists():
        return {}
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{CONFIG_VARIABLE}: cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(tree, dict):
        raise SettingsError(f"{path} must hold a JSON object")
    flat = _flatten("", tree)
    for name in flat:
        if name not in VARIABLES:
            raise SettingsError(f"{path}: unknown setting {name.removeprefix('NAGARE_').lower()}")
    return flat


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings.

    Raises SettingsError with one line that names the first unknown or invalid setting.
    """
    for name in environ:
        if name.startswith("NAGARE_") and name not in (*VARIABLES, *CLIENT_VARIABLES, CONFIG_VARIABLE):
            raise SettingsError(f"unknown setting {name}")
    given = {name: environ[name] for name in VARIABLES if environ.get(name)}
    values = _read_config(environ) | given
    if "REDIS_URL" in given:
        values.pop("REDIS_ADDR", None) if "REDIS_ADDR" not in given else None
    elif "REDIS_ADDR" in given:
        values.pop("REDIS_URL", None)
    try:
        return Settings.model_validate(values)
    except ValidationError as invalid:
        first = invalid.errors()[0]
        message = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{first['loc'][0]}: {message}" if first["loc"] else message) from None


def settings_or_exit() -> Settings:
    """Return the settings with a secret key; if they are invalid, end the process with one line and exit code 2."""
    try:
        settings = load_settings()
        settings.require_secret_key()
    except SettingsError as error:
        print(f"nagare: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(2) from None
    return settings


def keep_broker_from_celery() -> None:
    """Keep Celery's command from reading nagare's `BROKER_URL` as its `--broker`: it would parse it differently."""
    if os.environ.get("CELERY_BROKER_URL") == os.environ.get("BROKER_URL"):
        os.environ.pop("CELERY_BROKER_URL", None)
