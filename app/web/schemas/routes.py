"""Routes: which alerts reach whom."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from app.enums import Language, NotificationKind, PageTarget, RouteTarget, Severity
from app.rules.response.routes import MAX_ROUTES
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import Boolean, Integer, MatchText, Text, Timestamp, code, row_id, word
from app.web.schemas.notifications import (
    QuietHoursSchema,
    ShownQuietHoursSchema,
    all_kinds,
    batch_field,
    body_template_field,
    kinds_field,
    quiet_hours_field,
    timezone_field,
    title_template_field,
)

MAX_GROUP_BY = 10
MAX_LABELS = 100
PARENT = "The route below which it is asked; `null` at the top"
POSITION = "Its place among the routes of the same parent, from 0"
CONTINUES = "Whether the routes after it are asked too when it matches"
GROUP_BY = "Labels and fields, such as `alert.host`, whose values part its alerts into several pages"


class RouteChangesSchema(RequestSchema):
    """Changes to a route; `null` removes a filter, the quiet hours or a template, or moves it to the top."""

    name = Text(min=1, max=200)
    enabled = Boolean(metadata={"description": "Whether it and the routes below it are asked"})
    parent_id = row_id(allow_none=True, metadata={"description": PARENT})
    position = Integer(validate=validate.Range(0, 1000), metadata={"description": POSITION})
    continues = Boolean(metadata={"description": CONTINUES})
    min_severity = code(Severity)
    monitor_id = row_id(allow_none=True, metadata={"description": "Only alerts of this monitor"})
    group = Text(min=1, max=255, allow_none=True, metadata={"description": "Only alerts of hosts in this group"})
    match = MatchText(allow_none=True, metadata={"description": "Only alerts that match all of these matchers"})
    on = kinds_field("Alert events that it takes")
    target = word(RouteTarget, metadata={"description": "What it ends at"})
    channel_id = row_id(allow_none=True, metadata={"description": "A shared channel, if `target` is `channel`"})
    escalation_id = row_id(allow_none=True, metadata={"description": "An escalation, if `target` is `escalation`"})
    team_id = row_id(allow_none=True, metadata={"description": "A team, if `target` is `team`"})
    group_by = fields.List(
        Text(min=1, max=200), validate=validate.Length(max=MAX_GROUP_BY), metadata={"description": GROUP_BY}
    )
    quiet_hours = quiet_hours_field(QuietHoursSchema)
    timezone = timezone_field()
    language = word(Language)
    title_template = title_template_field()
    body_template = body_template_field()
    batch_s = batch_field("Seconds during which events are collected into one message to a channel")


class NewRouteSchema(RouteChangesSchema):
    """A new route; without a `position` it is the last one of its parent."""

    name = Text(min=1, max=200, required=True)
    enabled = Boolean(load_default=True, metadata={"description": "Whether it and the routes below it are asked"})
    parent_id = row_id(allow_none=True, load_default=None, metadata={"description": PARENT})
    continues = Boolean(load_default=False, metadata={"description": CONTINUES})
    min_severity = code(Severity, load_default=int(Severity.INFO))
    on = kinds_field("Alert events that it takes", load_default=all_kinds)
    target = word(RouteTarget, required=True, metadata={"description": "What it ends at"})
    group_by = fields.List(
        Text(min=1, max=200),
        load_default=list,
        validate=validate.Length(max=MAX_GROUP_BY),
        metadata={"description": GROUP_BY},
    )
    timezone = timezone_field(load_default="UTC")
    language = word(Language, load_default=str(Language.ENGLISH))
    batch_s = batch_field("Seconds during which events are collected into one message to a channel", load_default=10)


class RouteFiltersSchema(RequestSchema):
    """The filters of a route that is not saved."""

    is_body_required = False

    parent_id = row_id(allow_none=True, metadata={"description": PARENT})
    min_severity = code(Severity)
    monitor_id = row_id(allow_none=True, metadata={"description": "Only alerts of this monitor"})
    group = Text(min=1, max=255, allow_none=True, metadata={"description": "Only alerts of hosts in this group"})
    match = MatchText(allow_none=True, metadata={"description": "Only alerts that match all of these matchers"})


class RouteSchema(AnswerSchema):
    """A route, and its place in the tree."""

    id = fields.Integer()
    name = fields.String()
    enabled = fields.Boolean()
    parent_id = fields.Integer(allow_none=True, metadata={"description": PARENT})
    position = fields.Integer(metadata={"description": "Routes of the same parent are asked in this order"})
    depth = fields.Integer(metadata={"description": "How many routes are above it"})
    continues = fields.Boolean(metadata={"description": CONTINUES})
    min_severity = code(Severity)
    monitor_id = fields.Integer(allow_none=True)
    group = fields.String(allow_none=True)
    match = fields.String(allow_none=True)
    on = fields.List(word(NotificationKind))
    target = word(RouteTarget)
    channel_id = fields.Integer(allow_none=True)
    escalation_id = fields.Integer(allow_none=True)
    team_id = fields.Integer(allow_none=True)
    target_name = fields.String(allow_none=True, metadata={"description": "The name of what it ends at"})
    group_by = fields.List(fields.String(), metadata={"description": GROUP_BY})
    quiet_hours = quiet_hours_field(ShownQuietHoursSchema)
    timezone = fields.String()
    language = word(Language)
    title_template = fields.String(allow_none=True)
    body_template = fields.String(allow_none=True)
    batch_s = fields.Integer()
    created_at = Timestamp()
    last_sent_at = Timestamp(allow_none=True)
    last_error = fields.String(allow_none=True)


class PlacedRouteSchema(RequestSchema):
    """A route and its parent; its place among its siblings is that in the list."""

    id = row_id(required=True)
    parent_id = row_id(required=True, allow_none=True, metadata={"description": PARENT})


class RouteOrderSchema(RequestSchema):
    """All routes, in the order in which they are asked among those of the same parent."""

    routes = fields.List(fields.Nested(PlacedRouteSchema), required=True, validate=validate.Length(max=MAX_ROUTES))


class RoutesSchema(AnswerSchema):
    """All routes, in the order in which they are asked."""

    items = fields.List(fields.Nested(RouteSchema))


def labels_field() -> fields.Dict:
    """Return the field of an alert's labels."""
    return fields.Dict(keys=Text(min=1, max=1024), values=Text(max=4096), validate=validate.Length(max=MAX_LABELS))


class TriedAlertSchema(RequestSchema):
    """An alert that does not exist."""

    is_body_required = False

    severity = code(Severity)
    host = Text(max=500)
    item = Text(max=500)
    message = Text(max=4000)
    source = Text(max=64)
    monitor_id = row_id()
    groups = fields.List(Text(min=1, max=255), validate=validate.Length(max=MAX_LABELS))
    labels = labels_field()


class RouteTestAlertSchema(RequestSchema):
    """A test alert."""

    is_body_required = False

    labels = labels_field()
    severity = code(Severity)
    host = Text(max=500)


class RouteTestAlertAnswerSchema(AnswerSchema):
    """The alert that fired."""

    alert_id = fields.Integer(metadata={"description": "`GET /alerts/{id}/why` says whom it reached"})


class RouteTestSchema(RequestSchema):
    """An alert to try: an existing one, or one with these fields."""

    alert_id = row_id(metadata={"description": "An existing alert, as if it fired now"})
    alert = fields.Nested(TriedAlertSchema, metadata={"description": "An alert with these fields that fires now"})

    @validates_schema
    def _require_one(self, given: dict[str, Any], **_: Any) -> None:
        if len(given.keys() & {"alert", "alert_id"}) != 1:
            raise ValidationError("Use either `alert` or `alert_id`.", "alert")


class RouteAnswerSchema(AnswerSchema):
    """What one route says of the alert."""

    route_id = fields.Integer()
    route = fields.String()
    depth = fields.Integer()
    target = word(RouteTarget)
    takes = fields.Boolean()
    because = fields.List(fields.String(), metadata={"description": "The conditions that hold, from the top down"})
    reason = fields.Dict(
        metadata={
            "description": "`code`: `takes`; `below` or `witness` if it matches and another route takes it; `severity`,"
            " `kind`, `monitor`, `group` or `match` with `wanted` and `found`; `parent`, `stopped` or `disabled`"
        }
    )


class ReachedPersonSchema(AnswerSchema):
    """A user whom a message would reach."""

    user_id = fields.Integer()
    username = fields.String()
    after_s = fields.Integer(
        metadata={"description": "How long the person's contact rules keep the first message back, in seconds"}
    )


class MissedSchema(AnswerSchema):
    """What keeps a message from somebody."""

    code = fields.String(
        metadata={
            "description": "`nobody_on_call`, `team_empty`, `user_gone`, `user_disabled`, `no_contact_method` (none"
            " that is verified and takes this severity), `channel_gone` or `channel_disabled`"
        }
    )
    target = word(PageTarget, metadata={"description": "What named it"})
    name = fields.String(metadata={"description": "The name of the target"})
    user = fields.String(metadata={"description": "The user, if it is about one"})


class ReachedSchema(AnswerSchema):
    """Whom a route that takes the alert would tell now."""

    route_id = fields.Integer()
    route = fields.String()
    target = word(RouteTarget)
    name = fields.String(allow_none=True, metadata={"description": "The name of the target"})
    because = fields.List(fields.String())
    people = fields.List(fields.Nested(ReachedPersonSchema))
    channels = fields.List(fields.String(), metadata={"description": "Shared channels that would be told"})
    missed = fields.List(
        fields.Nested(MissedSchema), metadata={"description": "What keeps it from others up to the step that is taken"}
    )
    step = fields.Integer(
        allow_none=True, metadata={"description": "The first step of the escalation that reaches somebody, from 0"}
    )


class RouteTestAnswerSchema(AnswerSchema):
    """What the routes would do with the alert now."""

    summary = fields.String(metadata={"description": "Who would be told, and why, in one sentence"})
    routes = fields.List(fields.Nested(RouteAnswerSchema))
    reaches = fields.List(fields.Nested(ReachedSchema))
    suppressed = fields.Dict(allow_none=True, metadata={"description": "What keeps the alert quiet now"})


class MatchedAlertSchema(AnswerSchema):
    """An open alert that the route's filters match."""

    id = fields.Integer()
    message = fields.String()
    host = fields.String()
    severity = code(Severity)
    suppressed = fields.Boolean()


class RouteMatchesSchema(AnswerSchema):
    """How many open alerts a route's filters and those above it match now, whatever other routes take."""

    count = fields.Integer()
    is_exact = fields.Boolean(metadata={"description": "Whether all open alerts were looked at, not only the newest"})
    looked_at = fields.Integer(metadata={"description": "How many open alerts were looked at"})
    alerts = fields.List(fields.Nested(MatchedAlertSchema), metadata={"description": "The newest ones"})
    warning = fields.String(
        allow_none=True, metadata={"description": "`matches_nothing` or `matches_everything`, which may be a mistake"}
    )
