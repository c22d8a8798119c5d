"""The report of an alert, the same for pulls and for the webhook."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from app.enums import Severity


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
    comment: str = ""
    is_acknowledged: bool = False
    is_suppressed: bool = False
    """Suppressed at the source: such a report neither starts an alert nor ends one."""
    host_external_id: str | None = None
    host_name: str | None = None
    item_external_id: str | None = None
    item_name: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return a dict that JSON can represent."""
        return {name: getattr(self, name) for name in FIELDS}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """Return the report that `as_dict` serialized."""
        return cls(**{**fields, "severity": Severity(fields["severity"])})


FIELDS = [each.name for each in fields(AlertReport)]
