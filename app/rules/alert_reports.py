"""What a source says of an alert, whichever way it says it: the answer to a pull, or a post to the webhook."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from app.enums import Severity


@dataclass(frozen=True, slots=True)
class AlertReport:
    """One alert that fires, or does not any more.

    `source` and `external_id` are the same for the same alert whichever way it comes. The host is known by its
    external id or, where the source does not have that, by its name; the item likewise by its external id or by its
    key or name.
    """

    source: str
    external_id: str
    is_firing: bool
    message: str
    severity: Severity = Severity.WARNING
    comment: str = ""
    is_acknowledged: bool = False
    is_suppressed: bool = False
    """The source itself keeps quiet about it: it is none that begins here, and none that is over."""
    host_external_id: str | None = None
    host_name: str | None = None
    item_external_id: str | None = None
    item_name: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {name: getattr(self, name) for name in FIELDS}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """Return what `as_dict` was made of."""
        return cls(**{**fields, "severity": Severity(fields["severity"])})


FIELDS = [each.name for each in fields(AlertReport)]
