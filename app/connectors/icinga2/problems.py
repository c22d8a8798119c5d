"""Reads Icinga's problems as reports: hosts that are down and services that are not OK, with what keeps them quiet."""

from collections.abc import Iterator, Mapping, Sequence

from app.connectors.base import MAX_NAME, AlertPage
from app.connectors.icinga2.api import IcingaApi, Row
from app.connectors.icinga2.objects import (
    HARD,
    HOST_ATTRS,
    HOST_STATES,
    SERVICE_ATTRS,
    SERVICE_STATES,
    flag,
    identity,
    labels,
    moment,
    number,
    output,
    requested,
    state_of,
    text,
    texts,
)
from app.enums import QuietKind
from app.errors import SourceRefusedLogin, SourceRejected
from app.rules.alerts.alert_reports import AlertReport, Quiet

SOURCE = "icinga2"
PROBLEMS_A_PAGE = 500
KINDS = {"hosts": HOST_ATTRS, "services": SERVICE_ATTRS}
PENDING = "last_check_result == null"
MAX_NAMES = 5
NO_PROBLEM = 0
ACKNOWLEDGEMENT = 4
"""The type of a comment that acknowledges."""
Notes = Mapping[str, Row]
"""Comments or downtimes by the full name of the host or service that they are about."""


def open_problems(api: IcingaApi) -> Iterator[AlertPage]:
    """Yield the hard problems in pages of at most 500; the first page names what has never been checked.

    Icinga keeps states over a restart. A check that is pending has none: its problem of before may stand.
    """
    comments, downtimes = _comments(api), _downtimes(api)
    pending = [name for kind in KINDS for name in _names(api, kind, f"{kind[:-1]}.{PENDING}")]
    missing = _disconnected(api)
    if pending or missing:
        yield AlertPage([], missing=missing, still_open=pending)
    for kind, attrs in KINDS.items():
        one = kind[:-1]
        names = _names(api, kind, f"{one}.last_check_result != null && {one}.state != 0 && {one}.state_type == {HARD}")
        for start in range(0, len(names), PROBLEMS_A_PAGE):
            page = names[start : start + PROBLEMS_A_PAGE]
            found = requested(api.query(kind, attrs, names=page), page)
            reports = [_report(row, comments, downtimes) for row in found if _is_problem(row)]
            if reports:
                yield AlertPage(reports)


def acknowledge(api: IcingaApi, name: str, comment: str) -> None:
    """Acknowledge a problem; one that is over or acknowledged stays unchanged.

    Raises SourceRejected if Icinga has no such host or service.
    """
    kind, attribute = ("Service", "services") if "!" in name else ("Host", "hosts")
    found = api.query(attribute, ("state", "acknowledgement"), names=[name])
    if not found:
        raise SourceRejected(f"Icinga no longer has this {kind.lower()}")
    if number(found[0], "state") == NO_PROBLEM or number(found[0], "acknowledgement"):
        return
    said = {"author": api.author, "comment": comment.strip() or "Acknowledged in nagare", "notify": False}
    api.act("acknowledge-problem", kind, name, said)


def _names(api: IcingaApi, kind: str, condition: str) -> list[str]:
    return sorted({identity(row, "__name", 1024) for row in api.query(kind, ("__name",), condition=condition)})


def _is_problem(row: Row) -> bool:
    """Return whether it is still one: it may have ended since the list of names was read."""
    return number(row, "state") != NO_PROBLEM and number(row, "state_type") == HARD


def _report(row: Row, comments: Notes, downtimes: Notes) -> AlertReport:
    name = identity(row, "__name", 1024)
    is_service = "host_name" in row
    host = identity(row, "host_name" if is_service else "__name", MAX_NAME)
    word = state_of(row, SERVICE_STATES if is_service else HOST_STATES)
    said = output(row)
    title = (text(row, "display_name", MAX_NAME) or name) if is_service else "Host"
    note = comments.get(name)
    return AlertReport(
        source=SOURCE,
        external_id=name,
        is_firing=True,
        message=f"{title} is {word}: {said.partition(chr(10))[0]}" if said else f"{title} is {word}",
        # The table of severities takes it for a word that nobody knows, which people would be told to map.
        source_severity=None if word == "UNKNOWN" else word,
        description=said,
        comment="" if note is None else f"{text(note, 'author', MAX_NAME)}: {text(note, 'text')}",
        labels=_labels(row, host, word),
        annotations={"notes": notes} if (notes := text(row, "notes")) else {},
        started_at=moment(row, "last_hard_state_change") or moment(row, "last_state_change"),
        is_acknowledged=number(row, "acknowledgement") > 0,
        quiet=_quiet(row, downtimes.get(name)),
        host_external_id=host,
        host_name=host,
        item_external_id=name if is_service else None,
        item_name=identity(row, "name", MAX_NAME) if is_service else None,
        raw={key: value for key, value in row.items() if key != "vars"},
    )


def _labels(row: Row, host: str, word: str) -> dict[str, str]:
    own = {"host": host, "state": word, "groups": ", ".join(texts(row, "groups"))}
    own |= {"service": text(row, "name", MAX_NAME)} if "host_name" in row else {}
    own |= {"flapping": "true"} if flag(row, "flapping") else {}
    return labels(row) | {name: value for name, value in own.items() if value}


def _quiet(row: Row, downtime: Row | None) -> Quiet | None:
    """Return what keeps a problem quiet: a downtime, or the host or parent on which it depends is down."""
    if number(row, "downtime_depth") > 0:
        if downtime is None:
            return Quiet(QuietKind.MAINTENANCE)
        return Quiet(
            QuietKind.MAINTENANCE,
            identity(downtime, "__name", 2048)[:MAX_NAME],
            by=text(downtime, "author", MAX_NAME) or None,
            comment=text(downtime, "comment", MAX_NAME) or None,
            until=moment(downtime, "end_time"),
        )
    if not flag(row, "last_reachable"):
        return Quiet(QuietKind.SYMPTOM, comment="Icinga cannot reach it: what it depends on is down")
    return None


def _disconnected(api: IcingaApi) -> list[str]:
    """Return a sentence about the satellites and agents that are not connected, if there are any.

    Icinga goes on listing the last state of their checks, so nothing ends because of them.
    """
    names = api.disconnected()
    if not names:
        return []
    some = ", ".join(names[:MAX_NAMES]) + (" and others" if len(names) > MAX_NAMES else "")
    return [f"Icinga is not connected to {some}: what it says of their checks may be old."]


def _comments(api: IcingaApi) -> Notes:
    attrs = ("host_name", "service_name", "author", "text", "entry_time")
    return _notes(api, "comments", attrs, "entry_time", f"comment.entry_type == {ACKNOWLEDGEMENT}")


def _downtimes(api: IcingaApi) -> Notes:
    attrs = ("__name", "host_name", "service_name", "author", "comment", "end_time", "trigger_time")
    return _notes(api, "downtimes", attrs, "end_time", "downtime.trigger_time > 0")


def _notes(api: IcingaApi, kind: str, attrs: Sequence[str], order: str, condition: str) -> Notes:
    """Return the latest note of each object."""
    try:
        found = api.query(kind, attrs, condition=condition)
    except (SourceRefusedLogin, SourceRejected):
        # The permission may be missing. An alert must not depend on who wrote what about it.
        return {}
    notes = {}
    for row in sorted(found, key=lambda row: number(row, order)):
        service = text(row, "service_name")
        host = identity(row, "host_name")
        notes[f"{host}!{service}" if service else host] = row
    return notes
