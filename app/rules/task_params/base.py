"""What the parameters of all types of tasks have in common: how they are read and written, and what they name."""

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from app.enums import TaskType
from app.errors import InvalidParams

Stored = dict[str, Any]
_CLASSES: dict[TaskType, type["TaskParams"]] = {}


class TaskParams(BaseModel):
    """The root of the parameters; a class with a `type` is the stored format of that type.

    A field that is not stored has its default, since an older release did not know it; one that is not known here was
    written by a newer release, and is ignored.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    type: ClassVar[TaskType]
    is_schedulable: ClassVar[bool] = False
    """Whether people may make schedules of it."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        if "type" not in vars(cls):
            return
        if cls.type in _CLASSES:
            raise TypeError(f"{cls.type} has two classes of parameters: {_CLASSES[cls.type].__name__}, {cls.__name__}")
        _CLASSES[cls.type] = cls

    @classmethod
    def parse(cls, stored: object) -> Self:
        """Return what is stored. Raises InvalidParams that names the fields which cannot be read."""
        try:
            return cls.model_validate(stored)
        except ValidationError as error:
            faults = [f"{_path(fault['loc'])}: {fault['msg']}" for fault in error.errors(include_input=False)]
            raise InvalidParams("; ".join(faults)) from error

    def dump(self) -> Stored:
        """Return it as it is stored; what is left to its default is left out."""
        return self.model_dump(exclude_defaults=True)


class MonitorParams(TaskParams):
    """What a task on a monitor needs to know."""

    monitor_id: int


class HostParams(MonitorParams):
    """What a task on a host of a monitor needs to know."""

    host_id: int


class ItemParams(HostParams):
    """What a task on an item of a host needs to know."""

    item_id: int


def params_class(type: TaskType) -> type[TaskParams]:
    """Return the class of a type's parameters."""
    return _CLASSES[type]


def _path(place: tuple[int | str, ...]) -> str:
    return ".".join(map(str, ("params", *place)))
