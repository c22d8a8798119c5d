"""Monitors: add, edit, check, pull, enable, disable, delete."""

from contextlib import suppress
from typing import Any

from flask import Response, request
from marshmallow import validate

from app.connectors.registry import connector_types
from app.enums import TERMINAL_STATES, Role, TaskState, TaskType
from app.errors import NameTaken
from app.rules.monitor_types import WEBHOOK
from app.rules.task_params.alerts import PullAlerts
from app.rules.task_params.base import MonitorParams
from app.rules.task_params.pull import PullHosts, PullItems
from app.rules.task_params.sync import Sync
from app.store.database.pages import PageRequest
from app.web.context import Row, services
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import KEPT_IF_BLANK, back, filters_of, read_form, read_query, removed_secrets, requester
from app.web.dashboard.refused_forms import trial
from app.web.dashboard.task_subjects import with_subjects
from app.web.dashboard.task_words import error_text
from app.web.schemas.fields import Integer
from app.web.schemas.monitors import MonitorChangesSchema, NewMonitorSchema
from app.web.schemas.pages import PageQuerySchema
from app.web.schemas.schedules import NewScheduleSchema

MONITOR = "/monitors/<id:monitor_id>"
RECENT = 10
PULL_MINUTES = (1, 5, 15, 30)
PULLS: dict[str, type[MonitorParams]] = {"hosts": PullHosts, "items": PullItems, "alerts": PullAlerts, "all": Sync}


class NewMonitorFormSchema(NewMonitorSchema):
    """A new monitor as the form has it: with how often it is pulled."""

    pull_every = Integer(validate=validate.OneOf(PULL_MINUTES), allow_none=True)


@dashboard.page("/monitors", role=Role.VIEWER)
def monitors() -> str:
    """List the monitors with the tasks of each."""
    query = read_query(PageQuerySchema)
    page = services().inventory.monitors.list(**query)
    choices = {"types": connector_types(), "pull_minutes": PULL_MINUTES}
    return render("monitors", page=page, filters=filters_of(query), work=_work(), **choices)


@dashboard.page(MONITOR, role=Role.VIEWER)
def monitor(monitor_id: int) -> str:
    """Show one monitor and its latest tasks."""
    return _show(monitor_id)


@dashboard.action(MONITOR + "/webhook-token", role=Role.ADMIN)
def issue_webhook_token(monitor_id: int) -> Response:
    """Create the token by which a monitor sends alerts, and show it; the last one stops to work."""
    return Response(_show(monitor_id, token=services().alerts.webhooks.issue_token(monitor_id)))


def _show(monitor_id: int, token: str = "") -> str:
    found = services().inventory.monitors.get(monitor_id)
    tasks = services().ledger.tasks.list(PageRequest(RECENT), monitor_id=monitor_id).items
    is_busy = any(task["state"] not in TERMINAL_STATES for task in tasks)
    tasks = with_subjects(tasks, {monitor_id: found["name"]})
    path, receiver = f"/monitors/{monitor_id}", f"{request.host_url}api/v1/alerts/webhook"
    return render("monitor", monitor=found, tasks=tasks, is_busy=is_busy, token=token, own_path=path, receiver=receiver)


@dashboard.action("/monitors", role=Role.ADMIN)
def add_monitor() -> Response:
    """Add a monitor, and pull it from now on if the form says how often."""
    form = read_form(NewMonitorFormSchema)
    every = form.pop("pull_every", None)
    found = services().inventory.monitors.create(form)
    told = "flash.receiver_added" if found["type"] == WEBHOOK else "flash.monitor_added"
    if every is not None and found["type"] != WEBHOOK:
        _pull_from_now_on(found, every)
        told = "flash.monitor_pulled"
    return lead_to(f"/monitors/{found['id']}", told, name=found["name"], id=found["id"])


@dashboard.action("/monitors/test", role=Role.ADMIN)
def test_new_monitor() -> str:
    """Test the connection to a monitor that is not saved."""
    form = read_form(NewMonitorFormSchema)
    form.pop("pull_every", None)
    check = services().inventory.monitors.check_new(form)
    return trial("/monitors", render("monitor_trial", check=check))


@dashboard.action(MONITOR + "/test", role=Role.ADMIN)
def test_changed_monitor(monitor_id: int) -> str:
    """Test the connection to a monitor with changes that are not saved."""
    changes = removed_secrets(KEPT_IF_BLANK) | read_form(MonitorChangesSchema)
    check = services().inventory.monitors.check_changes(monitor_id, changes)
    return trial(f"/monitors/{monitor_id}", render("monitor_trial", check=check))


@dashboard.action(MONITOR, role=Role.ADMIN)
def edit_monitor(monitor_id: int) -> Response:
    """Change a monitor."""
    changes = removed_secrets(KEPT_IF_BLANK) | read_form(MonitorChangesSchema)
    found = services().inventory.monitors.update(monitor_id, changes)
    return lead_to(back(f"/monitors/{monitor_id}"), "flash.saved", name=found["name"])


@dashboard.action(MONITOR + "/delete", role=Role.ADMIN)
def delete_monitor(monitor_id: int) -> Response:
    """Delete a monitor with all its data."""
    name = services().inventory.monitors.get(monitor_id)["name"]
    services().inventory.monitors.delete(monitor_id)
    return lead_to("/monitors", "flash.deleted", name=name)


@dashboard.action(MONITOR + "/check", role=Role.OPERATOR)
def check_monitor(monitor_id: int) -> Response:
    """Test the connection to a monitor."""
    check = services().inventory.monitors.check(monitor_id)
    path = back(f"/monitors/{monitor_id}")
    if check.ok:
        return lead_to(path, "flash.check_ok", version=check.version or "–", latency=check.latency_ms)
    error = " ".join(filter(None, (error_text(check.error), error_text(check.advice))))
    return lead_to(path, "flash.check_failed", "bad", error=error)


@dashboard.action(MONITOR + "/pull/<any(all, hosts, items, alerts):what>", role=Role.OPERATOR)
def pull_monitor(monitor_id: int, what: str) -> Response:
    """Queue a pull of the hosts, items or alerts of a monitor, or of all of them in order."""
    services().ledger.submit.accept(requester(), PULLS[what](monitor_id=monitor_id))
    return lead_to(back(f"/monitors/{monitor_id}"), "flash.pull_queued")


def _pull_from_now_on(monitor: Row, minutes: int) -> None:
    """Queue a pull of everything, and schedule the next ones."""
    services().ledger.submit.accept(requester(), Sync(monitor_id=monitor["id"]))
    params = {"monitor_id": monitor["id"]}
    schedule = {"name": monitor["name"], "task_type": TaskType.SYNC, "cron": f"*/{minutes} * * * *", "params": params}
    with suppress(NameTaken):
        services().ledger.schedules.create(NewScheduleSchema().load(schedule))


def monitor_names() -> dict[int, str]:
    """Return the monitors' names by id, for filters and links."""
    return {row["id"]: row["name"] for row in services().inventory.monitors.list(PageRequest(500)).items}


def _work() -> dict[int, list[Row]]:
    """Return the running and waiting tasks by monitor, without those that are scheduled for later."""
    found: dict[int, list[Any]] = {}
    for state in (TaskState.RUNNING, TaskState.QUEUED, TaskState.RETRYING):
        for task in services().ledger.tasks.list(PageRequest(100), state=state, scheduled=False).items:
            found.setdefault(task["monitor_id"], []).append(task)
    return found
