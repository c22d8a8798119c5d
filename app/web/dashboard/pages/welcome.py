"""The first steps, which the overview leads through; the demo of the first start is removed there."""

from typing import Any

from flask import Response

from app.enums import Role
from app.web.context import current_user, services
from app.web.dashboard.blueprint import dashboard
from app.web.dashboard.flash import lead_to
from app.web.dashboard.visitor_settings import is_welcome_hidden

STEPS = ("add", "pull", "see", "be_told")


def welcome() -> dict[str, Any] | None:
    """Return the steps and what is done; None if all are, or the visitor has closed them and there is a monitor."""
    found = services().operation.first_steps.find()
    is_empty = found["monitor_id"] is None and found["demo_monitor_id"] is None
    is_wanted = Role(current_user()["role"]).includes(Role.ADMIN) and not is_welcome_hidden()
    is_done = all(found[step] for step in STEPS)
    if not is_empty and (is_done or not is_wanted):
        return None
    return {**found, "is_empty": is_empty, "next": next((step for step in STEPS if not found[step]), None)}


@dashboard.action("/demo/delete", role=Role.ADMIN)
def delete_demo() -> Response:
    """Delete the demo fleet with all that it brought."""
    demo_id = services().operation.first_steps.find()["demo_monitor_id"]
    if demo_id is not None:
        services().inventory.monitors.delete(demo_id)
    return lead_to("/", "flash.demo_deleted")
