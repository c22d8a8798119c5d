"""The Celery remote control commands that a worker supports: write access to Redis gives no power over tasks.

Anybody who can write to the broker can send a broadcast. So a worker supports commands that only read, or that cannot
lose anything; whoever wants to change a task must ask nagare, which authenticates and authorizes.
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
    """Return why a command is not supported and what to do instead; None when it is."""
    name = str(command)[:100]
    if name in ALLOWED:
        return None
    instead = REFUSED.get(name, "docs/celery.md lists the supported commands")
    return f"nagare workers do not support the remote control command {name}: {instead}"


class CommandRefused(Exception):
    """The command is not one that nagare's workers support."""


class Node(pidbox.Node):
    """A worker's receiver of broadcasts."""

    def handle_message(self, body: Any, message: Any = None) -> Any:
        """Handle a broadcast if it has the format that Celery sends."""
        if is_broadcast(body, message.headers if message else {}):
            return super().handle_message(body, message)
        log.warning("control.malformed", broadcast=repr(body)[:200])
        return None

    def handle(self, method: str, arguments: Any = None) -> Any:
        """Run a supported command; reply to any other with the reason."""
        reason = refusal(method)
        if reason is None:
            return super().handle(method, arguments)
        log.warning("control.refused", command=str(method)[:100])
        return {"error": reason}


def is_broadcast(body: Any, headers: Any) -> bool:
    """Whether a broadcast has the format that Celery sends.

    Replies go only to Celery's reply exchange, not to a list of the sender's choice. A pattern must not be a regular
    expression, which could take forever.
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
    """The mailbox of broadcasts."""

    node_cls = Node

    def get_queue(self, hostname: str) -> Queue:
        """Return a worker's broadcast queue.

        RabbitMQ gives an exclusive queue to one connection, even to one that died silently: a second worker with the
        same name, or the same one that reconnects, would be refused for as long.
        """
        own = f"{hostname}.{uuid4().hex}" if settings_or_exit().amqp_url else hostname
        return super().get_queue(own)


class Control(control.Control):
    """Sends broadcasts."""

    Mailbox = Mailbox

    def broadcast(self, command: str, *arguments: Any, reply: bool = False, **options: Any) -> Any:
        """Send a command to the workers. Raises CommandRefused when they do not support it and no reply is expected."""
        reason = None if reply else refusal(command)
        if reason is not None:
            raise CommandRefused(reason)
        return super().broadcast(command, *arguments, reply=reply, **options)


@control_command()
def shutdown(state: Any, **_: Any) -> dict[str, str]:
    """Shut the worker down as SIGTERM does: it hands back its running tasks."""
    log.info("worker.shutdown_by_broadcast", worker=state.hostname)
    os.kill(os.getpid(), signal.SIGTERM)
    return {"ok": "shutting down"}
