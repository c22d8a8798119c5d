"""Builds the services of what the console adds to the lists."""

from dataclasses import dataclass

from app.composition.resources import Resources
from app.services.console.saved_views import SavedViewService


@dataclass(frozen=True)
class Console:
    """Saved views."""

    views: SavedViewService


def build_console(resources: Resources) -> Console:
    """Build the services of the console."""
    return Console(views=SavedViewService(resources.database))
