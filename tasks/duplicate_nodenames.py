"""Detects that another worker has the same name, which makes the two look like one in Celery and in logs."""

from collections.abc import Iterable, Mapping
from typing import Any

import structlog

log = structlog.get_logger()


class DuplicateNodenames:
    """Watches the live workers for duplicate names."""

    def __init__(self, id: str, name: str) -> None:
        self._id, self._name = id, name
        self._seen_at: dict[str, str] = {}
        self._told: set[str] = set()

    def watch(self, workers: Iterable[Mapping[str, Any]]) -> bool:
        """Check the workers once, warn of each new duplicate, and return whether there is one.

        One that was seen only once does not count: it may be the worker that this one replaces.
        """
        alike = {each["id"]: each for each in workers if each["name"] == self._name and "id" in each}
        others = {id: each for id, each in alike.items() if id != self._id}
        living = {id for id, other in others.items() if self._seen_at.get(id, other["seen_at"]) != other["seen_at"]}
        self._seen_at = {id: self._seen_at.get(id, other["seen_at"]) for id, other in others.items()}
        for id in living - self._told:
            about = {"other_hostname": others[id]["hostname"], "other_pid": others[id]["pid"]}
            log.warning("worker.name_taken", worker=self._name, hint="give each worker a unique name with -n", **about)
        self._told = living
        return bool(living)
