"""Converts the alerts of Grafana's own Alertmanager to the reports that its webhook would bring."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from app.connectors.alertmanager.records import read_labels
from app.connectors.http.json_body import parse_json
from app.connectors.prometheus.alert_rules import read_moment
from app.connectors.prometheus.silences import KnownQuiet
from app.errors import Invalid, SourceGarbled
from app.rules.alerts.alert_reports import AlertReport
from app.rules.webhooks.fields import Fields
from app.rules.webhooks.grafana import read_grafana

VALUES, VALUE_STRING, ORGANIZATION = "__values__", "__value_string__", "__orgId__"
DASHBOARD, PANEL = "__dashboardUid__", "__panelId__"
RULE_PAGE = "/alerting/"
MAX_VALUES = 2**20
"""Bytes of an alert's values."""

Texts = Mapping[str, str]


def read_alerts(entries: object, known: KnownQuiet) -> Iterator[AlertReport]:
    """Yield the alerts of `/api/v2/alerts`, with what keeps them quiet, each once. Raises SourceGarbled."""
    if not isinstance(entries, list):
        raise SourceGarbled("This is not what Grafana answers: the alerts are not a list")
    seen = set[str]()
    for entry in entries:
        labels = read_labels(entry)
        report = _report(entry, labels)
        if report is None or report.external_id in seen:
            continue
        seen.add(report.external_id)
        quiet, is_known = known.find(report.external_id, labels)
        yield replace(report, quiet=quiet, is_quiet_known=is_known, raw=entry)


def _report(entry: Mapping[str, Any], labels: Texts) -> AlertReport | None:
    try:
        return read_grafana(Fields(_as_posted(entry, labels)))
    except Invalid as error:
        raise SourceGarbled(f"This is not what Grafana answers: {error.field} of an alert: {error}") from None


def _as_posted(entry: Mapping[str, Any], labels: Texts) -> dict[str, Any]:
    """Return an alert as Grafana's contact points write it, from labels and annotations that only it sees itself."""
    annotations = read_labels(entry, "annotations") if entry.get("annotations") is not None else {}
    link = entry.get("generatorURL")
    page = link if isinstance(link, str) else ""
    return {
        "status": "firing",
        "labels": _public(labels),
        "annotations": _public(annotations),
        "startsAt": entry.get("startsAt") if read_moment(entry.get("startsAt")) else None,
        "fingerprint": entry.get("fingerprint"),
        "generatorURL": _with_query(page, orgId=annotations.get(ORGANIZATION)),
        **_dashboard_links(page, annotations),
        "values": _values(annotations.get(VALUES, "")),
        "valueString": annotations.get(VALUE_STRING, ""),
    }


def _public(texts: Texts) -> dict[str, str]:
    return {name: text for name, text in texts.items() if not (name.startswith("__") and name.endswith("__"))}


def _dashboard_links(rule_page: str, annotations: Texts) -> dict[str, str]:
    """Return the links to dashboard and panel, whose base is that of the link to the rule."""
    base, found, _ = rule_page.partition(RULE_PAGE)
    dashboard, panel = annotations.get(DASHBOARD), annotations.get(PANEL)
    if not found or not dashboard:
        return {}
    page, organization = f"{base}/d/{quote(dashboard, safe='')}", annotations.get(ORGANIZATION)
    links = {"dashboardURL": _with_query(page, orgId=organization)}
    return links | ({"panelURL": _with_query(page, orgId=organization, viewPanel=panel)} if panel else {})


def _with_query(url: str, **params: str | None) -> str:
    """Return an address with these parameters in its query; unchanged if it is none."""
    given = {name: value for name, value in params.items() if value}
    try:
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True)) | given
    except ValueError:
        return url
    return urlunsplit(parts._replace(query=urlencode(sorted(query.items())))) if url and given else url


def _values(text: str) -> Any:
    try:
        return parse_json(bytearray(text.encode()), MAX_VALUES) if len(text) <= MAX_VALUES else None
    except ValueError:
        return None
