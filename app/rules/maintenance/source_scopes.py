"""Translates what a maintenance window covers into the hosts or the labels of one source, if they can say it exactly.

Where a source can say only part of it, it is told less, never more: an alert that the window does not cover must not be
kept quiet at the source.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from app.errors import Invalid
from app.rules.alerts.prometheus_alerts import HOST_LABELS
from app.rules.matchers.fields import ALERT_FIELDS
from app.rules.matchers.matcher import Matcher, Matchers, Operator, do_hold
from app.rules.matchers.syntax import parse

MAX_SETS = 100
"""How many silences one occurrence may need."""
MONITOR, HOST, GROUP = "alert.monitor", "alert.host", "alert.group"
EVERY_ALERT = Matcher("alertname", Operator.MATCHES, ".+")
"""Alertmanager takes no silence whose matchers all match an alert without these labels."""
HOST_PLACE = ("job", "instance")
"""The labels that link an alert to a host."""


class SourceHost(NamedTuple):
    """A host of a source, as far as a window can name it."""

    id: int
    external_id: str
    name: str
    display_name: str
    groups: Sequence[str]
    labels: Mapping[str, str]


class WindowScope(NamedTuple):
    """What a window covers."""

    monitor_id: int | None
    host_id: int | None
    group: str | None
    matchers: Matchers

    @classmethod
    def of(cls, window: Mapping[Any, Any]) -> "WindowScope":
        """Return the scope of a window. Raises InvalidMatcher."""
        matchers = parse(window["match"] or "", ALERT_FIELDS)
        return cls(window["monitor_id"], window["host_id"], window["group"], matchers)

    def is_of(self, monitor_id: int, monitor_name: str) -> bool:
        """Return whether it can cover alerts of a monitor."""
        if self.monitor_id not in (None, monitor_id):
            return False
        named = [one for one in self.matchers if _is(one, MONITOR)]
        return do_hold(named, {}, {MONITOR: (monitor_name,)})

    def names_hosts(self, *fields: str) -> bool:
        """Return whether it covers only some hosts, by number, group or these fields of matchers."""
        return bool(self.host_id or self.group or any(_is(one, *fields) for one in self.matchers))

    def hosts(self, hosts: Sequence[SourceHost], *fields: str) -> Iterator[SourceHost]:
        """Yield those of a source's hosts that it covers, by number, group and these fields of matchers."""
        named = [one for one in self.matchers if _is(one, *fields)]
        for host in hosts:
            is_meant = self.host_id in (None, host.id) and (self.group is None or self.group in host.groups)
            names = tuple(filter(None, (host.name, host.display_name)))
            if is_meant and do_hold(named, {}, {HOST: names, GROUP: tuple(host.groups)}):
                yield host


def scope_of_hosts(scope: WindowScope, source: str, hosts: Sequence[SourceHost]) -> list[str] | None:
    """Return the external ids of the hosts that a source has to be told; None for all of its hosts.

    Raises Invalid for `match` if it can be told only hosts, and a matcher names something else.
    """
    _refuse(scope, source, is_label_known=False, fields=(MONITOR, HOST, GROUP))
    if not scope.names_hosts(HOST, GROUP):
        return None
    return sorted(host.external_id for host in scope.hosts(hosts, HOST, GROUP))


def scope_of_labels(scope: WindowScope, source: str, hosts: Sequence[SourceHost]) -> list[Matchers]:
    """Return the sets of matchers that a source has to be told; none if it has no such host.

    Raises Invalid naming the field if matchers of labels cannot say it.
    """
    _refuse(scope, source, is_label_known=True, fields=(MONITOR, HOST, GROUP))
    choices = [_named(one, source) for one in scope.matchers if _is(one, HOST)]
    if scope.names_hosts(GROUP):
        choices.append([_place(host) for host in scope.hosts(hosts, GROUP) if all(map(host.labels.get, HOST_PLACE))])
    plain = tuple(one for one in scope.matchers if not one.is_field)
    sets = [_with_any((*plain, *(one for part in parts for one in part))) for parts in product(*choices)]
    if len(sets) > MAX_SETS:
        raise Invalid(
            "group" if scope.group else "match",
            f"{source} would need {len(sets)} silences for its hosts, more than {MAX_SETS}: cover them by a label.",
        )
    return sets


def _refuse(scope: WindowScope, source: str, *, is_label_known: bool, fields: Sequence[str]) -> None:
    for one in scope.matchers:
        if not (is_label_known if not one.is_field else one.name in fields):
            known = ", ".join(fields[1:]) + (" and labels" if is_label_known else "")
            raise Invalid(
                "match",
                f"{one.name} cannot be told to {source}, which knows only {known} here. Leave it out, choose another"
                " monitor_id, or set push_to_source to false.",
            )


def _named(one: Matcher, source: str) -> list[Matchers]:
    """Return what `alert.host` is in labels: the first of HOST_LABELS that is not empty has the name."""
    if one.is_negative or one.is_value(""):
        raise Invalid(
            "match",
            f"{one.name}{one.operator} cannot be told to {source}: use = or =~ with a name, or set push_to_source to"
            " false.",
        )
    missing = [Matcher(label, Operator.EQUAL, "") for label in HOST_LABELS]
    return [(*missing[:at], Matcher(label, one.operator, one.value)) for at, label in enumerate(HOST_LABELS)]


def _place(host: SourceHost) -> Matchers:
    return tuple(Matcher(name, Operator.EQUAL, host.labels[name]) for name in HOST_PLACE)


def _with_any(matchers: Matchers) -> Matchers:
    does_match_nothing = all(one.is_value("") is not one.is_negative for one in matchers)
    return (*matchers, EVERY_ALERT) if does_match_nothing else matchers


def _is(matcher: Matcher, *fields: str) -> bool:
    return matcher.is_field and matcher.name in fields
