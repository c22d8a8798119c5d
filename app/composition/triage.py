"""Builds the services that alerts are triaged with."""

from dataclasses import dataclass

from app.composition.alerts import Alerts
from app.composition.ledger import Ledger
from app.composition.resources import Resources
from app.queue.undo_notes import UndoNotes
from app.services.triage.alert_facets import AlertFacets
from app.services.triage.undoable_actions import UndoableActions


@dataclass(frozen=True)
class Triage:
    """Actions that can be undone, and what alerts are counted and grouped by."""

    undoable_actions: UndoableActions
    alert_facets: AlertFacets


def build_triage(resources: Resources, ledger: Ledger, alerts: Alerts) -> Triage:
    """Build the services of triage."""
    return Triage(
        undoable_actions=UndoableActions(alerts.alert_actions, UndoNotes(resources.broker), ledger.tasks),
        alert_facets=AlertFacets(resources.database),
    )
