"""Rotas, their layers, overrides and shifts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import fields, validate
from marshmallow.exceptions import ValidationError

from app.rules.oncall.holidays import MAX_BYTES
from app.rules.oncall.layers import (
    DAYS,
    END_OF_DAY,
    MAX_EVERY,
    MAX_LAYERS,
    MAX_RESTRICTIONS,
    MAX_USERS,
    HolidayUse,
    TurnUnit,
)
from app.rules.oncall.shifts import GapReason
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Integer, QueryBoolean, QueryInteger, Text, Timestamp, row_id, word
from app.web.schemas.pages import PageQuerySchema

LOCAL_TIME = "[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]"
CLOCK_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
STARTS_AT = {"description": "First hand-over, in local time of the rota's zone; all others are at the same time of day"}
EVERY = {"description": "A turn lasts so many units; hours are real hours, the others keep the local time"}
USERS = {"description": "Ids of the users who take turns, in order"}
RESTRICTIONS = {"description": "Hours of the week in which the layer counts; empty for always"}
LAYERS = {"description": "From the lowest to the highest: where a higher layer names nobody, the one below counts"}
LAYER = {"description": "Index of the layer whose turn it is; `null` for an override, or if no layer counts"}


class LocalTime(fields.String):
    """A date and time of day without a zone, to the minute."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"pattern": f"^{LOCAL_TIME}$", **kwargs.pop("metadata", {})}
        super().__init__(metadata=metadata, validate=validate.Regexp(f"{LOCAL_TIME}\\Z"), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        try:
            datetime.fromisoformat(text)
        except ValueError:
            raise ValidationError("Must be a local time like 2026-12-01T09:00.") from None
        return text


def _clock_time(*also: str, name: str) -> fields.String:
    pattern = "|".join((CLOCK_TIME, *also))
    return fields.String(
        attribute=name,
        data_key=name,
        required=True,
        validate=validate.Regexp(f"({pattern})\\Z", error="Must be a time of day like 09:00."),
        metadata={"pattern": f"^({pattern})$"},
    )


class RestrictionSchema(RequestSchema):
    """Hours of some days; an `until` before `from` is on the next day."""

    days = fields.List(
        fields.String(validate=validate.OneOf([*DAYS])), required=True, validate=validate.Length(min=1, max=len(DAYS))
    )
    start = _clock_time(name="from")
    until = _clock_time(END_OF_DAY, name="until")


class LayerSchema(RequestSchema):
    """People who take turns."""

    name = Text(max=200, load_default="")
    users = fields.List(row_id(), required=True, validate=validate.Length(min=1, max=MAX_USERS), metadata=USERS)
    starts_at = LocalTime(required=True, metadata=STARTS_AT)
    every = Integer(required=True, validate=validate.Range(1, max(MAX_EVERY.values())), metadata=EVERY)
    unit = word(TurnUnit, required=True)
    ends_at = LocalTime(allow_none=True, load_default=None, metadata={"description": "When the layer ends"})
    restrictions = fields.List(
        fields.Nested(RestrictionSchema),
        load_default=list,
        validate=validate.Length(max=MAX_RESTRICTIONS),
        metadata=RESTRICTIONS,
    )
    holidays = word(
        HolidayUse,
        load_default=str(HolidayUse.IGNORE),
        metadata={"description": "`only`: the layer counts on holidays only; `except`: it does not count on holidays"},
    )


def _layers(**kwargs: Any) -> fields.List[Any]:
    return fields.List(
        fields.Nested(LayerSchema), validate=validate.Length(min=1, max=MAX_LAYERS), metadata=LAYERS, **kwargs
    )


class RotaChangesSchema(RequestSchema):
    """Changes to a rota; `layers` replaces all layers."""

    name = Text(min=1, max=200)
    team_id = row_id(allow_none=True)
    timezone = Text(min=1, max=64, metadata={"description": "IANA time zone of the layers' local times"})
    layers = _layers()


class NewRotaSchema(RotaChangesSchema):
    """A new rota."""

    name = Text(min=1, max=200, required=True)
    timezone = Text(min=1, max=64, required=True, metadata={"description": "IANA time zone of the layers' local times"})
    layers = _layers(required=True)


class RotaSchema(AnswerSchema):
    """Layers of people who take turns on call."""

    id = fields.Integer()
    name = fields.String()
    team_id = fields.Integer(allow_none=True)
    timezone = fields.String()
    layers = fields.List(fields.Nested(LayerSchema), metadata=LAYERS)
    has_holidays = fields.Boolean()
    has_calendar_link = fields.Boolean(metadata={"description": "Whether calendars can subscribe to its shifts"})
    created_at = Timestamp()


class SpanQuerySchema(RequestSchema):
    """A span of time; by default one that starts now."""

    starts_at = Timestamp(data_key="from", metadata={"description": "By default now"})
    ends_at = Timestamp(data_key="until", metadata={"description": "At most 400 days after `from`"})


class GapsQuerySchema(RequestSchema):
    """How far to look."""

    days = QueryInteger(validate=validate.Range(1, 400), load_default=28)


class HolderSchema(AnswerSchema):
    """Who is on call."""

    user_id = fields.Integer(allow_none=True, metadata={"description": "`null` if nobody is on call"})
    username = fields.String(allow_none=True)
    layer_name = fields.String(allow_none=True)
    override_id = fields.Integer(allow_none=True, metadata={"description": "The override that names the user"})
    reason = word(GapReason, allow_none=True, metadata={"description": "Why nobody is on call"})
    absent_user_id = fields.Integer(
        allow_none=True, metadata={"description": "Whose turn it is, if the user is disabled or deleted"}
    )
    absent_username = fields.String(allow_none=True, metadata={"description": "`null` for a deleted user"})


class ShiftSchema(HolderSchema):
    """Who is on call in a span."""

    starts_at = Timestamp()
    ends_at = Timestamp()
    layer = fields.Integer(allow_none=True, metadata=LAYER)


class ShiftsSchema(AnswerSchema):
    """Shifts by time."""

    items = fields.List(fields.Nested(ShiftSchema))


class OwnShiftSchema(ShiftSchema):
    """When a user is on call, and in which rota."""

    rota_id = fields.Integer()
    rota_name = fields.String()


class OwnShiftsSchema(AnswerSchema):
    """Shifts of one user in all rotas, by time."""

    items = fields.List(fields.Nested(OwnShiftSchema))


class OnCallSchema(HolderSchema):
    """Who is on call in a rota now."""

    rota_id = fields.Integer()
    rota_name = fields.String()
    until = Timestamp(
        allow_none=True, metadata={"description": "When somebody else is, or nobody; `null` if not within 400 days"}
    )
    next = fields.Nested(ShiftSchema, allow_none=True)


class AllOnCallSchema(AnswerSchema):
    """Who is on call in each rota."""

    items = fields.List(fields.Nested(OnCallSchema))


class OverridesQuerySchema(PageQuerySchema):
    """Filters of the list of overrides."""

    over = QueryBoolean(metadata={"description": "`false` returns only the overrides that are not over"})


class TimeOfUserSchema(RequestSchema):
    """A span in which a user is on call."""

    user_id = row_id(required=True)
    starts_at = Timestamp(required=True)
    ends_at = Timestamp(required=True)


class NewOverrideSchema(TimeOfUserSchema):
    """Who is on call in place of whoever the layers name."""

    comment = Text(max=4096, load_default="")


class SwapSchema(RequestSchema):
    """Two people who take each other's time; each must be on call in all of the own time."""

    given = fields.Nested(TimeOfUserSchema, required=True)
    taken = fields.Nested(TimeOfUserSchema, required=True)


class OverrideSchema(AnswerSchema):
    """That a user is on call in place of whoever the layers name."""

    id = fields.Integer()
    rota_id = fields.Integer()
    user_id = fields.Integer()
    starts_at = Timestamp()
    ends_at = Timestamp()
    comment = fields.String()
    created_by = fields.String(metadata={"description": "Name of the user who created it"})
    created_at = Timestamp()


class MadeOverrideSchema(OverrideSchema):
    """An override that was just created."""

    overlaps = fields.List(
        fields.Nested(OverrideSchema),
        metadata={"description": "Older overrides at the same time, before which the new one counts"},
    )


class MadeOverridesSchema(AnswerSchema):
    """The overrides of a swap."""

    items = fields.List(fields.Nested(MadeOverrideSchema))


class HolidaysSchema(AnswerSchema):
    """The holidays of a rota."""

    calendar = fields.String(metadata={"description": "In iCalendar's notation (RFC 5545); empty without holidays"})


class NewHolidaysSchema(RequestSchema):
    """Holidays as a calendar in iCalendar's notation."""

    calendar = Text(max=MAX_BYTES, required=True)


class HolidaysSetSchema(AnswerSchema):
    """The holidays were replaced."""

    events = fields.Integer(metadata={"description": "How many events the calendar has"})


class CalendarLinkSchema(AnswerSchema):
    """The secret link of a rota's shifts, which is shown only in this response."""

    url = fields.String(metadata={"description": "Append `?user=` and a username for one user's shifts"})


class FeedQuerySchema(RequestSchema):
    """Whose shifts."""

    user = Text(min=1, max=64, metadata={"description": "Only the shifts of the user with this name"})
