"""The navigation's entries, in order. A new page needs a line here, a text `nav.<name>` and an icon."""

from dataclasses import dataclass

from app.enums import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the navigation."""

    name: str
    """Name of its text `nav.<name>` and of its icon."""
    path: str
    role: Role = Role.VIEWER


NAVIGATION = (
    Entry("overview", "/"),
    Entry("alerts", "/alerts"),
    Entry("monitors", "/monitors"),
    Entry("hosts", "/hosts"),
    Entry("machines", "/machines"),
    Entry("items", "/items"),
    Entry("heartbeats", "/heartbeats"),
    Entry("maintenance", "/maintenance"),
    Entry("notifications", "/notifications"),
    Entry("schedules", "/schedules"),
    Entry("tasks", "/tasks"),
    Entry("dead_letters", "/dead-letters"),
    Entry("tokens", "/tokens"),
    Entry("users", "/users", Role.ADMIN),
)
