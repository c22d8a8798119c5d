"""Builds the services of rotas."""

from dataclasses import dataclass

from app.composition.machines import Machines
from app.composition.resources import Resources
from app.services.alerts.alert_intake import AlertIntake
from app.services.oncall.gaps import RotaGaps
from app.services.oncall.overrides import OverrideService
from app.services.oncall.rotas import RotaService
from app.services.oncall.shifts import ShiftService


@dataclass(frozen=True)
class OnCall:
    """Rotas, their overrides and shifts, and the alerts about their gaps."""

    rotas: RotaService
    overrides: OverrideService
    shifts: ShiftService
    gaps: RotaGaps


def build_on_call(resources: Resources, machines: Machines) -> OnCall:
    """Build the services of rotas."""
    database = resources.database
    return OnCall(
        rotas=RotaService(database),
        overrides=OverrideService(database),
        shifts=ShiftService(database),
        gaps=RotaGaps(database, AlertIntake(machines.witnesses)),
    )
