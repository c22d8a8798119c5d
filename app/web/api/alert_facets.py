"""Counts and groups of alerts, and the completion of matchers."""

from typing import Any

from app.enums import Role
from app.web.api_blueprint import ApiBlueprint
from app.web.context import services
from app.web.schemas.alert_facets import (
    AlertFacetQuerySchema,
    AlertFacetsSchema,
    AlertGroupQuerySchema,
    AlertGroupsSchema,
    LabelNameQuerySchema,
    LabelValueQuerySchema,
    WordsSchema,
    by_severity,
)

alert_facets = ApiBlueprint("alert_facets", __name__, description="Counts and groups of alerts")


@alert_facets.operation(
    "GET", "/alerts/facets", role=Role.VIEWER, query=AlertFacetQuerySchema, answer=AlertFacetsSchema
)
def get_alert_facets(labels: Any = (), **filters: Any) -> dict[str, Any]:
    """Count the alerts of a filter by severity, status, monitor, source, host, group and labels, and by their start.

    At most the newest 10,000 are counted.
    """
    found = services().triage.alert_facets.facets((labels,) if isinstance(labels, str) else labels, **filters)
    return {
        "total": found.total,
        "total_is_exact": found.is_exact,
        "facets": [
            {
                "name": facet.name,
                "label": facet.label,
                "values": [{"value": value, "count": count} for value, count in facet.values],
            }
            for facet in found.facets
        ],
        "timeline": [
            {"starts_at": each.starts_at, "ends_at": each.ends_at, **by_severity(each.severities)}
            for each in found.buckets
        ],
    }


@alert_facets.operation(
    "GET", "/alerts/groups", role=Role.VIEWER, query=AlertGroupQuerySchema, answer=AlertGroupsSchema
)
def list_alert_groups(by: str, label: str | None = None, **filters: Any) -> dict[str, Any]:
    """Group the alerts of a filter by host, message, host group, monitor or a label.

    At most the newest 10,000 are grouped.
    """
    found = services().triage.alert_facets.groups(by, label, **filters)
    items = [
        {
            "value": group.key,
            "count": group.count,
            **by_severity(group.severities),
            "acknowledged": group.acknowledged,
            "last_started_at": group.last_began_at,
            "filter": wanted,
        }
        for group, wanted in found.groups
    ]
    return {"total": found.total, "total_is_exact": found.is_exact, "items": items}


@alert_facets.operation("GET", "/alerts/label-names", role=Role.VIEWER, query=LabelNameQuerySchema, answer=WordsSchema)
def list_label_names(q: str) -> dict[str, Any]:
    """List the names of fields and labels that a matcher can have, at most 30."""
    return {"items": services().triage.alert_facets.label_names(q)}


@alert_facets.operation(
    "GET", "/alerts/label-values", role=Role.VIEWER, query=LabelValueQuerySchema, answer=WordsSchema
)
def list_label_values(name: str, q: str) -> dict[str, Any]:
    """List values of a field or a label that begin with a text, at most 30."""
    return {"items": services().triage.alert_facets.label_values(name, q)}
