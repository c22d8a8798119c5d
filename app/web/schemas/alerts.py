"""Alerts."""

from marshmallow import fields, validate

from app.enums import AlertEventKind, AlertStatus, QuietKind, ReportWay, Resolution, Severity
from app.rules.alerts.generated_alerts import GENERATED, MAX_GENERATED
from app.rules.matchers.syntax import EXAMPLE as MATCH_EXAMPLE
from app.web.schemas.base import AnswerSchema, RequestSchema
from app.web.schemas.fields import QueryBoolean, QueryInteger, Text, Timestamp, code, query_code, query_id, word
from app.web.schemas.pages import SHORT_PAGES, PageQuerySchema, page_of
from app.web.schemas.several import SEVERAL, QueryCode, QueryMatches, QueryValues
from app.web.schemas.submission import SubmissionQuerySchema

MAX_SEED = 2**53
"""Larger numbers lose precision in most JSON clients."""
SORT = r"^(-?cost|\s*-?severity\s*(,\s*-?(started_at|last_seen_at)\s*)?|\s*-?(started_at|last_seen_at)\s*)?$"


class AlertFilterQuerySchema(RequestSchema):
    """Filters of alerts."""

    q = Text(max=200, metadata={"description": f"Text in message, comment, description, host or item. {SHORT_PAGES}"})
    severity = QueryValues(QueryCode(Severity), metadata={"description": f"By word or number; {SEVERAL}"})
    min_severity = QueryCode(Severity, metadata={"description": "Only alerts of this severity or above"})
    status = QueryValues(QueryCode(AlertStatus), metadata={"description": f"By word or number; {SEVERAL}"})
    host_id = QueryValues(query_id(), metadata={"description": f"Only alerts of this host; {SEVERAL}"})
    host = Text(
        min=1,
        max=500,
        metadata={"description": "Only alerts whose reported host, or whose host in the inventory, has this name"},
    )
    machine_id = query_id(metadata={"description": "Only alerts of the hosts that are this machine"})
    monitor_id = QueryValues(query_id(), metadata={"description": f"Only alerts of this monitor; {SEVERAL}"})
    source = QueryValues(
        Text(max=64),
        metadata={
            "description": f"Name of the system that reported the alert, such as zabbix or alertmanager; {SEVERAL}"
        },
    )
    match = QueryMatches(
        metadata={
            "description": "Only alerts that match all of these matchers in Alertmanager's notation, like"
            f" `{MATCH_EXAMPLE}`. {SHORT_PAGES}"
        }
    )
    suppressed = QueryBoolean(metadata={"description": "Only alerts that are suppressed, or only alerts that are not"})
    stale = QueryBoolean(metadata={"description": "Only alerts that their source no longer confirms, or only others"})
    silenced = QueryBoolean(metadata={"description": "Only alerts that are quiet at their source, or only others"})
    started_after = Timestamp(metadata={"description": "Only alerts that began at this time or later"})
    started_before = Timestamp(metadata={"description": "Only alerts that began before this time"})
    last_seen_after = Timestamp(metadata={"description": "Only alerts last reported at this time or later"})
    last_seen_before = Timestamp(metadata={"description": "Only alerts last reported before this time"})
    resolved_after = Timestamp(metadata={"description": "Only alerts resolved at this time or later"})
    resolved_before = Timestamp(metadata={"description": "Only alerts resolved before this time"})


class AlertQuerySchema(AlertFilterQuerySchema, PageQuerySchema):
    """Filters and order of the list of alerts."""

    sort = Text(
        max=100,
        metadata={
            "pattern": SORT,
            "description": "`severity`, `started_at` or `last_seen_at`, with `-` before it for descending order;"
            " `severity` may be followed by one of the times, like `-severity,started_at`. `-cost` lists only alerts"
            " that count in the health score, those that cost most first. Newest first if not given",
        },
    )


class TestAlertsQuerySchema(SubmissionQuerySchema):
    """Number, severity and seed of test alerts."""

    count = QueryInteger(
        validate=validate.Range(1, MAX_GENERATED),
        load_default=GENERATED,
        metadata={"description": "Number of test alerts"},
    )
    severity = query_code(Severity)
    seed = QueryInteger(
        validate=validate.Range(0, MAX_SEED), metadata={"description": "The same seed generates the same alerts"}
    )


class QuietSchema(AnswerSchema):
    """What keeps an alert quiet at its source, as far as the source says it."""

    kind = word(QuietKind)
    id = fields.String(allow_none=True, metadata={"description": "Id of the silence, maintenance or cause there"})
    by = fields.String(allow_none=True, metadata={"description": "Who made it"})
    comment = fields.String(allow_none=True)
    until = Timestamp(allow_none=True, metadata={"description": "Its end; `null` if it has no known end"})


class AlertSchema(AnswerSchema):
    """An alert of one monitor."""

    id = fields.Integer()
    message = fields.String(metadata={"description": "What is wrong"})
    description = fields.String(metadata={"description": "The source's explanation"})
    value = fields.String(allow_none=True, metadata={"description": "What the source measured, in its notation"})
    labels = fields.Dict(
        fields.String(), fields.String(), metadata={"description": "The source's labels or tags, which say what it is"}
    )
    annotations = fields.Dict(
        fields.String(), fields.String(), metadata={"description": "The source's texts and links, by name"}
    )
    severity = code(Severity)
    source_severity = fields.String(
        allow_none=True, metadata={"description": "The severity in the source's own word; `null` if it gave none"}
    )
    status = code(AlertStatus)
    suppressed = fields.Boolean(
        metadata={
            "description": "Snoozed, silenced at its source, in a maintenance window or a witness:"
            " not scored, nobody is notified"
        }
    )
    silenced_by = fields.Nested(
        QuietSchema, allow_none=True, metadata={"description": "What keeps it quiet at its source; `null` for nothing"}
    )
    witness_of = fields.Integer(
        allow_none=True,
        metadata={"description": "The alert of another monitor that tells the same fault and counts for both"},
    )
    is_stale = fields.Boolean(
        metadata={"description": "Open, but its source has not confirmed it for too long: nobody knows if it is over"}
    )
    snoozed_until = Timestamp(allow_none=True, metadata={"description": "End of the snooze"})
    flapping = fields.Boolean(metadata={"description": "It fires again and again shortly after it is resolved"})
    occurrence = fields.Integer(
        metadata={"description": "Number of the occurrence: 1 the first time that the source fires this alert"}
    )
    monitor_id = fields.Integer()
    host = fields.String(
        allow_none=True, metadata={"description": "Name of its host, also if the inventory does not have the host"}
    )
    host_id = fields.Integer(allow_none=True, metadata={"description": "The host in the inventory, if known"})
    item = fields.String(
        allow_none=True, metadata={"description": "Name of its item, also if the inventory does not have the item"}
    )
    item_id = fields.Integer(allow_none=True, metadata={"description": "The item in the inventory, if known"})
    comment = fields.String(metadata={"description": "Comments of users, and details of test alerts"})
    source = fields.String(metadata={"description": "Name of the system that reported the alert"})
    source_url = fields.String(allow_none=True, metadata={"description": "Where the source shows it"})
    external_id = fields.String(metadata={"description": "Id of the alert at its source"})
    count = fields.Integer(metadata={"description": "Number of times that the source reported this occurrence"})
    started_at = Timestamp(
        allow_none=True, metadata={"description": "When it began by the source's clock; `null` if it did not say"}
    )
    ended_at = Timestamp(
        allow_none=True, metadata={"description": "When it ended by the source's clock; `null` if it did not say"}
    )
    duration_s = fields.Integer(
        metadata={"description": "From its start to its end, or until now, by the source's clock where it says so"}
    )
    first_seen_at = Timestamp(metadata={"description": "When nagare first saw this occurrence"})
    last_seen_at = Timestamp(metadata={"description": "When the source last reported this occurrence"})
    resolved_at = Timestamp(allow_none=True, metadata={"description": "When nagare learned that it is over"})
    resolution = word(
        Resolution,
        allow_none=True,
        metadata={
            "description": "How it is known that it is over: the source reported it, a complete pull no longer found "
            "it, the monitor's rule for stale alerts, or a user; `null` while it is open"
        },
    )


class WitnessSchema(AnswerSchema):
    """An alert of another monitor that tells the same fault of the same machine."""

    alert_id = fields.Integer()
    monitor_id = fields.Integer()
    monitor_name = fields.String()
    source = fields.String(metadata={"description": "Name of the system that reported it"})
    message = fields.String()
    severity = code(Severity)
    status = code(AlertStatus)
    host_id = fields.Integer(allow_none=True)
    witness_of = fields.Integer(allow_none=True, metadata={"description": "`null` for the alert that counts for all"})
    started_at = Timestamp(allow_none=True)
    first_seen_at = Timestamp()
    resolved_at = Timestamp(allow_none=True)


class AlertDetailSchema(AlertSchema):
    """An alert with the alerts of other monitors that tell the same fault."""

    witnesses = fields.List(fields.Nested(WitnessSchema))


AlertPageSchema = page_of(AlertSchema).from_dict(
    {
        "items": fields.List(fields.Nested(AlertSchema)),
        "next_cursor": fields.String(allow_none=True),
        "total": fields.Integer(
            allow_none=True, metadata={"description": "How many alerts there are in all; only on the first page"}
        ),
        "total_is_exact": fields.Boolean(
            attribute="is_total_exact",
            allow_none=True,
            metadata={"description": "`false` if there may be more than `total`: only so many are counted"},
        ),
    },
    name="AlertPageSchema",
)


class SimilarQuerySchema(PageQuerySchema):
    """The page of the alerts that tell the same fault on other hosts."""

    status = QueryValues(
        QueryCode(AlertStatus), metadata={"description": f"By word or number, open ones if not given; {SEVERAL}"}
    )


SimilarAlertsSchema = AlertPageSchema.from_dict(
    {
        "match": fields.String(
            metadata={"description": "The matchers that say what the same fault is, as `GET /alerts?match=` takes them"}
        )
    },
    name="SimilarAlertsSchema",
)


class AlertEventSchema(AnswerSchema):
    """One event of an alert; without a user it was caused by the source or a timer."""

    id = fields.Integer()
    at = Timestamp()
    kind = word(AlertEventKind)
    user_id = fields.Integer(
        allow_none=True, metadata={"description": "The user who acted; `null` for the source or a timer"}
    )
    username = fields.String(allow_none=True)
    comment = fields.String(metadata={"description": "Comment of the user"})
    details = fields.Dict(
        fields.String(),
        fields.List(fields.String(allow_none=True)),
        allow_none=True,
        metadata={"description": "What changed: by field, like `labels.pod`, the value before and after"},
    )


class RawReportSchema(AnswerSchema):
    """The last report of an alert that arrived one way."""

    way = word(ReportWay)
    received_at = Timestamp()
    body = fields.Raw(metadata={"description": "As its source sent it; of one that is too long, the start as text"})


class RawReportsSchema(AnswerSchema):
    """The last report of an alert for each way it arrived, the newest first."""

    items = fields.List(fields.Nested(RawReportSchema))
