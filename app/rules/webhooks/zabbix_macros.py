"""Reads the fields of nagare's media type in Zabbix, which leaves a macro that it cannot expand as it is."""

import re

from app.errors import Invalid
from app.rules.webhooks.fields import Fields

MACRO = re.compile(r'\{[$#]?[A-Z0-9_.]+([:<"][^{}]*)?\}|\{\{[^{}]+\}\.[a-z]+\(.*\)\}|\{\?.*\}', re.DOTALL)
"""A macro that is not expanded: built-in, of a user, of discovery, with a function, an expression."""
UNKNOWN = "*UNKNOWN*"
"""What Zabbix puts in the place of a macro without a value."""
SETTINGS = ("event_timezone", "zabbix_url")
"""The same in every post, and typed in by hand in a test like the address of nagare."""
REQUIRED = {"event_id": "{EVENT.ID}", "event_value": "{EVENT.VALUE}", "event_nseverity": "{EVENT.NSEVERITY}"}
OPTIONAL = (
    *("event_name", "event_severity", "event_ack_status", "event_opdata", "event_tags"),
    *("event_timestamp", "event_date", "event_time"),
    *("event_recovery_timestamp", "event_recovery_date", "event_recovery_time"),
    *("event_cause_id", "event_cause_name"),
    *("trigger_id", "trigger_url", "trigger_description"),
    *("host_id", "host_name", "host_visible_name", "item_id", "item_name"),
)
MAX_SHOWN = 100


class Macros:
    """The fields of a body whose values are expanded macros."""

    def __init__(self, body: Fields) -> None:
        self._body = body

    @property
    def is_test(self) -> bool:
        """Whether nothing is expanded, as in what Zabbix's *Test* button sends; a post with an event is none."""
        texts = {name: self._body.any_text(name) for name in (*REQUIRED, *OPTIONAL)}
        return all(texts[name] for name in REQUIRED) and all(
            not text or MACRO.fullmatch(text) for text in texts.values()
        )

    def value(self, name: str) -> str | None:
        """Return a field, as JSON if it is no text; None if its macro is not expanded or has no value."""
        text = self._body.any_text(name)
        return None if not text or text == UNKNOWN or MACRO.fullmatch(text) else text

    def is_empty(self, name: str) -> bool:
        """Return whether Zabbix knows the macro of a field, and that it has no value."""
        return self._body.any_text(name) == UNKNOWN

    def required(self, name: str) -> str:
        """Return a field that identifies or decides. Raises Invalid if it is empty or its macro is not expanded."""
        text = self._body.required_text(name)
        if UNKNOWN in text or MACRO.search(text):
            raise Invalid(
                self._body.path(name),
                f"Zabbix did not expand its macro: {text[:MAX_SHOWN]}. In the media type this parameter must be "
                f"{REQUIRED[name]}, and its action a trigger action. In Zabbix's Test dialog, leave all macros as they "
                "are, or enter an event id, a value and a severity.",
            )
        return text
