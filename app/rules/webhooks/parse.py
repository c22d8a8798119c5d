"""Detects the format of a webhook body by its shape, and returns reports that any database can store."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from app.errors import Invalid
from app.rules.alerts.alert_bounds import bounded
from app.rules.alerts.alert_reports import AlertReport
from app.rules.webhooks.alertmanager import alertmanager_alerts, is_alertmanager, read_alertmanager
from app.rules.webhooks.field_mappings import FieldMapping
from app.rules.webhooks.fields import Fields, alert_list, places
from app.rules.webhooks.grafana import is_grafana, read_grafana, refuse_legacy
from app.rules.webhooks.json_values import storable
from app.rules.webhooks.mapped import ALERT, WHOLE, parse_mapped, read_mapped_again
from app.rules.webhooks.plain import read_plain
from app.rules.webhooks.posted import Posted, Refusal, without_repeats
from app.rules.webhooks.zabbix import parse_zabbix

Reader = Callable[[Fields], AlertReport | None]

ALERTMANAGER, GRAFANA, PLAIN = "alertmanager", "grafana", "plain"
READERS: dict[str, Reader] = {ALERTMANAGER: read_alertmanager, GRAFANA: read_grafana, PLAIN: read_plain}
"""Each reads one alert of a group; it returns None for a test, and raises Invalid."""
EXPECTED = (
    "Must have one of these formats: Alertmanager's (version, alerts), Grafana's contact point's (orgId, alerts), "
    "nagare's Zabbix media type's (event_id, event_value, event_nseverity), or plain alerts: an object with a "
    "message, or a list of such objects. For any other JSON, use a monitor of type webhook with a field mapping."
)


def parse(body: object, mapping: FieldMapping | None = None) -> Posted:
    """Return what the body says, in its order; an alert of a group that cannot be read is refused alone.

    The mapping of its monitor decides; without one, the format is detected.

    Raises Invalid with what was expected and where, if the whole body or its only alert cannot be read.
    """
    if mapping is not None:
        return parse_mapped(mapping, body)
    body = storable(body)
    if isinstance(body, list):
        return _group(PLAIN, places(alert_list(body)))
    fields = Fields(body) if isinstance(body, Mapping) else Fields({})
    refuse_legacy(fields)
    if is_alertmanager(fields):
        is_from_grafana = is_grafana(fields)
        alerts = fields.list("alerts") if is_from_grafana else alertmanager_alerts(fields)
        group = _group(GRAFANA if is_from_grafana else ALERTMANAGER, places(alerts, "alerts"))
        return replace(group, truncated=fields.count("truncatedAlerts"))
    if "event_id" in fields:
        problems = [_whole(report, body) for report in parse_zabbix(fields)]
        return Posted(problems, is_test=not problems)
    if "message" in fields:
        return Posted([_whole(read_plain(fields), body)])
    raise Invalid("body", EXPECTED)


def try_to_parse(body: object, mapping: FieldMapping | None = None) -> Posted:
    """Return what `parse` returns; a body that cannot be read is one refusal."""
    try:
        return parse(body, mapping)
    except Invalid as error:
        return Posted(refusals=[Refusal(WHOLE, "", error.field, str(error), body)])


def read_again(
    format: str, alert_places: Sequence[str], alerts: Sequence[object], mapping: FieldMapping | None = None
) -> Posted:
    """Return what alerts say that were refused, or what is still refused of them.

    Those that did not fit a mapping are read by the one that their monitor has now.
    """
    if format == WHOLE:
        return _together(try_to_parse(body, mapping) for body in alerts)
    return _group(format, zip(alert_places, alerts, strict=False), mapping)


def _read(format: str, alert: object, place: str, mapping: FieldMapping | None) -> AlertReport | None:
    """Return the report of one alert of a group; None for a test. Raises Invalid."""
    if format == ALERT:
        return read_mapped_again(mapping, place, alert)
    if format not in READERS:
        raise Invalid(place, f"This release of nagare has no format {format[:100]}.")
    if not isinstance(alert, Mapping):
        raise Invalid(place, "Must be an object.")
    report = READERS[format](Fields(alert, place))
    return None if report is None else _whole(report, alert)


def _group(format: str, alerts: Iterable[tuple[str, object]], mapping: FieldMapping | None = None) -> Posted:
    reports: list[AlertReport] = []
    refusals: list[Refusal] = []
    tests = 0
    for place, alert in alerts:
        try:
            report = _read(format, alert, place, mapping)
        except Invalid as error:
            refusals.append(Refusal(format, place, error.field, str(error), alert))
        else:
            reports += [] if report is None else [report]
            tests += report is None
    return Posted(without_repeats(reports), refusals, is_test=bool(tests) and not reports and not refusals)


def _together(bodies: Iterable[Posted]) -> Posted:
    posted = [*bodies]
    reports = [report for each in posted for report in each.reports]
    return Posted(without_repeats(reports), [refusal for each in posted for refusal in each.refusals])


def _whole(report: AlertReport, raw: object) -> AlertReport:
    return bounded(replace(report, raw=raw))
