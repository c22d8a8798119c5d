"""The tasks that page people."""

from collections.abc import Mapping
from typing import Any

from app.rules.task_params.page import PageStep, SendPage
from tasks.base import Run, task


@task(PageStep)
def page_step(run: Run[PageStep]) -> Mapping[str, Any]:
    """Take a step of a page."""
    wanted = run.params
    return run.services.paging.steps.take(wanted.page_id, wanted.round, wanted.step)


@task(SendPage)
def send_page(run: Run[SendPage]) -> Mapping[str, Any]:
    """Send the messages of pages that are due at a channel."""
    return run.services.paging.delivery.send(run.task_id, run.params.delivery_id)
