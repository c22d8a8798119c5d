"""The report of an alert, the same for pulls and for the webhook."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Self

from app.enums import QuietKind, Severity


@dataclass(frozen=True, slots=True)
class Quiet:
    """What keeps an alert quiet at its source, as far as the source says it."""

    kind: QuietKind
    id: str | None = None
    by: str | None = None
    comment: str | None = None
    until: datetime | None = None
    """None if it has no known end."""

    def as_dict(self) -> dict[str, Any]:
        """Return a dict that JSON can represent."""
        until = self.until and self.until.isoformat()
        return {"kind": self.kind, "id": self.id, "by": self.by, "comment": self.comment, "until": until}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return what `as_dict` serialized."""
        until = stored["until"]
        return cls(**{**stored, "kind": QuietKind(stored["kind"]), "until": until and datetime.fromisoformat(until)})


@dataclass(frozen=True, slots=True)
class AlertReport:
    """One alert that fires, or no longer fires.

    `source` and `external_id` identify the alert, whether it was pulled or posted. The host is found by its external id
    or, if the source does not have that, by its name; the item by its external id, or by its key or name.
    """

    source: str
    external_id: str
    is_firing: bool
    message: str
    severity: Severity = Severity.WARNING
    """Used only if there is no `source_severity`."""
    source_severity: str | None = None
    """The severity in the source's own word; the monitor's severity table translates it."""
    description: str = ""
    """The source's explanation of the message."""
    comment: str = ""
    """A remark for the first report of an alert; people's remarks follow it."""
    value: str | None = None
    """What the source measured, in its notation."""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    started_at: datetime | None = None
    """When it began by the source's clock."""
    ended_at: datetime | None = None
    """When it ended by the source's clock."""
    source_url: str | None = None
    """Where the source shows it."""
    is_acknowledged: bool = False
    is_suppressed: bool = False
    """Quiet at the source, which does not say by what; `quiet` says more."""
    quiet: Quiet | None = None
    is_quiet_known: bool = True
    """Whether the source could say if it is quiet; if not, it stays as quiet as it was."""
    unspoken: tuple[QuietKind, ...] = ()
    """Kinds of quiet that it cannot speak of: an alert that is quiet by one of them stays so."""
    is_whole: bool = True
    """Whether it says all that its source says elsewhere; if not, what it leaves out stays known."""
    host_external_id: str | None = None
    host_name: str | None = None
    item_external_id: str | None = None
    item_name: str | None = None
    raw: Any = field(default=None, compare=False)
    """The report as its source sent it, as JSON; None if it cannot be shown."""

    @property
    def quiet_by(self) -> Quiet | None:
        """What keeps it quiet at the source; None if nothing does."""
        return Quiet(QuietKind.SOURCE) if self.quiet is None and self.is_suppressed else self.quiet

    def as_dict(self) -> dict[str, Any]:
        """Return a dict that JSON can represent."""
        said = {name: getattr(self, name) for name in FIELDS}
        for name in MOMENTS:
            said[name] = said[name] and said[name].isoformat()
        return {
            **said,
            "labels": dict(self.labels),
            "annotations": dict(self.annotations),
            "quiet": self.quiet and self.quiet.as_dict(),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return the report that `as_dict` serialized, also that of an older release.

        Raises TypeError, ValueError or LookupError for anything else.
        """
        if not isinstance(stored, Mapping):
            raise TypeError("a report is an object")
        moments = {name: datetime.fromisoformat(stored[name]) for name in MOMENTS if stored.get(name)}
        quiet = Quiet.from_dict(stored["quiet"]) if stored.get("quiet") else None
        unspoken = tuple(map(QuietKind, stored.get("unspoken", ())))
        told = {"severity": Severity(stored["severity"]), "quiet": quiet, "unspoken": unspoken}
        return cls(**{**stored, **moments, **told})


FIELDS = [each.name for each in fields(AlertReport)]
MOMENTS = ("started_at", "ended_at")
