"""Tries a monitor before and after it is saved."""

from dataclasses import dataclass

from app import clock
from app.connectors.base import MonitorAccess
from app.connectors.diagnosis.advice import advise
from app.errors import Invalid, SourceError
from app.rules.monitor_types import WEBHOOK
from app.services.inventory.monitor_connections import OpenConnector
from app.services.inventory.observed_connector import observed


@dataclass(frozen=True, slots=True)
class Check:
    """The result of a contact with a monitor."""

    ok: bool
    version: str | None
    latency_ms: int
    error: str | None
    advice: str | None = None
    """What is wrong and what to do, as a sentence."""
    url: str | None = None
    """The address that is right, if one was found."""


def check_connection(
    open_connector: OpenConnector, type: str, access: MonitorAccess, monitor_id: int | None = None
) -> Check:
    """Sign in to a monitor and read its version; look for the reason if that fails. Raises Invalid."""
    started = clock.monotonic()
    try:
        with open_connector(type, access) as connector:
            version = (connector if monitor_id is None else observed(connector, monitor_id)).check()
    except SourceError as error:
        latency_ms = _since(started)
        advice = advise(type, access, error, open_connector)
        told = (advice.sentence, advice.url) if advice else (None, None)
        return Check(False, None, latency_ms, str(error), *told)
    return Check(True, version, _since(started), None)


def require_connection(open_connector: OpenConnector, type: str, access: MonitorAccess) -> None:
    """Raise Invalid naming the field to look at, with the reason, if a monitor cannot be signed in to."""
    if type == WEBHOOK:
        return
    check = check_connection(open_connector, type, access)
    if not check.ok:
        raise Invalid(_field(check), " ".join(filter(None, (_sentence(check.error), _sentence(check.advice)))))


def _field(check: Check) -> str:
    told = f"{check.error} {check.advice or ''}"
    if check.url:
        return "url"
    for field in ("proxy_url", "ca_pem", "client_cert_pem"):
        if f"`{field}`" in told:
            return field
    return "url"


def _sentence(text: str | None) -> str:
    return f"{text.rstrip('.')}." if text else ""


def _since(started: float) -> int:
    return round((clock.monotonic() - started) * 1000)
