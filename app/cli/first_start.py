"""What `nagare up` does once on an empty database: the first user and the demo fleet."""

import secrets
from dataclasses import dataclass

from app.composition import Services
from app.services.requester import Requester
from app.settings import Settings
from app.store.pages import PageRequest

DEMO_NAME = "demo"
DEMO_URL = "simulator://demo?hosts=22&items=15&seed=1"


@dataclass(frozen=True)
class Accounts:
    """Whether this start made the first user, and the password that was made up for it."""

    is_first_start: bool
    generated_password: str | None

    def __repr__(self) -> str:
        return "Accounts(…)"


def ensure_admin(services: Services, settings: Settings) -> Accounts:
    """Create the first user unless there is one. Raises DatabaseUnavailable."""
    given = settings.admin_password.get_secret_value()
    password = given or secrets.token_urlsafe(12)
    created = services.users.ensure_admin(settings.admin_username, password)
    return Accounts(created, password if created and not given else None)


def ensure_demo(services: Services, settings: Settings) -> None:
    """Create the demo monitor unless there is a monitor, and ask for its hosts and items.

    Raises DatabaseUnavailable.
    """
    if services.monitors.list(PageRequest(limit=1)).items:
        return
    users = services.users.list(PageRequest(limit=500)).items
    admin = next(user for user in users if user["username"] == settings.admin_username)
    monitor = services.monitors.create({"name": DEMO_NAME, "type": "simulator", "url": DEMO_URL})
    services.submit.pull_items(Requester(user_id=admin["id"]), monitor["id"])


def first_monitor_id(services: Services) -> int | None:
    """Return the id of some monitor, None when there is none. Raises DatabaseUnavailable."""
    monitors = services.monitors.list(PageRequest(limit=1)).items
    return monitors[0]["id"] if monitors else None
