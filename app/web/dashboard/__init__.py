"""The dashboard: pages for people, on top of the same services as the API."""

from app.web.dashboard import assets, errors, exports
from app.web.dashboard.blueprint import dashboard
from app.web.dashboard.pages import (
    alert_actions,
    alerts,
    channels,
    contact_methods,
    dead_letters,
    escalations,
    heartbeats,
    hosts,
    items,
    machines,
    maintenance,
    mappings,
    monitors,
    notifications,
    overview,
    pages,
    preferences,
    queues,
    rota_edit,
    rotas,
    routes,
    schedules,
    severities,
    sign_in,
    status,
    tasks,
    teams,
    tokens,
    users,
)

PAGES = (
    sign_in,
    preferences,
    assets,
    exports,
    status,
    overview,
    monitors,
    severities,
    mappings,
    hosts,
    items,
    alerts,
    alert_actions,
    heartbeats,
    machines,
    maintenance,
    rotas,
    rota_edit,
    notifications,
    contact_methods,
    teams,
    channels,
    routes,
    escalations,
    pages,
    schedules,
    tasks,
    dead_letters,
    queues,
    tokens,
    users,
)
"""The modules that add their views to the blueprint when they are imported."""

errors.install(dashboard)

__all__ = ["PAGES", "dashboard"]
