"""The databases' own fastest bulk loads: COPY, and executemany in one transaction."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Any

import psycopg

from bench.fleet import NOW, FleetSize

COLUMNS = (
    *("host_id", "monitor_id", "external_id", "name", "key", "description", "interval", "units", "enabled"),
    *("source_name", "source_description", "source_interval", "source_units", "source_enabled"),
    *("value", "value_type", "value_at", "created_at", "updated_at"),
)


def load(url: str, size: FleetSize) -> float:
    """Load the item rows of a fleet into the items table, with its indexes; return the seconds."""
    if url.startswith("sqlite"):
        rows = _rows(size, NOW.replace(tzinfo=None).isoformat(" "))
        begun_at = time.perf_counter()
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database, database:
            marks = ", ".join("?" * len(COLUMNS))
            database.executemany(f"INSERT INTO items ({', '.join(COLUMNS)}) VALUES ({marks})", rows)
        return time.perf_counter() - begun_at
    begun_at = time.perf_counter()
    statement = f"COPY items ({', '.join(COLUMNS)}) FROM STDIN".encode()
    with (
        psycopg.connect(url.replace("+psycopg", "")) as connection,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for row in _rows(size, NOW):
            copy.write_row(row)
    return time.perf_counter() - begun_at


def _rows(size: FleetSize, now: datetime | str) -> Iterator[tuple[Any, ...]]:
    for host in range(1, size.hosts + 1):
        for number in range(size.items_a_host):
            name, external_id, key, value = f"指标 {number}", f"{host}-{number}", f"metric[{number}]", f"0.{number}"
            edited = (name, "used memory", "1m", "B", True)
            yield (host, 1, external_id, name, key, *edited[1:], *edited, value, "float", now, now, now)
