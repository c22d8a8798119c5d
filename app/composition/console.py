"""Builds the services of what the console adds to the lists."""

from dataclasses import dataclass

from app.composition.resources import Resources
from app.services.console.saved_views import SavedViewService
from app.services.console.search import SearchService
from app.services.console.wallboard import WallboardService


@dataclass(frozen=True)
class Console:
    """Saved views, and finding anything, the wallboard."""

    views: SavedViewService
    search: SearchService
    wallboard: WallboardService


def build_console(resources: Resources) -> Console:
    """Build the services of the console."""
    database = resources.database
    return Console(
        views=SavedViewService(database),
        search=SearchService(database),
        wallboard=WallboardService(database),
    )
