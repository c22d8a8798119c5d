"""Builds the services of machines."""

from dataclasses import dataclass

from app.composition.resources import Resources
from app.services.machines.identities import Identities
from app.services.machines.joining import Joining
from app.services.machines.machines import MachineService
from app.services.machines.rules import MachineRules
from app.services.machines.suggestions import SuggestionService
from app.services.machines.witnesses import MachineWitnesses


@dataclass(frozen=True)
class Machines:
    """Hosts that are one machine, and alerts that tell one fault of it."""

    machines: MachineService
    suggestions: SuggestionService
    rules: MachineRules
    identities: Identities
    witnesses: MachineWitnesses


def build_machines(resources: Resources) -> Machines:
    """Build the services of machines."""
    database = resources.database
    witnesses = MachineWitnesses(database)
    joining = Joining(witnesses.settle_hosts)
    machines = MachineService(database, joining, window_h=resources.settings.score_window_h)
    return Machines(
        machines=machines,
        suggestions=SuggestionService(database, machines),
        rules=MachineRules(database),
        identities=Identities(database, joining),
        witnesses=witnesses,
    )
