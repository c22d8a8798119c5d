"""`nagare copy-db` as it is typed."""

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import Nagare, nagare

__all__ = ["nagare"]

WITH_PASSWORD = "postgresql+psycopg://nagare:hunter22@127.0.0.1:9/nagare"


def test_an_instance_moves_with_its_users(nagare: Nagare, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nagare("migrate")
    nagare("user", "add", "ada", "--password", "correct horse")
    monkeypatch.setenv("NEW_DATABASE_URL", "sqlite:///there/copy.db")
    (tmp_path / "there").mkdir()
    copied = json.loads(nagare("copy-db", "DATABASE_URL", "NEW_DATABASE_URL", "--json"))
    assert [table["rows"] for table in copied if table["name"] == "users"] == [1]
    for made in (tmp_path / "there" / "copy.db", tmp_path / "home" / "nagare.db"):
        assert made.stat().st_mode & 0o077 == 0, made
    monkeypatch.setenv("DATABASE_URL", "sqlite:///there/copy.db")
    assert "ada" in nagare("user", "list")
    assert "audit_entries has rows" in nagare("copy-db", "sqlite:///home/nagare.db", "DATABASE_URL", code=1)
    printed = nagare("copy-db", "sqlite:///there/copy.db", "sqlite:///there/again.db")
    assert printed.endswith(
        f"Copied {sum(table['rows'] for table in copied)} rows; both databases have the same content.\n"
    )


@pytest.mark.parametrize(
    ("source", "target", "told"),
    [
        ("DATABASE_URL", "NOWHERE", "TARGET: neither a database URL nor an environment variable"),
        ("sqlite:///typo.db", "DATABASE_URL", "SOURCE: there is no file"),
        ("DATABASE_URL", "mysql://host/db", "TARGET: must look like"),
        ("DATABASE_URL", "sqlite://", "TARGET: several processes share the database"),
        ("DATABASE_URL", "WRONG", "WRONG: must look like"),
        ("DATABASE_URL", "sqlite:///home/nagare.db", "the same database"),
        ("DATABASE_URL", WITH_PASSWORD, "TARGET: other users of this machine can read a password on a command line"),
    ],
)
def test_what_cannot_be_copied_is_named(
    nagare: Nagare, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str, target: str, told: str
) -> None:
    nagare("migrate")
    monkeypatch.setenv("WRONG", "oracle://hunter22")
    printed = nagare("copy-db", source, target, code=2)
    assert told in printed
    assert "hunter22" not in printed
    assert not (tmp_path / "typo.db").exists()
