"""What becomes of an alert as Zabbix posts its problem, updates and end, and as pulls see it between them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.enums import AlertStatus, QuietKind, ReportWay, Severity
from app.errors import Invalid
from app.rules.alerts.alert_changes import AlertState, follow
from app.rules.alerts.alert_reports import AlertReport, Quiet
from app.rules.webhooks.fields import Fields
from app.rules.webhooks.zabbix import parse_zabbix
from tests.unit.rules.webhooks.payloads import ZABBIX, Json
from tests.unit.rules.webhooks.test_zabbix import WHOLE

NOON = datetime(2026, 1, 31, 12, 0, 10, tzinfo=UTC)
END = {"event_value": "0", "event_recovery_date": "2026.01.31", "event_recovery_time": "20:00:01"}
MAINTENANCE = Quiet(QuietKind.MAINTENANCE, id="3", comment="升级")


class Story:
    """The alerts of one monitor by their identities, and what happened to them."""

    def __init__(self) -> None:
        self.alerts: dict[str, AlertState] = {}
        self.happened: list[str] = []
        self._minutes: Iterator[datetime] = (NOON + timedelta(minutes=minute) for minute in range(100))

    def post(self, *bodies: Json) -> None:
        for body in bodies:
            for report in parse_zabbix(Fields(body)):
                self.take_in(report, ReportWay.WEBHOOK)

    def pull(self, report: AlertReport) -> None:
        self.take_in(replace(report, is_whole=True, is_quiet_known=True, unspoken=()), ReportWay.PULL)

    def take_in(self, report: AlertReport, way: ReportWay) -> None:
        state, events = follow(self.alerts.get(report.external_id), report, next(self._minutes), way)
        if state is not None:
            self.alerts[report.external_id] = state
        self.happened += map(str, events)


def reported(body: Json) -> AlertReport:
    return next(parse_zabbix(Fields(body)))


@pytest.mark.parametrize("body", [ZABBIX, WHOLE])
def test_a_problem_is_acknowledged_eased_and_closed_as_one_alert(body: Json) -> None:
    story = Story()
    acknowledged = body | {"event_ack_status": "Yes"}
    story.post(body, acknowledged, acknowledged | {"event_nseverity": "2"}, body | END)
    [alert] = story.alerts.values()
    assert (alert.status, alert.severity, alert.occurrence) == (AlertStatus.RESOLVED, Severity.WARNING, 1)
    assert [one for one in story.happened if one != "changed"] == ["fired", "acknowledged", "eased", "resolved"]


@pytest.mark.parametrize("body", [ZABBIX, WHOLE])
def test_the_end_of_an_unknown_event_makes_nothing(body: Json) -> None:
    story = Story()
    story.post(body, body | END | {"event_id": "202"})
    assert [*story.alerts] == ["4711"]
    assert story.alerts["4711"].status is AlertStatus.ACTIVE
    story.post(body | END)
    assert story.happened == ["fired", "resolved"]


def test_a_problem_that_ends_in_the_second_of_its_beginning_ends() -> None:
    story = Story()
    story.pull(replace(reported(WHOLE), started_at=datetime(2026, 1, 31, 12, 0, 1, 779_123, UTC)))
    story.post(WHOLE | END)
    assert story.happened == ["fired", "resolved"]


def test_a_post_does_not_end_a_maintenance_that_a_pull_saw() -> None:
    story = Story()
    story.pull(replace(reported(WHOLE), quiet=MAINTENANCE))
    story.post(WHOLE | {"event_ack_status": "Yes"})
    assert story.alerts["4711"].silenced_by == MAINTENANCE.as_dict()
    story.pull(reported(WHOLE))
    assert story.alerts["4711"].silenced_by is None


def test_a_symptom_that_is_posted_is_quiet_until_it_is_none() -> None:
    story = Story()
    symptom = WHOLE | {"event_cause_id": "4700", "event_cause_name": "交换机断开"}
    story.post(WHOLE, symptom)
    quiet = story.alerts["4711"].silenced_by
    assert quiet is not None and (quiet["kind"], quiet["id"], quiet["comment"]) == ("symptom", "4700", "交换机断开")
    story.post(WHOLE)
    assert story.alerts["4711"].silenced_by is None
    story.post(symptom)
    story.pull(reported(WHOLE))
    assert story.alerts["4711"].silenced_by is None


def test_posts_and_pulls_say_the_same_and_a_post_of_an_earlier_media_type_loses_nothing() -> None:
    story = Story()
    story.post(WHOLE)
    before = story.alerts["4711"]
    story.pull(reported(WHOLE))
    story.post(ZABBIX)
    after = story.alerts["4711"]
    assert (after.labels, after.annotations, after.description) == (
        *(before.labels, before.annotations, before.description),
    )
    assert story.happened == ["fired"]


def test_a_test_and_a_refused_post_change_nothing() -> None:
    story = Story()
    story.post({name: f"{{{name.upper()}}}" for name in WHOLE})
    for fields in ({"event_id": "*UNKNOWN*"}, {"event_value": "{EVENT.VALUE}"}):
        with pytest.raises(Invalid):
            story.post(WHOLE | fields)
    assert story.alerts == {}
