"""Alerts: the list and the details of one alert."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, request

from app.enums import Role, Severity
from app.rules.task_params.alerts import GenerateAlerts
from app.services.triage.alert_facets import GROUPINGS
from app.store.database.pages import PageRequest
from app.store.selection.alert_lists import AlertPage
from app.web.context import services
from app.web.dashboard import alert_counts, alert_list
from app.web.dashboard.alert_labels import labels_beside
from app.web.dashboard.alert_page import (
    EVENTS_SHOWN,
    MARKED,
    SIMILAR_SHOWN,
    address_of,
    chart_of,
    label_filters,
    links_of,
    source_link_of,
    story_of,
)
from app.web.dashboard.alert_words import alerts_in_words
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import filters_of, given_filters, read_form, read_query, requester
from app.web.dashboard.fragments import is_wanted
from app.web.dashboard.item_charts import has_history
from app.web.dashboard.pages.monitors import monitor_names
from app.web.dashboard.translation import translate
from app.web.schemas.alert_facets import AlertListQuerySchema
from app.web.schemas.alerts import TestAlertsQuerySchema

ALERT = "/alerts/<id:alert_id>"
SNOOZES = ("1h", "4h", "1d", "7d")
ORDERS = ("-cost", "-started_at", "started_at", "-last_seen_at")
"""Besides the worst first."""
FIELDS = ("q", "severity", "monitor_id", "match", "sort", "by", "label")
"""The filters that the page has fields for; the others come from links, like those of a host."""


@dashboard.page("/alerts", role=Role.VIEWER)
def alerts() -> str:
    """List the alerts or groups of them: the open ones, the worst first, unless the address says otherwise."""
    query = alert_list.effective(read_query(AlertListQuerySchema))
    by, label = query.pop("by", ""), query.pop("label", None)
    wanted = {name: value for name, value in filters_of(query).items() if name != "sort"}
    monitors = monitor_names()
    given = given_filters()
    shared = {
        "filters": given,
        "stated": alert_list.stated(),
        "other_filters": [(name, text) for name, text in given.items() if name not in FIELDS],
        "orders": ORDERS,
        "monitors": monitors,
        "severities": list(reversed(Severity)),
        "by": by,
        "label": label,
        "by_choices": [(name, translate(f"alerts.by_{name}")) for name in GROUPINGS],
        "tabs": [(name, alert_list.tab_filters(name)) for name in alert_list.TABS],
        "tab": alert_list.tab(),
    }
    if by:
        found = services().triage.alert_facets.groups(by, label, **wanted)
        groups = alert_counts.rows(found, by, monitors, alert_list.stated())
        around = _around(wanted, monitors, found.total)
        return render("alert_groups", groups=groups, is_exact=found.is_exact, **around, **shared)
    page = AlertPage([], None) if _is_asked_by("around") else services().alerts.alerts.list(**query)
    names = {f"monitor_id:{key}": name for key, name in monitors.items()}
    return render(
        "alerts",
        page=page,
        beside=labels_beside(page.items),
        hosts=services().inventory.inventory.host_names({alert["host_id"] for alert in page.items} - {None}),
        snoozes=SNOOZES,
        total=page.total if page.is_total_exact else None,
        words=alerts_in_words(wanted, page.total, bool(page.is_total_exact), names),
        columns=alert_list.columns(),
        all_columns=alert_list.COLUMNS,
        heads=alert_list.heads(),
        **_around(wanted, monitors, page.total if page.is_total_exact else None),
        **shared,
    )


@dashboard.page("/alerts/words", role=Role.VIEWER)
def alert_words() -> Response:
    """Return the words that complete a matcher: values of the label `name`, or names without it."""
    facets, beginning = services().triage.alert_facets, request.args.get("q", "")
    name = request.args.get("name")
    return jsonify(items=facets.label_values(name, beginning) if name else facets.label_names(beginning))


def _around(wanted: Mapping[str, Any], monitors: Mapping[int, str], total: int | None) -> Mapping[str, Any]:
    """Return the counts around the list: none for a refresh of the list alone, and those of many alerts after it."""
    is_many = total is None or total > alert_counts.FEW
    if _is_asked_by("list") or (is_many and not _is_asked_by("around")):
        return {"counts": {}, "facets": [], "bars": [], "is_later": True}
    found = services().triage.alert_facets.facets(**wanted)
    return {
        "counts": alert_counts.tab_counts(wanted),
        "facets": alert_counts.choices(found, monitors),
        "bars": alert_counts.bars(found.buckets),
        "is_later": False,
    }


def _is_asked_by(region: str) -> bool:
    """Return whether the request is for one region of the page alone."""
    return request.headers.get("HX-Trigger") == region


@dashboard.page(ALERT, role=Role.VIEWER)
def alert(alert_id: int) -> str:
    """Show one alert: its item's chart at that time, its history, and the same fault elsewhere and before."""
    found = services().alerts.alerts.get(alert_id)
    inventory = services().inventory.inventory
    item = inventory.get_item(found["item_id"]) if found["item_id"] else None
    events = services().alerts.alerts.events(PageRequest(EVENTS_SHOWN), alert_id).items
    return render(
        "alert",
        alert=found,
        monitor=services().inventory.monitors.get(found["monitor_id"]),
        host=inventory.get_host(found["host_id"]) if found["host_id"] else None,
        item=item,
        labels=label_filters(found["labels"]),
        links=links_of(found),
        source_link=source_link_of(found),
        link=address_of(alert_id),
        is_charted=item is not None and has_history(item),
        chart=chart_of(found, item) if is_wanted("values") else None,
        events=story_of(alert_id, events) if is_wanted("story") else [],
        marked=[event for event in events if event["kind"] in MARKED],
        **(_others(alert_id) if is_wanted("others") else {}),
        reports=[
            {**report, "text": json.dumps(report["body"], ensure_ascii=False, indent=2)}
            for report in services().alerts.alerts.raw_reports(alert_id)
        ],
        snoozes=SNOOZES,
    )


def _others(alert_id: int) -> dict[str, Any]:
    """Return the first alerts that tell the same fault, on other hosts and before."""
    page = PageRequest(SIMILAR_SHOWN)
    return {
        "similar": services().alerts.alerts.similar(page, alert_id),
        "earlier": services().alerts.alerts.earlier(page, alert_id),
    }


@dashboard.action("/alerts/test", role=Role.OPERATOR)
def make_test_alerts() -> Response:
    """Queue the generation of test alerts."""
    form = read_form(TestAlertsQuerySchema)
    chosen = None if form.get("severity") is None else Severity(form["severity"])
    params = GenerateAlerts(count=form["count"], severity=chosen, seed=form.get("seed"))
    services().ledger.submit.accept(requester(), params)
    return lead_to("/alerts", "flash.alerts_queued", count=form["count"])
