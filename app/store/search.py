"""Text search in lists."""

from sqlalchemy import ColumnElement, or_


def matches(text: str, *columns: ColumnElement[str]) -> ColumnElement[bool]:
    """Tell whether any column contains the text, whatever the case; `%` and `_` mean themselves."""
    return or_(*(column.icontains(text, autoescape=True) for column in columns))
