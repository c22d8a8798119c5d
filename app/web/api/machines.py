"""Machines."""

from collections.abc import Mapping
from typing import Any

from app.enums import Role, Scope
from app.store.database.pages import Page
from app.web.api_blueprint import CREATED_HEADERS, ApiBlueprint
from app.web.context import Row, current_editor, services
from app.web.schemas.machines import (
    MachineChangesSchema,
    MachineDetailSchema,
    MachineQuerySchema,
    MachineRulesSchema,
    MachineSchema,
    MergeSchema,
    NewMachineRulesSchema,
    NewMachineSchema,
    PairSchema,
    SplitMachinesSchema,
    SplitSchema,
    SuggestionQuerySchema,
    SuggestionSchema,
)
from app.web.schemas.pages import page_of

machines = ApiBlueprint(
    "machines", __name__, description="Hosts of several monitors that are one machine", writes=Scope.INVENTORY
)

MACHINE = "/machines/<id:machine_id>"


@machines.operation("GET", "/machines", role=Role.VIEWER, query=MachineQuerySchema, answer=page_of(MachineSchema))
def list_machines(**query: Any) -> Page:
    """List the machines with their hosts, open alerts and scores."""
    return services().machines.machines.list(**query)


@machines.operation(
    "POST",
    "/machines",
    role=Role.OPERATOR,
    body=NewMachineSchema,
    answer=MachineDetailSchema,
    status=201,
    errors=(404, 409),
    headers=CREATED_HEADERS,
)
def create_machine(body: Mapping[str, Any]) -> tuple[Row, dict[str, str]]:
    """Make hosts one machine. If one of them is part of a machine, the others become part of it."""
    machine = services().machines.machines.merge_hosts(body["host_ids"], current_editor(), body.get("name"))
    return machine, {"Location": f"/api/v1/machines/{machine['id']}"}


@machines.operation("GET", MACHINE, role=Role.VIEWER, answer=MachineDetailSchema, errors=(404,))
def get_machine(machine_id: int) -> Row:
    """Return a machine. Its items, alerts and score: `machine_id` of `/items`, `/alerts` and `/alerts/score`."""
    return services().machines.machines.get(machine_id)


@machines.operation(
    "PATCH", MACHINE, role=Role.OPERATOR, body=MachineChangesSchema, answer=MachineDetailSchema, errors=(404,)
)
def rename_machine(machine_id: int, body: Mapping[str, Any]) -> Row:
    """Give a machine another name."""
    return services().machines.machines.rename(machine_id, body["name"], current_editor())


@machines.operation(
    "POST", MACHINE + "/merge", role=Role.OPERATOR, body=MergeSchema, answer=MachineDetailSchema, errors=(404, 409)
)
def merge_machine(machine_id: int, body: Mapping[str, Any]) -> Row:
    """Add the hosts of another machine, or single hosts, to a machine."""
    return services().machines.machines.merge(
        machine_id, current_editor(), other_id=body.get("machine_id"), host_ids=body.get("host_ids", ())
    )


@machines.operation(
    "POST", MACHINE + "/split", role=Role.OPERATOR, body=SplitSchema, answer=SplitMachinesSchema, errors=(404, 409)
)
def split_machine(machine_id: int, body: Mapping[str, Any]) -> dict[str, Any]:
    """Take hosts off a machine. Those that leave together stay together; no rule joins both parts again.

    With all of its hosts, none of them is one machine with another.
    """
    return {"items": services().machines.machines.split(machine_id, body["host_ids"], current_editor())}


@machines.operation(
    "GET", "/machines/suggestions", role=Role.VIEWER, query=SuggestionQuerySchema, answer=page_of(SuggestionSchema)
)
def list_suggestions(**query: Any) -> Page:
    """List the pairs of hosts of different monitors that may be one machine."""
    return services().machines.suggestions.list(**query)


@machines.operation(
    "POST",
    "/machines/suggestions/confirm",
    role=Role.OPERATOR,
    body=PairSchema,
    answer=MachineDetailSchema,
    errors=(404, 409),
)
def confirm_suggestion(body: Mapping[str, Any]) -> Row:
    """Make two hosts one machine, unless someone has declined it."""
    return services().machines.suggestions.confirm(body["host_ids"], current_editor())


@machines.operation(
    "POST", "/machines/suggestions/decline", role=Role.OPERATOR, body=PairSchema, status=204, errors=(404, 409)
)
def decline_suggestion(body: Mapping[str, Any]) -> None:
    """Say that two hosts are not one machine: they are not suggested again, and no rule joins them."""
    services().machines.suggestions.decline(body["host_ids"], current_editor())


@machines.operation("GET", "/machines/rules", role=Role.VIEWER, answer=MachineRulesSchema)
def get_machine_rules() -> Row:
    """Return what makes hosts one machine, and the words by which alerts tell one fault."""
    return services().machines.rules.get()


@machines.operation(
    "PUT",
    "/machines/rules",
    role=Role.ADMIN,
    scope=Scope.SETTINGS,
    body=NewMachineRulesSchema,
    answer=MachineRulesSchema,
)
def replace_machine_rules(body: Mapping[str, Any]) -> Row:
    """Change what makes hosts one machine. Hosts are identified anew in the background; machines stay as they are."""
    return services().machines.rules.replace(body, current_editor())
