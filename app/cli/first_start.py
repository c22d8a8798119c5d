"""What `nagare up` does once on an empty database: the first user and the demo fleet."""

import secrets

from app import clock
from app.composition import Services
from app.enums import TERMINAL_STATES
from app.rules.monitor_types import DEMO_URL, SIMULATOR
from app.rules.task_params.pull import PullItems
from app.services.access.audit import COMMAND_LINE
from app.services.ledger.requester import Requester
from app.settings import Settings
from app.store.database.pages import PageRequest

DEMO_NAME = "demo"
PULLED_WITHIN_S = 20.0
"""A worker needs a second or two to start, and the pull a part of one; on a busy machine more."""
LOOK_EVERY_S = 0.05


def ensure_admin(services: Services, settings: Settings) -> str | None:
    """Create the first user unless there is one; return a generated password. Raises DatabaseUnavailable."""
    given = settings.admin_password.get_secret_value()
    password = given or secrets.token_urlsafe(12)
    created = services.access.users.ensure_admin(settings.admin_username, password)
    return password if created and not given else None


def ensure_demo(services: Services) -> None:
    """Create the demo monitor unless there is a monitor, and pull its hosts and items.

    Waits as long as a pull takes, if there is a Redis through which a worker can be reached. Raises BrokerUnavailable,
    DatabaseUnavailable.
    """
    if services.inventory.monitors.list(PageRequest(limit=1)).items:
        return
    monitor = services.inventory.monitors.create({"name": DEMO_NAME, "type": SIMULATOR, "url": DEMO_URL})
    task_id = services.ledger.submit.accept(Requester(COMMAND_LINE.user_id), PullItems(monitor_id=monitor["id"]))
    services.queue.workers.alive()
    deadline = clock.monotonic() + PULLED_WITHIN_S
    while services.ledger.tasks.get(task_id)["state"] not in TERMINAL_STATES and clock.monotonic() < deadline:
        clock.sleep(LOOK_EVERY_S)


def first_monitor_id(services: Services) -> int | None:
    """Return the id of any monitor, None when there is none. Raises DatabaseUnavailable."""
    monitors = services.inventory.monitors.list(PageRequest(limit=1)).items
    return monitors[0]["id"] if monitors else None
