"""Says by matchers which alerts tell the same fault as one alert, here or on other hosts."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.rules.alerts.prometheus_alerts import HOST_LABELS
from app.rules.matchers.matcher import Matcher, Matchers, Operator
from app.rules.matchers.texts import text_of

NAME = "alertname"
PLACES = frozenset((*HOST_LABELS, "nodename", "fqdn", "address", "prometheus_replica", "replica"))
"""Labels that name the machine or the server that saw it, and not the fault."""
MAX_LENGTH = 3000
"""Of all matchers as text, so that they fit into a query."""


def same_fault(alert: Mapping[Any, Any]) -> Matchers:
    """Return the matchers of the alerts that tell the same fault, whatever their hosts.

    Those of a rule of Prometheus have its `alertname` and the same labels, but for those that name the host: their
    messages contain values. Others have the same message.
    """
    labels: Mapping[str, str] = alert["labels"]
    if not labels.get(NAME):
        return (Matcher("alert.message", Operator.EQUAL, alert["message"], is_field=True),)
    return tuple(_that_fit(labels, alert["host"]))


def elsewhere(alert: Mapping[Any, Any]) -> Matchers:
    """Return the matchers of the alerts on other hosts that tell the same fault."""
    is_named = bool(alert["host"])
    other = (Matcher("alert.host", Operator.UNEQUAL, alert["host"], is_field=True),) if is_named else ()
    return (*same_fault(alert), *other)


def _that_fit(labels: Mapping[str, str], host: str | None) -> Iterator[Matcher]:
    length = 0
    for name in sorted(labels, key=lambda name: (name != NAME, name)):
        matcher = Matcher(name, Operator.EQUAL, labels[name])
        length += len(text_of(matcher))
        if length > MAX_LENGTH and name != NAME:
            return
        if not _is_place(name, labels[name], host):
            yield matcher


def _is_place(name: str, value: str, host: str | None) -> bool:
    # An exporter's port follows the name, as in `db-01:9100`.
    return name in PLACES or not value or (host is not None and value.partition(":")[0] == host.partition(":")[0])
