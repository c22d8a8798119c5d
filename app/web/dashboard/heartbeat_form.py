"""The form of a heartbeat: times in units for people, and the host as a field of its own."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from app.enums import Severity
from app.web.dashboard.forms import read_form, told_as
from app.web.schemas.base import RequestSchema
from app.web.schemas.fields import Integer, Text, code, row_id
from app.web.schemas.heartbeats import HeartbeatTimesSchema, NewHeartbeatSchema

UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
FIELDS = {"interval_s": "every", "grace_s": "grace", "labels": "host"}
"""The form's field for each of the API's that it shows otherwise."""
HOST = "host"
"""The label that names the host."""


class HeartbeatFormSchema(RequestSchema):
    """A heartbeat as the form has it."""

    name = Text(min=1, max=200, required=True)
    every = Integer(validate=validate.Range(1, 1_000_000), allow_none=True)
    every_unit = fields.String(validate=validate.OneOf([*UNITS]), required=True)
    cron = Text(max=200, allow_none=True)
    timezone = Text(min=1, max=64, required=True)
    grace = Integer(validate=validate.Range(1, 1_000_000), required=True)
    grace_unit = fields.String(validate=validate.OneOf([*UNITS]), required=True)
    severity = code(Severity, required=True)
    host = Text(max=500, allow_none=True)
    monitor_id = row_id(allow_none=True)


class HeartbeatPreviewFormSchema(HeartbeatFormSchema):
    """The form while somebody types."""

    name = Text(max=200)


def read_new() -> dict[str, Any]:
    """Return the form as the body of a new heartbeat. Raises ValidationError naming the form's fields."""
    with told_as(FIELDS):
        loaded: dict[str, Any] = NewHeartbeatSchema().load(_plain(read_form(HeartbeatFormSchema), {}))
    return loaded


def read_changes(before: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the form as changes of a heartbeat, which keeps its other labels. Raises as `read_new`."""
    given = _plain(read_form(HeartbeatFormSchema), before["labels"])
    with told_as(FIELDS):
        loaded: dict[str, Any] = NewHeartbeatSchema().load({**given, "enabled": before["enabled"]})
    changes = {"interval_s": None, "cron": None, **loaded}
    if "monitor_id" not in given:
        changes.pop("monitor_id", None)
    return changes


def read_times() -> dict[str, Any]:
    """Return when the form's heartbeat must ping. Raises as `read_new`."""
    given = _plain(read_form(HeartbeatPreviewFormSchema), {})
    with told_as(FIELDS):
        loaded: dict[str, Any] = HeartbeatTimesSchema().load(
            {name: value for name, value in given.items() if name in HeartbeatTimesSchema().fields}
        )
    return loaded


def shown(heartbeat: Mapping[Any, Any] | None, zone: str) -> dict[str, Any]:
    """Return what the fields show: a heartbeat, or what a new one starts with."""
    if heartbeat is None:
        times = {"every": 1, "every_unit": "d", "grace": 1, "grace_unit": "h"}
        return {**times, "name": "", "cron": "", "timezone": zone, "severity": 2, "host": "", "monitor_id": None}
    every, every_unit = _in_units(heartbeat["interval_s"])
    grace, grace_unit = _in_units(heartbeat["grace_s"])
    return {
        **{name: heartbeat[name] for name in ("name", "timezone", "severity", "monitor_id")},
        **{"every": every, "every_unit": every_unit, "grace": grace, "grace_unit": grace_unit},
        "cron": heartbeat["cron"] or "",
        "host": heartbeat["labels"].get(HOST, ""),
    }


def _plain(form: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    """Return the form as a body of the API, without what is blank."""
    kept = {name: value for name, value in form.items() if value is not None}
    every, unit = kept.pop("every", None), kept.pop("every_unit")
    if every is not None:
        kept["interval_s"] = every * UNITS[unit]
    kept["grace_s"] = kept.pop("grace") * UNITS[kept.pop("grace_unit")]
    host = kept.pop("host", None)
    others = {name: value for name, value in labels.items() if name != HOST}
    return {**kept, "labels": {**others, HOST: host} if host else others}


def _in_units(seconds: int | None) -> tuple[int | str, str]:
    """Return a time in the largest unit that it is a multiple of; blank for none."""
    if seconds is None:
        return "", "d"
    unit = next(name for name in reversed(UNITS) if seconds % UNITS[name] == 0)
    return seconds // UNITS[unit], unit
