"""Refuses worker options that would break nagare's guarantees, with one line before anything is consumed."""

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
# So that a pool is refused before its module is imported, which may not be installed.
concurrency.ALIASES.update(
    {name: "tasks.worker_options:OtherPool" for name in concurrency.ALIASES if name not in PREFORK}
)


class OtherPool:
    """Placeholder for every pool but prefork."""


@celeryd_init.connect
def _check_options(instance: Any, options: Mapping[str, Any], **_: Any) -> None:
    """Check the worker's options, and the environment and configuration that can replace them."""
    problem = _overridden() or _unknown_queue(options) or _refused(instance.app, options)
    if problem is not None:
        refuse(*problem, options.get("logfile"))


@worker_init.connect
def _check_queues(sender: Any, **_: Any) -> None:
    """Check which queues the worker would consume, however they were chosen."""
    taken = sender.app.amqp.queues.consume_from
    if not taken:
        refuse("-Q, -X", "no queue is left to consume from", sender.logfile)
    if not {*taken} <= {*QUEUES.values()}:
        refuse("task_queues, worker_direct", "workers consume only nagare's queues", sender.logfile)


def _overridden() -> tuple[str, str] | None:
    """Return Celery settings that were given after the options, as in `worker -- worker.pool=threads`."""
    context = click.get_current_context(silent=True)
    if context is None or not context.args:
        return None
    reason = "Celery settings on the command line are not supported: use nagare's settings and the worker's options"
    return " ".join(context.args), reason


def _unknown_queue(options: Mapping[str, Any]) -> tuple[str, str] | None:
    for flag, given in (("-Q", options.get("queues")), ("-X", options.get("exclude_queues"))):
        unknown = [name for name in _names(given) if name not in {*QUEUES, *QUEUES.values()}]
        if unknown:
            return f"{flag} {','.join(unknown)}", f"unknown queue: the queues are {', '.join(QUEUES)}"
    return None


def _names(given: str | Iterable[str] | None) -> list[str]:
    return given.split(",") if isinstance(given, str) else [*(given or ())]


def _refused(app: Any, options: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return an option that would break a guarantee, and what to do instead."""
    if not isinstance(app.control, Control):
        return "worker", "this is not the nagare application: use -A tasks"
    pools = app.either("worker_pool", options.get("pool"), options.get("pool_cls")), app.conf.worker_pool
    if not all(pool is TaskPool or pool in PREFORK for pool in pools):
        return (
            "--pool, worker_pool",
            "only prefork supports leases and time limits: omit this option; -c sets the slots",
        )
    if options.get("soft_time_limit") or options.get("time_limit"):
        return "--soft-time-limit, --time-limit", "set NAGARE_TASK_TIMEOUT_S, which applies to all workers"
    if {app.conf.broker_read_url, app.conf.broker_write_url} != {app.conf.first("broker_url")}:
        return "--broker, CELERY_BROKER_URL", "workers use nagare's broker: set REDIS_URL, or BROKER_URL for RabbitMQ"
    if options.get("purge"):
        return (
            "--purge",
            "the messages would be republished from the ledger; `nagare queue clear TYPE` cancels waiting tasks",
        )
    return None
