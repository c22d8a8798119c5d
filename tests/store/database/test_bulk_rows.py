"""Rows that are handed to a statement arrive as they are."""

from typing import Any

import pytest
from sqlalchemy import Connection

from app.store.database.bulk_rows import ABSENT, SEPARATOR, execute_bulk

KINDS = {"id": "bigint", "name": "text", "on": "boolean", "value": "double precision", "why": "text"}
STATEMENT = 'SELECT id, name, "on", value, why, mark FROM input_rows'


def rows_back(connection: Connection, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    kinds = {f'"{name}"' if name == "on" else name: kind for name, kind in KINDS.items()}
    return execute_bulk(connection, STATEMENT, {**kinds, "mark": "text"}, rows, {"mark": f"m{SEPARATOR}"})


TEXTS = ("", " ", "指标 1", "NULL", "{a,b}", '"\\', "%s %b", "a\nb", "\x1d")
AMBIGUOUS = (SEPARATOR, ABSENT, f"a{SEPARATOR}b", f"a{ABSENT}")


@pytest.mark.parametrize("name", [*TEXTS, *AMBIGUOUS])
def test_any_text(connection: Connection, name: str) -> None:
    for others in ((), ("", None), ("x",)):
        rows = [(number, text, None, None, None) for number, text in enumerate((name, *others))]
        assert rows_back(connection, rows) == [(*row, f"m{SEPARATOR}") for row in rows]


def test_values_of_all_kinds_and_none(connection: Connection) -> None:
    rows = [
        (-(2**63), "a", True, 1.7976931348623157e308, None),
        (2**63 - 1, None, False, -5e-324, "a"),
        (0, "", None, 0.1, ""),
        (1, "b", True, None, None),
    ]
    assert rows_back(connection, rows) == [(*row, f"m{SEPARATOR}") for row in rows]
    assert rows_back(connection, [(1, None, None, None, None)]) == [(1, None, None, None, None, f"m{SEPARATOR}")]


def test_as_many_separators_as_rows_are_no_proof(connection: Connection) -> None:
    rows = [(1, f"a{SEPARATOR}b", None, 1.5, ABSENT), (2, None, False, 1e-7, None)]
    assert rows_back(connection, rows) == [(*row, f"m{SEPARATOR}") for row in rows]
