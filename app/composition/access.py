"""Builds the services of users and authentication."""

from dataclasses import dataclass

from app.composition.resources import Resources
from app.queue.stream_tickets import Tickets
from app.services.access.api_tokens import ApiTokenService
from app.services.access.audit import AuditService
from app.services.access.auth import AuthService
from app.services.access.users import UserService


@dataclass(frozen=True)
class Access:
    """Users, sign-in, API tokens, tickets for event streams, and the audit log."""

    auth: AuthService
    api_tokens: ApiTokenService
    users: UserService
    audit: AuditService
    tickets: Tickets


def build_access(resources: Resources) -> Access:
    """Build the services of users and authentication."""
    database = resources.database
    return Access(
        auth=AuthService(database),
        api_tokens=ApiTokenService(database),
        users=UserService(database),
        audit=AuditService(database),
        tickets=Tickets(resources.broker),
    )
