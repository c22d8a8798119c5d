"""The lists that are files, saved views and counts too: how each is filtered, read and written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any
from urllib.parse import parse_qsl, urlencode

from marshmallow import Schema, ValidationError
from werkzeug.datastructures import MultiDict

from app.enums import OPEN_STATUSES, AlertStatus, HeartbeatStatus, InventoryStatus, Role, Severity
from app.store.database.pages import Page, PageRequest
from app.store.selection.alert_lists import AlertPage
from app.web.context import current_user, services
from app.web.schemas.alert_facets import AlertListQuerySchema
from app.web.schemas.alerts import AlertSchema
from app.web.schemas.audit import AuditEntrySchema, AuditQuerySchema
from app.web.schemas.channels import ChannelSchema
from app.web.schemas.dead_letters import DeadLetterQuerySchema, DeadLetterSchema
from app.web.schemas.escalations import EscalationSchema
from app.web.schemas.heartbeats import HeartbeatSchema, HeartbeatsQuerySchema
from app.web.schemas.hosts import HostQuerySchema, HostSchema
from app.web.schemas.items import ItemQuerySchema, ItemSchema
from app.web.schemas.machines import MachineQuerySchema, MachineSchema
from app.web.schemas.maintenance import MaintenanceQuerySchema, MaintenanceSchema
from app.web.schemas.monitors import MonitorSchema
from app.web.schemas.notifications import NotificationSchema
from app.web.schemas.pages import PageQuerySchema
from app.web.schemas.paging import PagedSchema, PagesQuerySchema
from app.web.schemas.rotas import RotaSchema
from app.web.schemas.schedules import ScheduleSchema
from app.web.schemas.tasks import TaskListSchema, TaskSchema
from app.web.schemas.teams import TeamSchema
from app.web.schemas.tokens import TokenSchema
from app.web.schemas.users import UserSchema

WORST_FIRST = "-severity,started_at"
PLACE = ("cursor", "limit", "format")
"""Parameters that say which part of a list is shown, and how; they are no filters."""


@dataclass(frozen=True)
class Listed:
    """A list of the API that has a page."""

    query: type[PageQuerySchema]
    row: type[Schema]
    fetch: Callable[..., Page | AlertPage]
    codes: Mapping[str, type[IntEnum]] = field(default_factory=dict)
    """The fields with numbers that stand for words."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """What the page shows where its address says nothing."""

    @property
    def is_filtered(self) -> bool:
        """Whether the list has filters, so that a view of it can be saved."""
        return len(self.query().fields) > len(("limit", "cursor"))

    def load(self, arguments: MultiDict[str, str]) -> dict[str, Any]:
        """Return the filters of a query string without the blank ones, as its page has them. Raises ValidationError."""
        schema = self.query()
        loaded: dict[str, Any] = schema.load(
            {
                name: texts if getattr(schema.fields.get(name), "is_multiple", False) else texts[0]
                for name, texts in ((name, [text for text in all if text]) for name, all in arguments.lists())
                if texts and name not in PLACE
            }
        )
        del loaded["page"]
        return {**self.defaults, **loaded}


def _heartbeats(page: PageRequest, status: str | None = None, q: str | None = None) -> Page:
    return services().liveness.heartbeats.list(page, HeartbeatStatus(status) if status else None, q)


def _alerts(page: PageRequest, **filters: Any) -> AlertPage:
    """List the alerts as the page does: the open ones unless the filter names a status. Groups are their alerts."""
    wanted = {name: value for name, value in filters.items() if name not in ("by", "label")}
    return services().alerts.alerts.list(page, **{"status": tuple(map(int, OPEN_STATUSES)), **wanted})


LISTS: dict[str, Listed] = {
    "alerts": Listed(
        AlertListQuerySchema,
        AlertSchema,
        _alerts,
        {"severity": Severity, "status": AlertStatus},
        defaults={"status": tuple(map(int, OPEN_STATUSES)), "sort": WORST_FIRST},
    ),
    "hosts": Listed(
        HostQuerySchema,
        HostSchema,
        lambda page, **filters: services().inventory.inventory.list_hosts(page, **filters),
        {"status": InventoryStatus},
    ),
    "items": Listed(
        ItemQuerySchema,
        ItemSchema,
        lambda page, **filters: services().inventory.inventory.list_items(page, **filters),
        {"status": InventoryStatus},
    ),
    "machines": Listed(
        MachineQuerySchema,
        MachineSchema,
        lambda page, **filters: services().machines.machines.list(page, **filters),
        {"worst_severity": Severity},
    ),
    "heartbeats": Listed(HeartbeatsQuerySchema, HeartbeatSchema, _heartbeats, {"severity": Severity}),
    "tasks": Listed(TaskListSchema, TaskSchema, lambda page, **filters: services().ledger.tasks.list(page, **filters)),
    "dead-letters": Listed(
        DeadLetterQuerySchema,
        DeadLetterSchema,
        lambda page, **filters: services().ledger.dead_letters.list(page, **filters),
    ),
    "pages": Listed(
        PagesQuerySchema,
        PagedSchema,
        lambda page, **filters: services().paging.pages.list(page, **filters),
        {"severity": Severity},
    ),
    "maintenance": Listed(
        MaintenanceQuerySchema,
        MaintenanceSchema,
        lambda page, **filters: services().maintenance.windows.list(page, **filters),
    ),
    "monitors": Listed(PageQuerySchema, MonitorSchema, lambda page: services().inventory.monitors.list(page)),
    "schedules": Listed(PageQuerySchema, ScheduleSchema, lambda page: services().ledger.schedules.list(page)),
    "rotas": Listed(PageQuerySchema, RotaSchema, lambda page: services().on_call.rotas.list(page)),
    "escalations": Listed(PageQuerySchema, EscalationSchema, lambda page: services().paging.escalations.list(page)),
    "notifications": Listed(
        PageQuerySchema, NotificationSchema, lambda page: services().response.notifications.list(page)
    ),
    "channels": Listed(PageQuerySchema, ChannelSchema, lambda page: services().contacts.channels.list(page)),
    "teams": Listed(PageQuerySchema, TeamSchema, lambda page: services().contacts.teams.list(page)),
    "tokens": Listed(
        PageQuerySchema, TokenSchema, lambda page: services().access.api_tokens.list(page, current_user())
    ),
    "audit": Listed(
        AuditQuerySchema,
        AuditEntrySchema,
        lambda page, **filters: services().access.audit.list(page, Role(current_user()["role"]), **filters),
    ),
    "users": Listed(PageQuerySchema, UserSchema, lambda page: services().access.users.list(page)),
}
"""By the address of its page, without the slash."""
VIEWED = tuple(name for name, listed in LISTS.items() if listed.is_filtered)
"""The lists of which views can be saved."""


def arguments_of(query: str) -> MultiDict[str, str]:
    """Return the parameters of a query string."""
    return MultiDict(parse_qsl(query.removeprefix("?"), keep_blank_values=True))


def checked_query(name: str, query: str) -> str:
    """Return a list's query string without blank filters and without the place in the list.

    Raises ValidationError for the field `query`, with what is wrong with which filter.
    """
    arguments = arguments_of(query)
    try:
        LISTS[name].load(arguments)
    except ValidationError as error:
        wrong: Mapping[str, Any] = error.messages_dict
        told = [f"{field}: {' '.join(map(str, texts))}" for field, texts in wrong.items()]
        raise ValidationError({"query": told}) from None
    kept = [(key, text) for key, text in arguments.items(multi=True) if text and key not in PLACE]
    return urlencode(kept)


def address_of(name: str, query: str) -> str:
    """Return the address of a list's page with a filter."""
    return f"/{name}?{query}" if query else f"/{name}"
