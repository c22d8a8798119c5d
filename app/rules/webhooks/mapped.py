"""Reads webhook bodies of any shape by the field mapping of their monitor."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NoReturn

from app.errors import Invalid
from app.rules.alerts.alert_bounds import bounded
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.severities import MISSING
from app.rules.alerts.source_times import read_time
from app.rules.webhooks.expressions import FAULTS, Evaluation, reason_of
from app.rules.webhooks.field_mappings import FieldMapping
from app.rules.webhooks.fields import MAX_ALERTS
from app.rules.webhooks.json_values import as_text, storable
from app.rules.webhooks.plain import SOURCE, identity_of
from app.rules.webhooks.posted import Posted, Refusal, without_repeats

ALERT, WHOLE = "mapped", "mapped_body"
"""The formats of what is refused. They are stored, so they never change."""
PAIRS = "an object, or a list of pairs like env:prod"
TIME = "a time like 2026-01-31T12:00:00Z, or seconds or milliseconds since 1970"
NAMES = ("name", "key", "label", "tag")
"""What systems call the name of a label in a list of labels."""
PAIR = re.compile(r"([^:=]+)[:=](.*)", re.DOTALL)
NUMBER = re.compile(r"\d+(\.\d*)?", re.ASCII)
UNITS = (1, 10**3, 10**6, 10**9)
"""Of a second."""
FAR_S = 10**11
"""Year 5138: a number beyond it is in a smaller unit."""
PLACEHOLDER = re.compile(
    r"\*UNKNOWN\*|\{\{.*\}\}|\$\{.*\}|\{[A-Z0-9_<>]+\.[A-Z0-9_.<>]+\}|\$[A-Za-z_]\w*\$?|%\w+%|null|undefined|None",
    re.DOTALL,
)
"""What systems send in place of a variable that they could not expand."""


def parse_mapped(mapping: FieldMapping, body: object) -> Posted:
    """Return what the mapping finds in a body, in its order; an alert that does not fit it is refused alone.

    A body in which it finds no alerts is one refusal, so that the body is kept until the mapping is mended.
    """
    mapped = MappedBody(mapping, storable(body))
    try:
        alerts = mapped.alerts()
    except Invalid as error:
        return Posted(refusals=[Refusal(WHOLE, "", error.field, str(error), body)])
    reports, refusals = [], []
    for place, alert in alerts:
        try:
            reports.append(mapped.read(alert, place))
        except Invalid as error:
            kept = {"alert": alert, "body": mapped.beside(alert)}
            refusals.append(Refusal(ALERT, place, error.field, str(error), kept))
    return Posted(without_repeats(reports), refusals)


def read_mapped_again(mapping: FieldMapping | None, place: str, kept: Any) -> AlertReport:
    """Return the report of an alert that was refused. Raises Invalid if it still cannot be read."""
    if mapping is None:
        raise Invalid(place or "body", "The monitor no longer has a field mapping: give it one, and retry.")
    return MappedBody(mapping, kept["body"]).read(kept["alert"], place)


class MappedBody:
    """One body, and what the expressions of a mapping find in it."""

    def __init__(self, mapping: FieldMapping, body: object) -> None:
        self._mapping = mapping
        self._body = body
        self._evaluation = Evaluation(body)

    def alerts(self) -> list[tuple[str, Any]]:
        """Return place and JSON of each alert. Raises Invalid if the body has none."""
        if "alerts" not in self._mapping.texts:
            found, field = self._body, "body"
        else:
            found, field = self._find("alerts", self._body, "alerts"), "alerts"
        if isinstance(found, list):
            if len(found) > MAX_ALERTS:
                raise Invalid(field, f"Must not have more than {MAX_ALERTS} alerts.")
            return [(f"alerts.{number}", alert) for number, alert in enumerate(found)]
        if not isinstance(found, Mapping):
            raise Invalid(field, f"Must be a list of alerts or an object, but it is {_kind(found)}.")
        return [("", found)]

    def read(self, alert: object, place: str) -> AlertReport:
        """Return the report of one alert. Raises Invalid naming the place and the field that cannot be read."""
        values = {name: self._find(name, alert, _path(place, name)) for name in self._mapping.texts if name != "alerts"}
        return bounded(replace(_MappedAlert(self._mapping, values, place).report(), raw=alert))

    def beside(self, alert: object) -> Any:
        """Return what `body()` needs to read one alert again: the body without its lists of alerts."""
        if alert is self._body or not isinstance(self._body, Mapping):
            return alert
        return {name: value for name, value in self._body.items() if not isinstance(value, list) and value is not alert}

    def _find(self, name: str, value: object, path: str) -> Any:
        try:
            found = self._evaluation.visit(self._mapping.trees[name], value)
        except FAULTS as error:
            raise Invalid(path, f"The expression {self._mapping.texts[name]} fails: {reason_of(error)}.") from None
        if not isinstance(found, str | int | float | list | dict | None):
            raise Invalid(path, f"The expression {self._mapping.texts[name]} finds no JSON value.")
        return found


class _MappedAlert:
    """What the expressions found in one alert; methods raise Invalid."""

    def __init__(self, mapping: FieldMapping, values: Mapping[str, Any], place: str) -> None:
        self._mapping = mapping
        self._values = values
        self._place = place

    def report(self) -> AlertReport:
        message, host, item, labels = self._message(), self._text("host"), self._text("item"), self._pairs("labels")
        is_firing = self._is_firing()
        return AlertReport(
            source=SOURCE,
            external_id=self._id() or identity_of(host, item, message, labels),
            is_firing=is_firing,
            message=message,
            source_severity=self._text("severity") or MISSING,
            description=as_text(self._values.get("description")).strip(),
            comment=as_text(self._values.get("comment")).strip(),
            value=as_text(self._values.get("value")).strip() or None,
            labels=labels,
            annotations=self._pairs("annotations"),
            started_at=self._time("started_at"),
            ended_at=None if is_firing else self._time("ended_at"),
            source_url=self._text("url") or None,
            host_external_id=host or None,
            host_name=host or None,
            item_external_id=item or None,
            item_name=item or None,
        )

    def _message(self) -> str:
        return self._text("message") or self._refuse("message", "finds nothing, and a message is required")

    def _id(self) -> str:
        text = self._text("id")
        if PLACEHOLDER.fullmatch(text):
            self._refuse("id", f"finds {text[:100]}, which its sender did not expand: it is no identity")
        return text

    def _is_firing(self) -> bool:
        if "status" not in self._mapping.texts:
            return True
        word = self._text("status").casefold()
        if word not in self._mapping.statuses:
            found = f"finds {word[:100]}, which is" if word else "finds nothing, which is"
            self._refuse("status", f"{found} none of the words for firing or resolved: add it to one of them")
        return self._mapping.statuses[word]

    def _text(self, name: str) -> str:
        """Return a text, or a number or a boolean as text."""
        value = self._values.get(name)
        if isinstance(value, list | dict):
            self._refuse(name, f"must find a text, but finds {_kind(value)}")
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return as_text(value).strip()

    def _pairs(self, name: str) -> dict[str, str]:
        """Return an object, or a list of pairs such as `env:prod` or {"name": "env", "value": "prod"}."""
        value = self._values.get(name)
        if isinstance(value, Mapping):
            pairs = [*value.items()]
        elif isinstance(value, str | list):
            members = value.split(",") if isinstance(value, str) else value
            pairs = [_pair(member) or self._refuse(name, f"must find {PAIRS}") for member in members if member]
        else:
            pairs = [] if value is None else self._refuse(name, f"must find {PAIRS}, but finds {_kind(value)}")
        return {label: as_text(each).strip() for label, each in pairs if label and each is not None}

    def _time(self, name: str) -> datetime | None:
        text = self._text(name)
        try:
            return _moment(float(text)) if NUMBER.fullmatch(text) else read_time(text)
        except (ValueError, OverflowError, OSError):
            self._refuse(name, f"must find {TIME}")

    def _refuse(self, name: str, fault: str) -> NoReturn:
        raise Invalid(_path(self._place, name), f"The expression {self._mapping.texts[name]} {fault}.")


def _pair(member: object) -> tuple[str, Any] | None:
    if isinstance(member, str):
        found = PAIR.fullmatch(member)
        return (found[1].strip(), found[2]) if found else (member.strip(), "true")
    if not isinstance(member, Mapping):
        return None
    name = next((member[each] for each in NAMES if isinstance(member.get(each), str)), None)
    if name is not None:
        return name, member.get("value")
    return next(iter(member.items())) if len(member) == 1 else None


def _moment(number: float) -> datetime | None:
    unit = next((unit for unit in UNITS if number / unit < FAR_S), UNITS[-1])
    return datetime.fromtimestamp(number / unit, UTC) if number else None


def _path(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _kind(value: object) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    kinds = ((str, "a text"), (list, "a list"), (dict, "an object"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "a number")
