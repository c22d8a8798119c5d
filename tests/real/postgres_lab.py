"""The PostgreSQL lab from Python: an empty database on it, and a while without it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

LAB = Path(__file__).parent / "labs" / "postgres"


def start() -> str:
    """Start the lab unless it is up, and return the server's SQLAlchemy address."""
    return subprocess.run(
        [LAB, "up"], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def execute(server: str, statement: str) -> None:
    """Run one statement on the server, outside any transaction."""
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statement.encode())


def create_database(server: str, name: str) -> str:
    """Return the SQLAlchemy address of a new, empty database."""
    execute(server, f'create database "{name}"')
    return f"{server.rpartition('/')[0]}/{name}"


@contextmanager
def away() -> Iterator[None]:
    """Stop the server, and start it again at the end of the block."""
    subprocess.run([LAB, "down"], check=True, stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        start()
