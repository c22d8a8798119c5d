"""Alerts: the list and the details of one alert."""

import json

from flask import Response

from app.enums import Role, Severity
from app.rules.task_params.alerts import GenerateAlerts
from app.store.database.pages import PageRequest
from app.web.context import services
from app.web.dashboard import alert_list
from app.web.dashboard.alert_labels import labels_beside
from app.web.dashboard.alert_words import alerts_in_words
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import filters_of, given_filters, read_form, read_query, requester
from app.web.dashboard.pages.monitors import monitor_names
from app.web.schemas.alerts import AlertQuerySchema, TestAlertsQuerySchema

ALERT = "/alerts/<id:alert_id>"
SNOOZES = ("1h", "4h", "1d", "7d")
EVENTS_SHOWN = 100
ORDERS = ("-cost", "-started_at", "started_at", "-last_seen_at")
"""Besides the worst first."""
FIELDS = ("q", "severity", "monitor_id", "match", "sort")
"""The filters that the page has fields for; the others come from links, like those of a host."""


@dashboard.page("/alerts", role=Role.VIEWER)
def alerts() -> str:
    """List the alerts: the open ones, and the worst first, unless the address says otherwise."""
    query = alert_list.effective(read_query(AlertQuerySchema))
    page = services().alerts.alerts.list(**query)
    monitors = monitor_names()
    wanted = {name: value for name, value in filters_of(query).items() if name != "sort"}
    total = page.total if page.is_total_exact else None
    return render(
        "alerts",
        page=page,
        filters=given_filters(),
        stated=alert_list.stated(),
        other_filters=[(name, text) for name, text in given_filters().items() if name not in FIELDS],
        orders=ORDERS,
        monitors=monitors,
        beside=labels_beside(page.items),
        hosts=services().inventory.inventory.host_names({alert["host_id"] for alert in page.items} - {None}),
        severities=list(reversed(Severity)),
        snoozes=SNOOZES,
        total=total,
        words=alerts_in_words(
            wanted, page.total, bool(page.is_total_exact), {f"monitor_id:{key}": name for key, name in monitors.items()}
        ),
        tabs=[(name, alert_list.tab_filters(name)) for name in alert_list.TABS],
        tab=alert_list.tab(),
        columns=alert_list.columns(),
        all_columns=alert_list.COLUMNS,
        heads=alert_list.heads(),
    )


@dashboard.page(ALERT, role=Role.VIEWER)
def alert(alert_id: int) -> str:
    """Show one alert with its events."""
    found = services().alerts.alerts.get(alert_id)
    inventory = services().inventory.inventory
    return render(
        "alert",
        alert=found,
        monitor=services().inventory.monitors.get(found["monitor_id"]),
        host=inventory.get_host(found["host_id"]) if found["host_id"] else None,
        item=inventory.get_item(found["item_id"]) if found["item_id"] else None,
        events=services().alerts.alerts.events(PageRequest(EVENTS_SHOWN), alert_id).items,
        reports=[
            {**report, "text": json.dumps(report["body"], ensure_ascii=False, indent=2)}
            for report in services().alerts.alerts.raw_reports(alert_id)
        ],
        snoozes=SNOOZES,
    )


@dashboard.action("/alerts/test", role=Role.OPERATOR)
def make_test_alerts() -> Response:
    """Queue the generation of test alerts."""
    form = read_form(TestAlertsQuerySchema)
    chosen = None if form.get("severity") is None else Severity(form["severity"])
    params = GenerateAlerts(count=form["count"], severity=chosen, seed=form.get("seed"))
    services().ledger.submit.accept(requester(), params)
    return lead_to("/alerts", "flash.alerts_queued", count=form["count"])
