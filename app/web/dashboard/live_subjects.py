"""Which subjects of `streams.changes` each page shows. A page that shows none of them is fetched every few seconds."""

import re

SUBJECTS = (
    ("/monitors/{id}", "monitor:{id}"),
    ("/monitors", "task alert"),
    ("/hosts/{id}", "host:{id} inventory"),
    ("/hosts", "inventory alert"),
    ("/items", "inventory"),
    ("/machines", "inventory alert"),
    ("/alerts/{id}", "alert:{id}"),
    ("/alerts", "alert"),
    ("/score", "alert"),
    ("/pages", "alert"),
    ("/wallboard", "alert inventory"),
    ("/tasks", "task"),
    ("/dead-letters", "task"),
    ("/schedules", "task"),
    ("/status", "task alert"),
)
"""By the beginning of the address, the longest first; `{id}` is a number in the address."""
OVERVIEW = "task alert inventory"
RULES = [(re.compile(start.replace("{id}", "([0-9]+)") + r"(?:[/?]|$)"), subjects) for start, subjects in SUBJECTS]


def of_page(address: str) -> str:
    """Return the subjects of a page, separated by spaces."""
    for rule, subjects in RULES:
        if found := rule.match(address):
            return subjects.replace("{id}", found[1]) if found.groups() else subjects
    return OVERVIEW if address.partition("?")[0] == "/" else ""
