"""Validates the database URL with SQLAlchemy's parser and the drivers."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.urls.syntax import nameable, parse_port, refuse_stray_percents

FORMS = "sqlite:///file or postgresql+psycopg://user:password@host/database"
NOWHERE = "/no/such/folder"
"""As PostgreSQL's host: the client validates all options before it looks for a socket there."""
CLIENT_FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
NUMBERS = re.compile("connect_timeout|tcp_user_timeout|keepalives(_idle|_interval|_count)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def supported_database(address: str) -> str:
    """Return the parsed URL of a database.

    Raises ValueError when it is not a SQLite or PostgreSQL URL, or their drivers reject it; the message repeats no part
    of the URL.
    """
    if _CONTROL.search(address):
        raise ValueError("has a line break or another control character")
    try:
        url = make_url(address)
    except ArgumentError:
        raise ValueError(f"must look like {FORMS}") from None
    except ValueError:
        raise ValueError("the port must be a number from 1 to 65535") from None
    if url.drivername == "sqlite":
        _check_sqlite(url)
    elif url.drivername == "postgresql+psycopg":
        _check_postgresql(address, url)
    elif url.get_backend_name() in ("postgresql", "postgres"):
        raise ValueError("must start with postgresql+psycopg://, because nagare uses the psycopg driver")
    else:
        raise ValueError(f"must look like {FORMS}")
    return address


def require_folder(address: str, made_later: Path | None = None) -> None:
    """Raise ValueError when the folder of this SQLite file cannot exist.

    `made_later` need not exist yet.
    """
    url = make_url(address)
    if url.drivername != "sqlite":
        return
    path = Path(str(url.database)).absolute()
    if path.is_dir():
        raise ValueError("names a folder: add a file name, such as nagare.db")
    if not path.parent.is_dir() and path.parent != made_later:
        raise ValueError(f"there is no folder {path.parent}: create it, or use another one")


def _check_sqlite(url: URL) -> None:
    if url.host or url.port or url.username:
        raise ValueError(
            "must look like sqlite:///relative/path or sqlite:////absolute/path: mind the number of slashes"
        )
    if url.database in (None, "", ":memory:"):
        raise ValueError("several processes share the database, so it must not be in memory")
    if url.query:
        raise ValueError("takes no options for SQLite: remove the ? and everything after it")


def _check_postgresql(address: str, url: URL) -> None:
    head, has_login, rest = address.partition("@")
    if has_login:
        refuse_stray_percents(head)
    if "%00" in address:
        raise ValueError("must not contain %00")
    texts = (url.host or "", url.database or "", *map(str, url.query.values()))
    if any("@" in unquote(text) for text in texts[:2]) or "@" in (rest if has_login else address).partition("?")[2]:
        raise ValueError("a / ? or @ in a user name or password must be written as %2F %3F or %40")
    if re.search(r"\s", "".join(texts[:2])):
        raise ValueError("has a space in the host or database name")
    if url.port is not None:
        parse_port(str(url.port))
    dialect = url.get_dialect()()
    _, options = dialect.create_connect_args(url)
    _check_client_options(url.get_dialect().import_dbapi(), dict(options), address.partition("?")[2])


def _check_client_options(driver: Any, options: dict[str, Any], query: str) -> None:
    """Raise ValueError for options that PostgreSQL's client or psycopg rejects."""
    for name, value in options.items():
        if NUMBERS.fullmatch(name) and not re.fullmatch("-?[0-9]{1,9}", str(value)):
            raise ValueError(f"the option {name} must be a number")
        if name in CLIENT_FILES and str(value) != "system" and not Path(str(value)).is_file():
            raise ValueError(f"the option {name} names a file that does not exist")
    for name in options.keys() - {option.keyword.decode() for option in driver.pq.Conninfo.get_defaults()}:
        raise ValueError(f"has an option{nameable(name, query)} that the PostgreSQL client does not support")
    elsewhere = {name: value for name, value in options.items() if name not in ("host", "hostaddr", "port")}
    words = driver.conninfo.make_conninfo("", **elsewhere, host=NOWHERE)
    refusal = driver.pq.PGconn.connect_start(words.encode()).error_message.decode(errors="replace")
    if NOWHERE not in refusal:
        raise ValueError(f"the PostgreSQL client rejects an option: {_without_values(refusal, options)}")


def _without_values(refusal: str, options: dict[str, Any]) -> str:
    """Return the first line of the error without the given values."""
    line = refusal.partition("\n")[0]
    for value in sorted(map(str, options.values()), key=len, reverse=True):
        line = line.replace(f'"{value}"', "…")
    return line
