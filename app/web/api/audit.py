"""The audit trail."""

from typing import Any

from app.enums import Role
from app.store.database.pages import Page
from app.web.api_blueprint import ApiBlueprint
from app.web.context import current_user, services
from app.web.schemas.audit import AuditEntrySchema, AuditQuerySchema
from app.web.schemas.pages import page_of

audit = ApiBlueprint("audit", __name__, description="Audit trail: who changed what, and when")


@audit.operation("GET", "/audit", role=Role.VIEWER, query=AuditQuerySchema, answer=page_of(AuditEntrySchema))
def list_audit_entries(**query: Any) -> Page:
    """List who did what, newest first. Users who are no admins see the changes to hosts, items and machines."""
    return services().access.audit.list(reader=Role(current_user()["role"]), **query)
