"""The resources under `/api/v1`, one noun a file."""

from app.web.api.alert_actions import alert_actions
from app.web.api.alert_facets import alert_facets
from app.web.api.alerts import alerts
from app.web.api.audit import audit
from app.web.api.auth import auth
from app.web.api.channels import channels
from app.web.api.chat import chat
from app.web.api.chat_accounts import chat_accounts
from app.web.api.contact_methods import contact_methods
from app.web.api.contact_rules import contact_rules
from app.web.api.dead_letters import dead_letters
from app.web.api.escalations import escalations
from app.web.api.events import events
from app.web.api.first_steps import first_steps
from app.web.api.ha_identities import ha_identities
from app.web.api.health import health
from app.web.api.heartbeat_pings import heartbeat_pings
from app.web.api.heartbeats import heartbeats
from app.web.api.hosts import hosts
from app.web.api.items import items
from app.web.api.machines import machines
from app.web.api.maintenance import maintenance
from app.web.api.mappings import mappings
from app.web.api.monitors import monitors
from app.web.api.notifications import notifications
from app.web.api.on_call import on_call
from app.web.api.pages import pages
from app.web.api.pulls import pulls
from app.web.api.pushes import pushes
from app.web.api.queues import queue
from app.web.api.rotas import rotas
from app.web.api.routes import routes
from app.web.api.schedules import schedules
from app.web.api.scores import scores
from app.web.api.search import search
from app.web.api.severities import severities
from app.web.api.tasks import tasks
from app.web.api.teams import teams
from app.web.api.tokens import tokens
from app.web.api.users import users
from app.web.api.views import views
from app.web.api.webhooks import webhooks
from app.web.api.workers import workers

PREFIX = "/api/v1"
BLUEPRINTS = (
    auth,
    tokens,
    users,
    monitors,
    severities,
    mappings,
    ha_identities,
    pulls,
    pushes,
    hosts,
    items,
    machines,
    tasks,
    queue,
    dead_letters,
    workers,
    events,
    alerts,
    alert_actions,
    alert_facets,
    webhooks,
    scores,
    schedules,
    heartbeats,
    heartbeat_pings,
    maintenance,
    notifications,
    routes,
    teams,
    channels,
    contact_methods,
    contact_rules,
    chat_accounts,
    chat,
    rotas,
    on_call,
    escalations,
    pages,
    views,
    search,
    audit,
    first_steps,
)
ROOT_BLUEPRINTS = (health,)

__all__ = ["BLUEPRINTS", "PREFIX", "ROOT_BLUEPRINTS"]
