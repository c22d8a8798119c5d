"""Loads what the process that sends needs, and all of Apprise's services: that takes longer than to send a message."""

import warnings
from typing import Any

from apprise.manager_plugins import NotificationManager

from app.channels import confinement as confinement
from app.channels import http_outcome as http_outcome

with warnings.catch_warnings():
    # About modules that some services import.
    warnings.simplefilter("ignore")
    manager: Any = NotificationManager()  # type: ignore[no-untyped-call]
    manager.load_modules()
