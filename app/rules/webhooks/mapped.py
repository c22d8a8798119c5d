"""Reads webhook bodies of any shape by the field mapping of their monitor."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.errors import Invalid
from app.rules.alerts.alert_bounds import bounded
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.severities import MISSING
from app.rules.webhooks.expressions import Evaluation
from app.rules.webhooks.field_mappings import FieldMapping
from app.rules.webhooks.fields import MAX_ALERTS
from app.rules.webhooks.found_values import Found, find, kind_of, path_of
from app.rules.webhooks.json_values import as_text, storable
from app.rules.webhooks.plain import SOURCE, identity_of
from app.rules.webhooks.posted import Posted, Refusal, without_repeats

ALERT, WHOLE = "mapped", "mapped_body"
"""The formats of what is refused. They are stored, so they never change."""
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
            raise Invalid(field, f"Must be a list of alerts or an object, but it is {kind_of(found)}.")
        return [("", found)]

    def read(self, alert: object, place: str) -> AlertReport:
        """Return the report of one alert. Raises Invalid naming the place and the field that cannot be read."""
        values = {
            name: self._find(name, alert, path_of(place, name)) for name in self._mapping.texts if name != "alerts"
        }
        return bounded(replace(_MappedAlert(self._mapping, values, place).report(), raw=alert))

    def beside(self, alert: object) -> Any:
        """Return what `body()` needs to read one alert again: the body without its lists of alerts."""
        if alert is self._body or not isinstance(self._body, Mapping):
            return alert
        return {name: value for name, value in self._body.items() if not isinstance(value, list) and value is not alert}

    def _find(self, name: str, value: object, path: str) -> Any:
        return find(self._evaluation, self._mapping.trees[name], self._mapping.texts[name], value, path)


class _MappedAlert(Found):
    """What the expressions found in one alert; methods raise Invalid."""

    def __init__(self, mapping: FieldMapping, values: Mapping[str, Any], place: str) -> None:
        super().__init__(mapping.texts, values, place)
        self._statuses = mapping.statuses

    def report(self) -> AlertReport:
        message, host, item, labels = self._message(), self.text("host"), self.text("item"), self.pairs("labels")
        is_firing = self._is_firing()
        return AlertReport(
            source=SOURCE,
            external_id=self._id() or identity_of(host, item, message, labels),
            is_firing=is_firing,
            message=message,
            source_severity=self.text("severity") or MISSING,
            description=as_text(self.values.get("description")).strip(),
            comment=as_text(self.values.get("comment")).strip(),
            value=as_text(self.values.get("value")).strip() or None,
            labels=labels,
            annotations=self.pairs("annotations"),
            started_at=self.time("started_at"),
            ended_at=None if is_firing else self.time("ended_at"),
            source_url=self.text("url") or None,
            host_external_id=host or None,
            host_name=host or None,
            item_external_id=item or None,
            item_name=item or None,
        )

    def _message(self) -> str:
        return self.text("message") or self.refuse("message", "finds nothing, and a message is required")

    def _id(self) -> str:
        text = self.text("id")
        if PLACEHOLDER.fullmatch(text):
            self.refuse("id", f"finds {text[:100]}, which its sender did not expand: it is no identity")
        return text

    def _is_firing(self) -> bool:
        if "status" not in self.texts:
            return True
        word = self.text("status").casefold()
        if word not in self._statuses:
            found = f"finds {word[:100]}, which is" if word else "finds nothing, which is"
            self.refuse("status", f"{found} none of the words for firing or resolved: add it to one of them")
        return self._statuses[word]
