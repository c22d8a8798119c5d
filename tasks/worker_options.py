"""Refuses to start a worker in a way in which the promise would not hold: by one line, before anything is consumed."""

from collections.abc import Iterable, Mapping
from typing import Any

import click
from celery import concurrency
from celery.concurrency.prefork import TaskPool
from celery.signals import celeryd_init, worker_init

from app.queue.keys import QUEUES
from tasks.control import Control
from tasks.refusal import refuse

PREFORK = ("prefork", "processes")
# So that a name is refused before its module is imported, which may not be installed.
concurrency.ALIASES.update(
    {name: "tasks.worker_options:OtherPool" for name in concurrency.ALIASES if name not in PREFORK}
)


class OtherPool:
    """What every name of a pool but prefork leads to."""


@celeryd_init.connect
def _check_options(instance: Any, options: Mapping[str, Any], **_: Any) -> None:
    """Check what the worker was told by its options, and by the environment and the configuration in their place."""
    problem = _overridden() or _unknown_queue(options) or _refused(instance.app, options)
    if problem is not None:
        refuse(*problem, options.get("logfile"))


@worker_init.connect
def _check_queues(sender: Any, **_: Any) -> None:
    """Check what the worker would take from, however that came about."""
    taken = sender.app.amqp.queues.consume_from
    if not taken:
        refuse("-Q, -X", "no queue is left to take tasks from", sender.logfile)
    if not {*taken} <= {*QUEUES.values()}:
        refuse("task_queues, worker_direct", "workers take tasks from nagare's own queues only", sender.logfile)


def _overridden() -> tuple[str, str] | None:
    """Return which of Celery's settings were given after the options, as in `worker -- worker.pool=threads`."""
    context = click.get_current_context(silent=True)
    if context is None or not context.args:
        return None
    reason = "Celery's settings are not taken from the command line: use nagare's settings and the worker's options"
    return " ".join(context.args), reason


def _unknown_queue(options: Mapping[str, Any]) -> tuple[str, str] | None:
    for flag, given in (("-Q", options.get("queues")), ("-X", options.get("exclude_queues"))):
        unknown = [name for name in _names(given) if name not in {*QUEUES, *QUEUES.values()}]
        if unknown:
            return f"{flag} {','.join(unknown)}", f"there is no such queue: they are {', '.join(QUEUES)}"
    return None


def _names(given: str | Iterable[str] | None) -> list[str]:
    return given.split(",") if isinstance(given, str) else [*(given or ())]


def _refused(app: Any, options: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return what would undo a promise, and what to do instead."""
    if not isinstance(app.control, Control):
        return "worker", "this is not nagare's application: name it by -A tasks"
    pools = app.either("worker_pool", options.get("pool"), options.get("pool_cls")), app.conf.worker_pool
    if not all(pool is TaskPool or pool in PREFORK for pool in pools):
        return "--pool, worker_pool", "only prefork keeps leases and time limits: leave it out; -c says how many tasks"
    if options.get("soft_time_limit") or options.get("time_limit"):
        return "--soft-time-limit, --time-limit", "set NAGARE_TASK_TIMEOUT_S, which counts for all workers"
    if {app.conf.broker_read_url, app.conf.broker_write_url} != {app.conf.first("broker_url")}:
        return "--broker, CELERY_BROKER_URL", "workers go where nagare sends: set REDIS_URL, or BROKER_URL for RabbitMQ"
    if options.get("purge"):
        return "--purge", "the ledger publishes the messages again; `nagare queue clear TYPE` cancels what waits"
    return None
