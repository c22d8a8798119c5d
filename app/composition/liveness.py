"""Builds the services that notice what no longer reports."""

from dataclasses import dataclass

from app.composition.resources import Resources
from app.services.liveness.heartbeats import HeartbeatService


@dataclass(frozen=True)
class Liveness:
    """Heartbeats."""

    heartbeats: HeartbeatService


def build_liveness(resources: Resources) -> Liveness:
    """Build the services that notice what no longer reports."""
    return Liveness(heartbeats=HeartbeatService(resources.database))
