"""Which of Celery's remote control commands a worker obeys: who can write to Redis has no power over tasks.

A broadcast comes over the broker, from anybody who can write there. So a command is obeyed when it only tells, or when
nothing that it does can be lost; what decides over tasks is asked of nagare itself, which knows who asks.
"""

import os
import signal
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import structlog
from celery.app import control
from celery.worker.control import control_command
from kombu import Queue, pidbox

from app.settings import settings_or_exit

log = structlog.get_logger()
ALLOWED = frozenset(
    {
        "active",
        "active_queues",
        "clock",
        "conf",
        "disable_events",
        "enable_events",
        "heartbeat",
        "ping",
        "query_task",
        "registered",
        "report",
        "reserved",
        "revoked",
        "scheduled",
        "shutdown",
        "stats",
    }
)
REPLIES = "reply.celery.pidbox"
"""The exchange of replies."""
_PARTS = frozenset({"method", "arguments", "destination", "pattern", "matcher", "ticket", "reply_to"})
_CANCEL = "cancel it in the ledger: `nagare tasks cancel ID`, or POST /api/v1/tasks/ID/cancel"
_SLOTS = "start the worker with another -c or --autoscale"
_QUEUES = "start the worker with -Q or -X; `nagare queue pause TYPE` and `resume TYPE` apply to all workers"
_DEBUGGING = "it is for debugging inside a worker and is not supported"
REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "add_consumer": _QUEUES,
        "autoscale": _SLOTS,
        "cancel_consumer": _QUEUES,
        "election": "workers do not gossip",
        "hello": "workers do not mingle and do not exchange revoked tasks",
        "memdump": _DEBUGGING,
        "memsample": _DEBUGGING,
        "objgraph": _DEBUGGING,
        "pool_grow": _SLOTS,
        "pool_restart": "restart the worker: it hands back its running tasks",
        "pool_shrink": _SLOTS,
        "rate_limit": "limit a monitor by its max_parallel_tasks, or pause a type: `nagare queue pause TYPE`",
        "revoke": _CANCEL,
        "revoke_by_stamped_headers": _CANCEL,
        "terminate": _CANCEL,
        "time_limit": "set NAGARE_TASK_TIMEOUT_S and restart the worker",
    }
)


def refusal(command: object) -> str | None:
    """Return why a command is not obeyed, and what to do instead; None when it is."""
    name = str(command)[:100]
    if name in ALLOWED:
        return None
    instead = REFUSED.get(name, "docs/celery.md lists the supported commands")
    return f"nagare workers do not support the remote control command {name}: {instead}"


class CommandRefused(Exception):
    """The command is not one that nagare's workers obey."""


class Node(pidbox.Node):
    """A worker's ear for broadcasts."""

    def handle_message(self, body: Any, message: Any = None) -> Any:
        """Handle a broadcast, unless it is none that Celery itself would send."""
        if is_broadcast(body, message.headers if message else {}):
            return super().handle_message(body, message)
        log.warning("control.malformed", broadcast=repr(body)[:200])
        return None

    def handle(self, method: str, arguments: Any = None) -> Any:
        """Obey an allowed command; answer any other one with the reason."""
        reason = refusal(method)
        if reason is None:
            return super().handle(method, arguments)
        log.warning("control.refused", command=str(method)[:100])
        return {"error": reason}


def is_broadcast(body: Any, headers: Any) -> bool:
    """Whether a broadcast is of the form that Celery sends.

    A reply goes only to who waits for replies, and not into a list of the sender's choice. A pattern is no regular
    expression, which could take for ever.
    """
    return (
        isinstance(body, dict)
        and {"method"} <= {*body} <= _PARTS
        and isinstance(body["method"], str)
        and isinstance(body.get("arguments") or {}, dict)
        and isinstance(body.get("destination") or [], list)
        and isinstance(body.get("pattern") or "", str)
        and body.get("matcher") in (None, "glob")
        and isinstance(body.get("ticket") or "", str)
        and _is_address(body.get("reply_to"))
        and isinstance(headers.get("clock") or 0, int)
    )


def _is_address(reply_to: Any) -> bool:
    return reply_to is None or (
        isinstance(reply_to, dict)
        and reply_to.get("exchange") == REPLIES
        and isinstance(reply_to.get("routing_key"), str)
    )


class Mailbox(control.Mailbox):
    """Where broadcasts arrive."""

    node_cls = Node

    def get_queue(self, hostname: str) -> Queue:
        """Return a worker's queue of broadcasts.

        RabbitMQ gives it to one connection alone, also to one that died in silence: a second worker of the name, or the
        same one that connects anew, would be refused for as long.
        """
        own = f"{hostname}.{uuid4().hex}" if settings_or_exit().amqp_url else hostname
        return super().get_queue(own)


class Control(control.Control):
    """What sends broadcasts."""

    Mailbox = Mailbox

    def broadcast(self, command: str, *arguments: Any, reply: bool = False, **options: Any) -> Any:
        """Send a command to the workers. Raises CommandRefused when they would refuse it and nobody heard of it."""
        reason = None if reply else refusal(command)
        if reason is not None:
            raise CommandRefused(reason)
        return super().broadcast(command, *arguments, reply=reply, **options)


@control_command()
def shutdown(state: Any, **_: Any) -> dict[str, str]:
    """Shut the worker down as SIGTERM does: what it runs is handed back."""
    log.info("worker.shutdown_by_broadcast", worker=state.hostname)
    os.kill(os.getpid(), signal.SIGTERM)
    return {"ok": "shutting down"}
