"""Long lists of ids and texts as one parameter: each value as its own would exceed what the databases take."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Connection, Text, any_, bindparam, cast, func, literal, select


def is_listed(connection: Connection, column: ColumnElement[Any], ids: str) -> ColumnElement[bool]:
    """Return the condition that a column is one of these ids, written with commas between them."""
    if connection.dialect.name == "postgresql":
        return column == any_(cast(literal(f"{{{ids}}}", Text), ARRAY(BigInteger)))
    listed = func.json_each(literal(f"[{ids}]", Text)).table_valued("value")
    return column.in_(select(listed.c.value))


def is_among(connection: Connection, column: ColumnElement[Any], texts: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a column is one of these texts."""
    if connection.dialect.name == "postgresql":
        return column == any_(bindparam(None, list(texts), ARRAY(Text)))
    listed = func.json_each(literal(json.dumps(texts), Text)).table_valued("value")
    return column.in_(select(listed.c.value))
