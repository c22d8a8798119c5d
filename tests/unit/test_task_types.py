"""Each type of task has all that a type needs; CONTRIBUTING.md tells how to add one."""

import json
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from app.enums import TaskType
from app.rules.task_params.base import params_class
from app.services.ledger.schedules import SCHEDULED_TYPES
from app.web.schemas.schedules import ScheduleParamsSchema
from tasks import base, bodies

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / "app" / "web" / "dashboard" / "texts"
STORED = ROOT / "tests" / "unit" / "rules" / "task_params" / "stored"

for module in iter_modules(bodies.__path__):
    import_module(f"{bodies.__name__}.{module.name}")


@pytest.mark.parametrize("type_", list(TaskType))
def test_a_type_has_parameters(type_: TaskType) -> None:
    assert params_class(type_).type is type_


@pytest.mark.parametrize("type_", list(TaskType))
def test_a_type_has_a_body(type_: TaskType) -> None:
    is_there = type_ in base.BODIES
    assert is_there, f"the task type {type_} has no body: add one to tasks/bodies/"


@pytest.mark.parametrize("type_", list(TaskType))
def test_a_type_has_a_stored_example(type_: TaskType) -> None:
    path = STORED / f"{type_}.json"
    is_there = path.exists()
    assert is_there, f"the task type {type_} has no stored example: add {path.relative_to(ROOT)}"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("type_", list(TaskType))
def test_a_type_has_its_texts(type_: TaskType, language: str) -> None:
    path = TEXTS / f"{language}.json"
    key = f"task_type.{type_}"
    is_there = key in json.loads(path.read_text())
    assert is_there, f"the task type {type_} has no text: add {key} to {path.relative_to(ROOT)}"


@pytest.mark.parametrize("type_", SCHEDULED_TYPES)
def test_all_parameters_of_what_can_be_scheduled_can_be_given(type_: TaskType) -> None:
    missing = sorted(params_class(type_).model_fields.keys() - ScheduleParamsSchema().fields.keys())
    assert not missing, f"schedules of {type_} cannot have {missing[0]}: add it to ScheduleParamsSchema"
