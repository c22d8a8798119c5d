"""Converts what a mapping finds to records. Methods of `Found` and these functions raise Invalid."""

from collections.abc import Iterator, Mapping

from app.connectors.answers import cut
from app.connectors.base import MAX_NAME, HostRecord, ItemRecord
from app.rules.alerts.alert_bounds import bounded, bounded_labels
from app.rules.alerts.alert_reports import AlertReport
from app.rules.alerts.prometheus_labels import fit_external_id
from app.rules.alerts.severities import MISSING
from app.rules.monitor_types import HTTP_JSON
from app.rules.webhooks.field_mappings import FIRING, RESOLVED
from app.rules.webhooks.found_values import Found
from app.rules.webhooks.json_values import as_text
from app.rules.webhooks.plain import identity_of

STATUSES = dict.fromkeys((*FIRING, "1"), True) | dict.fromkeys((*RESOLVED, "0"), False)
ENABLED = {
    **dict.fromkeys(("true", "yes", "on", "enabled", "active", "1"), True),
    **dict.fromkeys(("false", "no", "off", "disabled", "inactive", "0"), False),
}


def host_record(found: Found) -> HostRecord:
    """Return a host."""
    external_id = _identity(found, "external_id")
    name = cut(found.text("name") or external_id, MAX_NAME)
    return HostRecord(
        external_id=external_id,
        name=name,
        display_name=cut(found.text("display_name"), MAX_NAME) or name,
        ip_addr=cut(found.text("ip_addr"), MAX_NAME) or None,
        enabled=_choice(found, "enabled", ENABLED),
        groups=tuple(dict.fromkeys(cut(group, MAX_NAME) for group in _groups(found))),
        error=_error(found),
        labels=bounded_labels(found.pairs("labels")),
    )


def item_record(found: Found) -> ItemRecord:
    """Return an item."""
    external_id = _identity(found, "external_id")
    value = found.values.get("value")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    text = found.text("value")
    key = cut(found.text("key") or external_id)
    return ItemRecord(
        host_external_id=_identity(found, "host_external_id"),
        external_id=external_id,
        name=cut(found.text("name")) or key,
        key=key,
        value=cut(text) or None,
        value_type="float" if is_number else "text" if text else "",
        units=cut(found.text("units")),
        value_at=found.time("value_at") if text else None,
        error=_error(found),
    )


def is_firing(found: Found) -> bool:
    """Return whether an alert fires; without an expression each does."""
    return _choice(found, "is_firing", STATUSES, is_required=True)


def alert_report(found: Found) -> AlertReport:
    """Return an alert that fires."""
    message = found.text("message") or found.refuse("message", "finds nothing, and a message is required")
    host, item, labels = found.text("host_name"), found.text("item_name"), found.pairs("labels")
    return bounded(
        AlertReport(
            source=HTTP_JSON,
            external_id=found.text("external_id") or identity_of(host, item, message, labels),
            is_firing=True,
            message=message,
            source_severity=found.text("source_severity") or MISSING,
            description=as_text(found.values.get("description")).strip(),
            labels=labels,
            started_at=found.time("started_at"),
            source_url=found.text("source_url") or None,
            host_external_id=host or None,
            host_name=host or None,
            item_external_id=item or None,
            item_name=item or None,
            raw=found.whole,
        )
    )


def _identity(found: Found, name: str) -> str:
    # Left out, the record would look gone.
    return fit_external_id(found.text(name)) or found.refuse(name, "finds nothing, and an identity is required")


def _choice(found: Found, name: str, words: Mapping[str, bool], *, is_required: bool = False) -> bool:
    """Return what a boolean, a 0 or 1, or one of these words means; true if there is no expression."""
    word = found.text(name).casefold()
    if name not in found.texts or (not word and not is_required):
        return True
    if word not in words:
        found.refuse(name, f"finds {word[:100] or 'nothing'}, which is none of {', '.join(words)}")
    return words[word]


def _error(found: Found) -> str | None:
    is_fine = found.values.get("error") in (False, 0)
    return None if is_fine else cut(found.text("error")) or None


def _groups(found: Found) -> Iterator[str]:
    """Yield the texts of a list, the names of its objects, or the parts of a text with commas."""
    value = found.values.get("groups")
    members = value if isinstance(value, list) else found.text("groups").split(",")
    for member in members:
        said = member.get("name") if isinstance(member, dict) else member
        if isinstance(said, list | dict):
            found.refuse("groups", "must find texts, or objects with a name")
        if text := as_text(said).strip():
            yield text
