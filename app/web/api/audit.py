"""The audit trail."""

from typing import Any

from app.enums import Role
from app.store.database.pages import Page
from app.web.context import current_user, services
from app.web.operations import ApiBlueprint
from app.web.schemas.audit import AuditEntrySchema, AuditQuerySchema
from app.web.schemas.pages import page_of

audit = ApiBlueprint("audit", __name__, description="Who changed what")


@audit.operation("GET", "/audit", role=Role.VIEWER, query=AuditQuerySchema, answer=page_of(AuditEntrySchema))
def list_audit_entries(**query: Any) -> Page:
    """List the edits of hosts and items, for administrators those of users and API tokens too, newest first."""
    return services().access.audit.list(reader=Role(current_user()["role"]), **query)
