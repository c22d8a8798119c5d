"""The first steps with nagare."""

from typing import Any

from app.enums import Role
from app.web.api_blueprint import ApiBlueprint
from app.web.context import services
from app.web.schemas.first_steps import FirstStepsSchema

first_steps = ApiBlueprint("first_steps", __name__, description="What a new installation still needs")


@first_steps.operation("GET", "/first-steps", role=Role.VIEWER, answer=FirstStepsSchema)
def get_first_steps() -> dict[str, Any]:
    """Return which of the first steps are done: add a monitor, pull, see, be told."""
    return services().operation.first_steps.find()
