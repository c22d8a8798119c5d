"""What sources are told of maintenance windows, and how far that is."""

from enum import StrEnum


class MaintenanceUnit(StrEnum):
    """By what a source is told what a maintenance covers."""

    HOSTS = "hosts"
    LABELS = "labels"


class PushState(StrEnum):
    """How far a source is with what a maintenance window wants there."""

    WAITING = "waiting"
    """A task will tell the source, or does so now."""
    DONE = "done"
    """The source has what is wanted."""
    FAILED = "failed"
    """The task ended without success."""
