"""The health score of the fleet or of a part of it, and its causes."""

from marshmallow import fields, validate

from app.enums import AlertEventKind, AlertStatus, ScoreCause, Severity, TaskType
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import QueryInteger, Text, Timestamp, code, query_id, word
from app.web.schemas.pages import PageQuerySchema


class ScopeQuerySchema(RequestSchema):
    """A part of the fleet: hosts that match all given filters."""

    monitor_id = query_id(metadata={"description": "Only hosts of this monitor"})
    group = Text(max=200, metadata={"description": "Only hosts in this group"})
    host_id = query_id(metadata={"description": "Only this host"})
    machine_id = query_id(metadata={"description": "Only the hosts that are this machine, as one host"})


class CausesQuerySchema(ScopeQuerySchema):
    """A part of the fleet, and by what its causes are summed up."""

    by = word(
        ScoreCause,
        load_default=ScoreCause.HOST,
        metadata={"description": "Whose alerts are summed up; `alert` for single ones"},
    )
    limit = QueryInteger(
        validate=validate.Range(1, 100), load_default=10, metadata={"description": "Maximum number of causes"}
    )


class ScoreHistoryQuerySchema(PageQuerySchema):
    """A time range of the history of the fleet or of a monitor."""

    monitor_id = query_id(metadata={"description": "The history of this monitor instead of the fleet"})
    after = Timestamp(metadata={"description": "Only scores after this time"})
    before = Timestamp(metadata={"description": "Only scores before this time"})


class ChangesQuerySchema(RequestSchema):
    """A time in which the score of the fleet or of a monitor changed."""

    monitor_id = query_id(metadata={"description": "What changed this monitor's score instead of the fleet's"})
    after = Timestamp(required=True, metadata={"description": "Only what happened after this time"})
    before = Timestamp(metadata={"description": "Only what happened until this time; until now if not given"})


class DropsQuerySchema(ChangesQuerySchema):
    """A time range of the history of the fleet or of a monitor."""

    limit = QueryInteger(
        validate=validate.Range(1, 50), load_default=10, metadata={"description": "Maximum number of drops"}
    )


SCORE_HOURS = (24, 168, 720)
"""How much of the history the dashboard shows."""


class ScorePageQuerySchema(CausesQuerySchema):
    """What the dashboard's page of the score shows."""

    hours = QueryInteger(validate=validate.OneOf(SCORE_HOURS), load_default=SCORE_HOURS[0])
    at = Timestamp()
    after = Timestamp()
    before = Timestamp()


class AlertCountsSchema(AnswerSchema):
    """Number of alerts of one severity that affect the score."""

    active = fields.Integer()
    acknowledged = fields.Integer()
    resolved = fields.Integer(metadata={"description": "Alerts resolved within the window"})


class AlertsBySeveritySchema(AnswerSchema):
    """The alerts that affect the score."""

    info = fields.Nested(AlertCountsSchema)
    warning = fields.Nested(AlertCountsSchema)
    critical = fields.Nested(AlertCountsSchema)


class ScoredSchema(AnswerSchema):
    """A health score and the load behind it."""

    score = fields.Integer(metadata={"description": "0 to 100"})
    load_ = fields.Float(
        data_key="load", attribute="load", metadata={"description": "Total weight of the alerts, per host"}
    )


class ScoreSchema(ScoredSchema):
    """The health score with the alert counts behind it."""

    hosts = fields.Integer(metadata={"description": "Number of active hosts"})
    window_h = fields.Float(metadata={"description": "Hours during which a resolved alert still lowers the score"})
    alerts = fields.Nested(AlertsBySeveritySchema)


class CostlyHostSchema(AnswerSchema):
    """A host and its share of the load."""

    host_id = fields.Integer()
    name = fields.String()
    monitor_id = fields.Integer()
    cost = fields.Float(metadata={"description": "Its share of the load"})
    alerts = fields.Integer(metadata={"description": "Number of its alerts that lower the score"})


class CostlyAlertSchema(AnswerSchema):
    """An alert and its share of the load."""

    id = fields.Integer()
    message = fields.String()
    severity = code(Severity)
    status = code(AlertStatus)
    host_id = fields.Integer(allow_none=True)
    cost = fields.Float(metadata={"description": "Its share of the load"})


class ScoreCausesSchema(ScoredSchema):
    """The hosts and alerts with the largest share of the load, at most ten each."""

    hosts = fields.List(fields.Nested(CostlyHostSchema))
    alerts = fields.List(fields.Nested(CostlyAlertSchema))


class ScoreSampleSchema(ScoredSchema):
    """The health score at one time."""

    at = Timestamp()
    open_alerts = fields.Integer(metadata={"description": "Active and acknowledged alerts, without suppressed ones"})


class CauseSchema(AnswerSchema):
    """A monitor, a group, a host, a message or an alert that lowers the score."""

    id = fields.Integer(
        allow_none=True,
        metadata={"description": "Of the monitor, host or alert; `null` for groups and messages"},
    )
    name = fields.String(
        allow_none=True, metadata={"description": "Its name or message; `null` for the alerts of no known host"}
    )
    monitor_id = fields.Integer(allow_none=True)
    severity = code(Severity)
    alerts = fields.Integer(metadata={"description": "Number of its alerts that lower the score"})
    open_alerts = fields.Integer(metadata={"description": "Number of those that are open"})
    cost = fields.Float(metadata={"description": "Its share of the load"})
    regained = fields.Float(
        metadata={"description": "Points of the score that come back when none of its alerts counts any more"}
    )
    regained_at_once = fields.Float(
        metadata={"description": "Points that come back at once if its active alerts are acknowledged or resolved"}
    )


class CausesSchema(ScoredSchema):
    """The causes that lower the score most, the most expensive first."""

    hosts = fields.Integer(metadata={"description": "Number of hosts that share the load"})
    by = word(ScoreCause)
    causes = fields.List(fields.Nested(CauseSchema))


class ScoreChangeSchema(AnswerSchema):
    """What happened within a minute to alerts of the same message and severity."""

    minute = Timestamp()
    kind = word(AlertEventKind)
    lowers = fields.Boolean(metadata={"description": "Whether it lowers the score; else it raises it"})
    message = fields.String()
    severity = code(Severity)
    count = fields.Integer(metadata={"description": "Number of alerts"})
    alert_id = fields.Integer(metadata={"description": "The first of them"})
    hosts = fields.List(fields.String(), metadata={"description": "The names of the first three hosts"})
    host_count = fields.Integer(metadata={"description": "Number of hosts with different names"})
    users = fields.List(fields.String(), metadata={"description": "Who did it; empty for the source or a timer"})


class ChangedMaintenanceSchema(AnswerSchema):
    """A maintenance window that began or ended."""

    id = fields.Integer()
    name = fields.String()
    begins = fields.Boolean(metadata={"description": "Whether it began in this time; else it ended"})
    starts_at = Timestamp()
    ends_at = Timestamp()


class FailedPullSchema(AnswerSchema):
    """A pull that failed for good."""

    task_id = fields.String()
    type = word(TaskType)
    monitor_id = fields.Integer(allow_none=True)
    reason = fields.String(allow_none=True)
    at = Timestamp()


class ScoreChangesSchema(AnswerSchema):
    """What happened in a time, and the samples of the score at its ends."""

    after = Timestamp()
    before = Timestamp()
    begin = fields.Nested(ScoreSampleSchema, allow_none=True, metadata={"description": "The last sample until `after`"})
    end = fields.Nested(ScoreSampleSchema, allow_none=True, metadata={"description": "The last sample until `before`"})
    changes = fields.List(fields.Nested(ScoreChangeSchema))
    is_complete = fields.Boolean(metadata={"description": "Whether all events were read: at most 2,000 are"})
    maintenance = fields.List(fields.Nested(ChangedMaintenanceSchema))
    failed_pulls = fields.List(fields.Nested(FailedPullSchema))


class ScoreDropSchema(AnswerSchema):
    """A time in which the score only fell."""

    begin = fields.Nested(ScoreSampleSchema)
    end = fields.Nested(ScoreSampleSchema)
    points = fields.Integer(metadata={"description": "How many points it fell"})
    changes = fields.List(
        fields.Nested(ScoreChangeSchema), metadata={"description": "The heaviest three of what happened"}
    )
    more = fields.Integer(metadata={"description": "Number of changes that are not among them"})


class ScoreDropsSchema(AnswerSchema):
    """The largest drops of the score in a time, the newest first."""

    items = fields.List(fields.Nested(ScoreDropSchema))
