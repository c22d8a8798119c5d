"""Builds the services that notice what no longer reports."""

from dataclasses import dataclass

from app.composition.machines import Machines
from app.composition.resources import Resources
from app.services.alerts.alert_intake import AlertIntake
from app.services.liveness.failing_channels import FailingChannels
from app.services.liveness.heartbeat_pings import HeartbeatPings
from app.services.liveness.heartbeat_watch import HeartbeatWatch
from app.services.liveness.heartbeats import HeartbeatService
from app.services.liveness.ping_reception import PingReception
from app.services.liveness.silent_monitors import SilentMonitors
from app.services.liveness.stale_alerts import StaleAlerts
from app.services.liveness.watchdogs import Watchdogs
from app.services.liveness.watching import Watching


@dataclass(frozen=True)
class Liveness:
    """Heartbeats; silent monitors, absent watchdogs, stale alerts and failing channels."""

    failing_channels: FailingChannels
    heartbeats: HeartbeatService
    heartbeat_pings: HeartbeatPings
    heartbeat_watch: HeartbeatWatch
    ping_reception: PingReception
    stale_alerts: StaleAlerts
    watching: Watching


def build_liveness(resources: Resources, machines: Machines) -> Liveness:
    """Build the services that notice what no longer reports."""
    database, intake = resources.database, AlertIntake(machines.witnesses)
    # A pull may take as long as a task may run before what it would confirm counts as missed.
    pull_grace_s = resources.settings.task_timeout_s
    silent_monitors = SilentMonitors(database, intake)
    stale_alerts = StaleAlerts(database, pull_grace_s)
    watchdogs = Watchdogs(database, intake, pull_grace_s)
    return Liveness(
        failing_channels=FailingChannels(database, intake, resources.settings.channel_failing_min),
        heartbeats=HeartbeatService(database, intake),
        heartbeat_pings=HeartbeatPings(database, intake),
        heartbeat_watch=HeartbeatWatch(database, intake),
        ping_reception=PingReception(database),
        stale_alerts=stale_alerts,
        watching=Watching(database, (silent_monitors.check, stale_alerts.check, watchdogs.check)),
    )
