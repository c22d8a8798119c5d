"""The process that sends one message: reads an order and writes a result, both as JSON."""

import json
import mimetypes
import os
import sys
from typing import Any

from apprise import Apprise, AppriseAsset, NotifyFormat, OverflowMode, URLBase
from apprise.manager_plugins import NotificationManager
from apprise.plugins.base import NotifyBase

from app.channels.confinement import Confinement
from app.channels.http_outcome import HttpOutcome
from app.channels.orders import begin_program
from app.channels.schemes import SCHEMES, fault_of
from app.channels.sender import TIMEOUT_S, Outcome
from app.channels.smtp_outcome import SmtpOutcome
from app.channels.written_addresses import is_written_address_callable

READ_TIMEOUT_S = 15.0
MEMORY = 256 * 1024 * 1024
"""Memory limit in bytes, as a receiver may respond without end. The process needs a quarter of that."""
WITH_HEADERS = frozenset(("form", "json", "xml", "mailto"))
KEY_HEADER = "Idempotency-Key"
REFUSED_ADDRESS = "the address is link-local, multicast or a metadata service; nagare does not connect to those"


def prepare() -> None:
    """Load what every message needs."""
    mimetypes.init()
    NotificationManager().load_modules()  # type: ignore[no-untyped-call]


def main() -> None:
    """Execute the order on stdin and write the result to stdout."""
    answers = begin_program(TIMEOUT_S, MEMORY)
    order = json.loads(sys.stdin.buffer.read())
    confinement = Confinement()
    confinement.begin()
    service = _open(order["url"])
    fault = service if isinstance(service, str) else _fault_of_host(service)
    if "message" not in order:
        answer = {"fault": fault}
    elif fault is not None or isinstance(service, str):
        answer = {"outcome": Outcome.FAILED, "reason": fault}
    else:
        _mark(service, order.get("key"))
        answer = _send(service, order["message"], confinement)
    json.dump(answer, answers)
    answers.flush()
    # Does not wait for a service's threads.
    os._exit(0)


def _open(url: str) -> NotifyBase | str:
    """Return the service of an address, or why there is none, without any part of the address."""
    fault = fault_of(url)
    if fault is not None:
        return fault
    URLBase.socket_read_timeout = READ_TIMEOUT_S
    service = Apprise.instantiate(url, asset=AppriseAsset(storage_mode="memory", plugin_paths=[]))
    # A webhook address as its service shows it is parsed as that service's own kind of address.
    if not isinstance(service, NotifyBase) or not SCHEMES & _schemes(service):
        return "Must be a URL that Apprise supports, such as mailto://, slack://, dingtalk:// or json://."
    if "overflow=" not in url:
        # Services reject a text that is longer than they allow: the start of a page is better than none.
        service.overflow_mode = OverflowMode.TRUNCATE
    return service


def _schemes(service: NotifyBase) -> set[str]:
    """Return the schemes of a service."""
    found: set[str] = set()
    for given in (service.protocol, service.secure_protocol):
        found |= {given} if isinstance(given, str) else {*(given or ())}
    return found


def _fault_of_host(service: NotifyBase) -> str | None:
    """Return what is wrong with a host that is an IP address, in any notation."""
    is_fine = is_written_address_callable(service.host or "")
    return None if is_fine else f"{REFUSED_ADDRESS[0].upper()}{REFUSED_ADDRESS[1:]}."


def _mark(service: NotifyBase, key: str | None) -> None:
    """Put the key of a message into its headers, if the service has headers and the address sets no other key."""
    if key is not None and _schemes(service) & WITH_HEADERS:
        headers: dict[str, str] = vars(service)["headers"]
        headers.setdefault(KEY_HEADER, key)


def _send(service: NotifyBase, message: dict[str, Any], confinement: Confinement) -> dict[str, Any]:
    http_outcome, smtp_outcome = HttpOutcome(), SmtpOutcome()
    http_outcome.watch()
    smtp_outcome.watch()
    apprise = Apprise()
    apprise.add(service)
    is_sent = apprise.notify(
        body=message["body"], title=message["title"], notify_type=message["tone"], body_format=NotifyFormat.TEXT
    )
    if is_sent:
        return {"outcome": Outcome.SENT, "reason": None}
    reason = REFUSED_ADDRESS if confinement.is_address_refused else smtp_outcome.fault or http_outcome.reason
    is_uncertain = http_outcome.is_uncertain or smtp_outcome.is_uncertain
    outcome = Outcome.UNCERTAIN if is_uncertain else Outcome.FAILED
    return {"outcome": outcome, "reason": reason, "retry_after_s": http_outcome.retry_after_s}


if __name__ == "__main__":
    main()
