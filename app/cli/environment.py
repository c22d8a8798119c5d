"""The settings of a command and the environment of its child processes, completed from `NAGARE_HOME`."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from app.cli.up.embedded_valkey import valkey_url
from app.errors import SettingsError
from app.settings import CONFIG_VARIABLE, VARIABLES, Settings, load_settings

COMMAND_VARIABLES = ("NAGARE_TOKEN", "NAGARE_MONITOR_PASSWORD", "NAGARE_MONITOR_API_TOKEN")
"""Variables that single commands read as options: named like settings, but not settings."""


def read_settings() -> Settings:
    """Read the settings, with all paths absolute. Raises SettingsError."""
    environment = {name: value for name, value in os.environ.items() if name not in COMMAND_VARIABLES}
    settings = load_settings(environment)
    return settings.model_copy(
        update={"home": settings.home.absolute(), "database_url": SecretStr(_absolute_database(settings))}
    )


def complete(settings: Settings, secret_key: str | None, valkey: Path | None) -> Settings:
    """Complete the settings with the secret key and the Redis of the data folder."""
    found: dict[str, object] = {}
    if secret_key is not None and not settings.secret_key.get_secret_value():
        found["secret_key"] = SecretStr(secret_key)
    if valkey is not None and not settings.is_redis_set:
        found["redis_url"] = SecretStr(valkey_url(valkey))
    return settings.model_copy(update=found)


def environment_of(settings: Settings) -> Mapping[str, str]:
    """Return the environment for the processes under `nagare up`: ours, with every setting made explicit.

    They run in another folder, where relative paths would differ and the configuration file does not exist. They create
    no users, so they do not get the first user's password.
    """
    given = settings.model_copy(
        update={"redis_url": SecretStr(settings.broker_url), "redis_addr": "", "admin_password": ""}
    )
    spelled_out = {variable: _in_text(getattr(given, name)) for variable, name in VARIABLES.items()}
    hidden = {*VARIABLES, CONFIG_VARIABLE, *COMMAND_VARIABLES}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {variable: value for variable, value in spelled_out.items() if value}
    return environment | {"PYTHONUNBUFFERED": "1"}


def exports_of(settings: Settings) -> Mapping[str, str]:
    """Return the settings in that environment: what a shell needs to use the same instance."""
    environment = environment_of(settings)
    return {variable: environment[variable] for variable in VARIABLES if variable in environment}


def _in_text(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _absolute_database(settings: Settings) -> str:
    given = settings.database_url.get_secret_value()
    return absolute_database("DATABASE_URL", given) if given else settings.sql_url


def absolute_database(name: str, url: str) -> str:
    """Return a database URL with an absolute path. Raises SettingsError, naming `name`, for an in-memory database."""
    from sqlalchemy import make_url  # noqa: PLC0415 - as in app/settings.py

    parts = make_url(url)
    if parts.drivername != "sqlite":
        return url
    if parts.database in (None, "", ":memory:"):
        raise SettingsError(f"{name}: several processes share the database, so it must not be in memory")
    path = Path(str(parts.database)).absolute()
    return parts.set(database=str(path)).render_as_string(hide_password=False)
