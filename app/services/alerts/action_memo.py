"""What an action on many alerts changed, as it is kept so that the action can be undone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from app import clock

MOMENTS = ("snoozed_until", "resolved_at", "ended_at", "missed_at")
HELD_S = 20
"""Sources are told after that: longer than an action can be undone, so that nothing is to be taken back there."""
MAX_REMEMBERED = 50_000
"""Alerts of an action that can be undone."""


@dataclass(slots=True)
class ActionMemo:
    """The columns that an action set, and which alerts had which values in them before."""

    user_id: int
    at: datetime = field(default_factory=clock.now)
    after: dict[str, Any] = field(default_factory=dict)
    before: dict[str, list[int]] = field(default_factory=dict)
    """Ids by the JSON of their values."""
    task_ids: list[str] = field(default_factory=list)
    """The tasks that tell the sources; they wait until `told_at`."""
    count: int = 0

    @property
    def told_at(self) -> datetime:
        """When the sources are told."""
        return self.at + timedelta(seconds=HELD_S)

    @property
    def is_complete(self) -> bool:
        """Whether it remembers all alerts of the action."""
        return 0 < self.count <= MAX_REMEMBERED

    def remember(self, rows: Sequence[Mapping[Any, Any]], after: Mapping[str, Any]) -> None:
        """Add alerts as they were before the action set the columns `after`."""
        self.after = dict(after)
        self.count += len(rows)
        if self.count > MAX_REMEMBERED:
            self.before.clear()
            return
        for row in rows:
            self.before.setdefault(_text({name: row[name] for name in after}), []).append(row["id"])

    def groups(self) -> Sequence[tuple[dict[str, Any], Sequence[int]]]:
        """Return the alerts by the values that they had."""
        return [(_values(json.loads(text)), ids) for text, ids in self.before.items()]

    def dump(self) -> str:
        """Return the text to keep."""
        plain = {name: getattr(self, name) for name in ("user_id", "at", "after", "before", "task_ids", "count")}
        return _text(plain)

    @classmethod
    def load(cls, text: str) -> Self:
        """Return what was kept."""
        kept = json.loads(text)
        kept |= {"at": datetime.fromisoformat(kept["at"]), "after": _values(kept["after"])}
        return cls(**kept)


def _text(values: Mapping[str, Any]) -> str:
    return json.dumps(values, default=datetime.isoformat)


def _values(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value) if name in MOMENTS and value is not None else value
        for name, value in stored.items()
    }
