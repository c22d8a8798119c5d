"""The base of all task parameters: parses and dumps the stored JSON."""

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from app.enums import Scope, TaskType
from app.errors import InvalidParams

Stored = dict[str, Any]
_CLASSES: dict[TaskType, type["TaskParams"]] = {}


class TaskParams(BaseModel):
    """The base of all parameters; a subclass with a `type` is the stored format of that task type.

    A missing field gets its default, because an older release did not store it. An unknown field is ignored, because a
    newer release stored it.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    type: ClassVar[TaskType]
    is_schedulable: ClassVar[bool] = False
    """Whether it can be scheduled."""
    asked_with: ClassVar[Scope | None] = None
    """The scope of a token that may ask for it with `POST /tasks`; None for what only nagare itself asks for."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        if "type" not in vars(cls):
            return
        if cls.type in _CLASSES:
            raise TypeError(f"{cls.type} has two classes of parameters: {_CLASSES[cls.type].__name__}, {cls.__name__}")
        _CLASSES[cls.type] = cls

    @classmethod
    def parse(cls, stored: object) -> Self:
        """Return the stored parameters. Raises InvalidParams, which names the fields that cannot be read."""
        try:
            return cls.model_validate(stored)
        except ValidationError as error:
            faults = [f"{_path(fault['loc'])}: {fault['msg']}" for fault in error.errors(include_input=False)]
            raise InvalidParams("; ".join(faults)) from error

    def dump(self) -> Stored:
        """Return the JSON to store, without the fields that have their default."""
        return self.model_dump(exclude_defaults=True)


class MonitorParams(TaskParams):
    """The base for tasks on a monitor."""

    monitor_id: int


class HostParams(MonitorParams):
    """The base for tasks on a host."""

    host_id: int


class ItemParams(HostParams):
    """The base for tasks on an item."""

    item_id: int


def params_class(type: TaskType) -> type[TaskParams]:
    """Return the class of a task type's parameters. Raises LookupError when it has none."""
    try:
        return _CLASSES[type]
    except KeyError:
        raise LookupError(f"the task type {type} has no parameters: add a class to app/rules/task_params/") from None


def schedulable_types() -> list[TaskType]:
    """Return the task types that can be scheduled, in their order."""
    return [type_ for type_ in TaskType if type_ in _CLASSES and _CLASSES[type_].is_schedulable]


def asked_types() -> list[TaskType]:
    """Return the task types that a caller may ask for, in their order."""
    return [type_ for type_ in TaskType if type_ in _CLASSES and _CLASSES[type_].asked_with is not None]


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, ("params", *location)))
