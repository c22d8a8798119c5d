"""Reads the parameters of a task that a caller asks for: stricter than what an older release stored."""

from collections.abc import Mapping
from typing import Any

from app.enums import TaskType
from app.errors import Invalid, InvalidParams
from app.rules.task_params.base import TaskParams, params_class
from app.rules.task_params.notify import Notify


def check_names(type: TaskType, params: Mapping[str, Any]) -> None:
    """Raise Invalid, naming the field, unless the parameters of a task type are complete and all known."""
    known = params_class(type).model_fields
    for name, field in known.items():
        if field.is_required() and name not in params:
            raise Invalid(f"params.{name}", "Missing data for required field.")
    unknown = sorted(params.keys() - known.keys())
    if unknown:
        raise Invalid(f"params.{unknown[0]}", "Unknown field.")


def read_requested(type: TaskType, params: Mapping[str, Any]) -> TaskParams:
    """Return the parameters of a requested task. Raises Invalid, which names the field."""
    check_names(type, params)
    try:
        found = params_class(type).parse(params)
    except InvalidParams as error:
        raise Invalid("params", str(error)) from error
    if isinstance(found, Notify) and not found.test:
        raise Invalid("params.test", "Must be true: nagare itself sends the messages about alerts.")
    return found
