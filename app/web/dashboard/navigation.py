"""The navigation's entries by group, in order. A new page needs a line here, a text `nav.<name>` and an icon."""

from dataclasses import dataclass

from app.enums import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the navigation."""

    name: str
    """Name of its text `nav.<name>` and of its icon."""
    path: str
    role: Role = Role.VIEWER


NAVIGATION: dict[str, tuple[Entry, ...]] = {
    "": (Entry("overview", "/"), Entry("alerts", "/alerts")),
    "on_call": (
        Entry("pages", "/pages"),
        Entry("rotas", "/rotas"),
        Entry("shifts", "/shifts"),
        Entry("contact_methods", "/contact-methods"),
        Entry("escalations", "/escalations"),
        Entry("routes", "/routes"),
        Entry("notifications", "/notifications"),
        Entry("channels", "/channels"),
        Entry("teams", "/teams"),
        Entry("maintenance", "/maintenance"),
    ),
    "inventory": (
        Entry("monitors", "/monitors"),
        Entry("hosts", "/hosts"),
        Entry("machines", "/machines"),
        Entry("items", "/items"),
        Entry("heartbeats", "/heartbeats"),
    ),
    "work": (
        Entry("tasks", "/tasks"),
        Entry("schedules", "/schedules"),
        Entry("dead_letters", "/dead-letters"),
        Entry("workers", "/workers"),
    ),
    "access": (Entry("tokens", "/tokens"), Entry("users", "/users", Role.ADMIN), Entry("audit", "/audit", Role.ADMIN)),
}
"""The entries of each group, whose heading is the text `nav_group.<name>`; those without a group come first."""
