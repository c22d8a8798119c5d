"""Alerts: the list and the details of one alert."""

import json

from flask import Response

from app.enums import AlertStatus, Role, Severity
from app.rules.task_params.alerts import GenerateAlerts
from app.store.database.pages import PageRequest
from app.web.context import services
from app.web.dashboard.alert_labels import labels_beside
from app.web.dashboard.blueprint import dashboard, render
from app.web.dashboard.flash import lead_to
from app.web.dashboard.forms import given_filters, read_form, read_query, requester
from app.web.dashboard.pages.monitors import monitor_names
from app.web.schemas.alerts import AlertQuerySchema, TestAlertsQuerySchema

ALERT = "/alerts/<id:alert_id>"
SNOOZES = ("1h", "4h", "1d", "7d")
EVENTS_SHOWN = 100
ORDERS = ("-severity,started_at", "-cost", "-started_at", "-last_seen_at")
"""Besides the newest first."""
FIELDS = ("q", "severity", "status", "monitor_id", "match", "sort")
"""The filters that the page has fields for; the others come from links, like those of a host."""


@dashboard.page("/alerts", role=Role.VIEWER)
def alerts() -> str:
    """List the alerts, newest first unless another order is chosen."""
    page = services().alerts.alerts.list(**read_query(AlertQuerySchema))
    return render(
        "alerts",
        page=page,
        filters=given_filters(),
        other_filters=[(name, text) for name, text in given_filters().items() if name not in FIELDS],
        orders=ORDERS,
        monitors=monitor_names(),
        beside=labels_beside(page.items),
        hosts=services().inventory.inventory.host_names({alert["host_id"] for alert in page.items} - {None}),
        severities=list(reversed(Severity)),
        statuses=list(AlertStatus),
        snoozes=SNOOZES,
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
