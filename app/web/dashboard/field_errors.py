"""Says in the reader's language what is wrong with a field; what is not known here stays as the API says it."""

import re

from app.web.dashboard.translation import translate

KNOWN: dict[str, str] = {
    "required": r"Missing data for required field\.|Field may not be null\.",
    "text": r"Not a valid string\.",
    "integer": r"Not a valid integer\.",
    "boolean": r"Not a valid boolean\.",
    "one_of": r"Must be one of:? (?P<choices>.+)\.",
    "between": r"Must be greater than or equal to (?P<min>\S+) and less than or equal to (?P<max>\S+)\.",
    "at_least": r"Must be greater than or equal to (?P<min>\S+)\.",
    "shorter": r"Shorter than minimum length (?P<min>\d+)\.",
    "longer": r"Longer than maximum length (?P<max>\d+)\.",
    "length": r"Length must be between (?P<min>\d+) and (?P<max>\d+)\.",
    "unknown": r"Unknown field\.",
    "characters": r"Must not contain a NUL character or a lone surrogate\.",
    "time": r"Must be a date and a time\.|Must be a time like .+\.",
    "future": r"Must be a time in the future\.",
    "time_zone": r"Must be an IANA time zone, such as Asia/Shanghai\.",
    "cron": r"Must be five fields: .+\.|Is not a valid cron expression: .+",
    "cron_never": r"Never matches a date\.",
    "name_taken": r"there is already an? .+|monitor \d+ already has a host named .+",
    "ends_first": r"Must be after starts_at\.",
    "no_scope": r"Give a monitor_id, a host_id, a group or a match\.",
    "interval_or_cron": r"Give either interval_s or cron\.",
    "no_team": r"[Tt]here is no team \d+\.?",
    "no_monitor": r"[Tt]here is no monitor \d+\.?",
    "matcher": r"Must have a matcher, like (?P<example>.+)\.",
    "header_line": r"Line (?P<number>\d+) is not like (?P<example>.+)\.",
    "zabbix_sign_in": r"A Zabbix monitor needs a user name and a password, or an API token\.",
    "password_alone": r"A password requires a user name\.",
    "not_pem": r"It is not a certificate in PEM: .+",
    "key_alone": r"A client key needs its client certificate\.",
    "certificate_alone": r"A client certificate needs its private key\.",
    "picked_several": r"Several have this name: choose one from the list\.",
    "picked_none": r"Nothing has this name\.",
    "secret_again": r"enter it again, or remove it with null: .+",
}
"""The messages by the name of their text, `forms.wrong_<name>`."""
PATTERNS = {name: re.compile(pattern) for name, pattern in KNOWN.items()}


def field_error(message: str) -> str:
    """Return a message about a field in the reader's language, or as it is if it has no text."""
    for name, pattern in PATTERNS.items():
        if found := pattern.fullmatch(message):
            return translate(f"forms.wrong_{name}", **found.groupdict())
    return message
