"""The least that can return a 202: a bare Flask view that calls `send_task`, without sign-in, checks and a ledger."""

import os

from celery import Celery
from flask import Flask

application = Flask(__name__)
celery = Celery("bare", broker=os.environ["REDIS_URL"])
celery.conf.task_default_queue = "bare"


@application.post("/monitors/<int:monitor_id>/hosts/pull-async")
def pull_hosts(monitor_id: int) -> tuple[dict[str, object], int]:
    """Send a task."""
    sent = celery.send_task("pull_hosts", (monitor_id,), ignore_result=True)
    return {"message": "Host pull task queued", "task_id": sent.id, "monitor_id": monitor_id}, 202
