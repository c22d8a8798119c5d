"""What this and earlier releases stored as parameters is read, and written as before."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.enums import TaskType
from app.errors import InvalidParams
from app.rules.task_params.alerts import AcknowledgeAlert, GenerateAlerts, ReceiveAlerts
from app.rules.task_params.base import TaskParams, params_class
from app.rules.task_params.pull import PullHosts, PullItems
from app.rules.task_params.push import PushHost
from app.services.ledger.idempotency import fingerprint_of, fingerprint_of_task

STORED = Path(__file__).parent / "stored"
Example = dict[str, Any]


def examples() -> Iterator[Any]:
    for path in sorted(STORED.glob("*.json")):
        for number, example in enumerate(json.loads(path.read_text())):
            yield pytest.param(params_class(TaskType(path.stem)), example, id=f"{path.stem}-{number}")


EXAMPLES = [*examples()]


def fields_of(params: TaskParams) -> Example:
    """Return the values of all fields as JSON has them."""
    return {name: json.loads(json.dumps(value, default=str)) for name, value in vars(params).items()}


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_what_was_stored_is_read(kind: type[TaskParams], example: Example) -> None:
    read = fields_of(kind.parse(example["params"]))
    if "received_at" in read and read["received_at"] is not None:
        read["received_at"] = read["received_at"].replace(" ", "T")
    assert read == example.get("reads_as", example["params"])


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_what_is_stored_is_written_as_before(kind: type[TaskParams], example: Example) -> None:
    params = kind.parse(example["params"])
    if example["is_written_today"]:
        assert json.dumps(params.dump()) == json.dumps(example["params"]), "clients and fingerprints rely on each byte"
    if "fingerprint" in example:
        assert fingerprint_of_task(params) == example["fingerprint"], "a repeat of a request from before is not known"


def test_the_children_of_a_sync_are_recognized_as_before() -> None:
    """A sync that runs during the upgrade finds its children by this hash of its id and attempt."""
    digest = fingerprint_of(["sync:01929f0c-0000-7000-8000-000000000000", 2])
    assert digest == "95289b7ee451a2b9a7ddab1b6b66c28bab07261371aad8b5d7ae510b8955cacd"


@pytest.mark.parametrize("path", sorted(STORED.glob("*.json")), ids=lambda path: path.stem)
def test_each_field_is_pinned_by_an_example(path: Path) -> None:
    pinned = {name for example in json.loads(path.read_text()) for name in example["params"]}
    kind = params_class(TaskType(path.stem))
    missing = sorted(kind.model_fields.keys() - pinned)
    assert not missing, f"{kind.__name__}.{missing[0]} is in no example: add one to {path.relative_to(STORED.parent)}"
    gone = sorted(pinned - kind.model_fields.keys())
    assert not gone, f"{kind.__name__} lost the field {gone[0]}, which may wait in a database: see docs/upgrade.md"


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_what_a_newer_release_added_is_ignored(kind: type[TaskParams], example: Example) -> None:
    assert kind.parse(example["params"] | {"colour": "red"}) == kind.parse(example["params"])


@pytest.mark.parametrize(
    ("kind", "stored", "field"),
    [
        (PullHosts, {}, "params.monitor_id"),
        (PullHosts, {"monitor_id": "1"}, "params.monitor_id"),
        (PullHosts, {"monitor_id": True}, "params.monitor_id"),
        (PullHosts, {"monitor_id": 1.0}, "params.monitor_id"),
        (PullHosts, {"monitor": 1}, "params.monitor_id"),
        (PullHosts, None, "params"),
        (PullHosts, [1], "params"),
        (PullItems, {"monitor_id": 1, "host_id": "2"}, "params.host_id"),
        (PushHost, {"monitor_id": 1, "host_id": 2, "force": 1}, "params.force"),
        (GenerateAlerts, {"count": None}, "params.count"),
        (GenerateAlerts, {"severity": 3}, "params.severity"),
        (GenerateAlerts, {"severity": "2"}, "params.severity"),
        (GenerateAlerts, {"severity": True}, "params.severity"),
        (AcknowledgeAlert, {"monitor_id": 1, "alert_ids": [7, "8"]}, "params.alert_ids.1"),
        (AcknowledgeAlert, {"monitor_id": 1, "alert_ids": 7}, "params.alert_ids"),
        (ReceiveAlerts, {"monitor_id": 1, "reports": {}, "received_at": None}, "params.reports"),
        (ReceiveAlerts, {"monitor_id": 1, "received_at": "yesterday"}, "params.received_at"),
        (ReceiveAlerts, {"monitor_id": 1, "received_at": 1764080000}, "params.received_at"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_field(kind: type[TaskParams], stored: object, field: str) -> None:
    with pytest.raises(InvalidParams) as caught:
        kind.parse(stored)
    assert str(caught.value).startswith(f"{field}: ")
    assert not caught.value.retryable


def test_all_that_cannot_be_read_is_named_at_once() -> None:
    with pytest.raises(InvalidParams, match=r"params\.monitor_id: .*; params\.host_id: "):
        PushHost.parse({})


def test_parameters_do_not_change() -> None:
    with pytest.raises(ValidationError):
        PullHosts(monitor_id=1).monitor_id = 2


def test_a_type_has_one_class_of_parameters() -> None:
    with pytest.raises(TypeError, match="pull_hosts has two classes of parameters: PullHosts, Again"):
        type("Again", (TaskParams,), {"type": TaskType.PULL_HOSTS, "__module__": __name__})
