"""Pulls the alerts of an Alertmanager, and writes acknowledgements to it as silences that end by themselves."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar

from app import clock
from app.connectors.alertmanager import maintenance_silences
from app.connectors.alertmanager.members import JUST_STARTED, Members, Speaker
from app.connectors.alertmanager.records import read_alerts
from app.connectors.base import AlertPage, Completeness, MonitorAccess
from app.connectors.maintenance import MaintenanceAbility
from app.connectors.prometheus.silences import KnownQuiet, read_known_quiet
from app.connectors.without_hosts import WithoutHosts, pages_of
from app.errors import SourceGarbled
from app.rules.maintenance.source_maintenance import SourceMaintenance

EVERY_STATE = {"active": "true", "silenced": "true", "inhibited": "true", "unprocessed": "true"}
SILENCED_FOR = timedelta(hours=4)
"""How long an acknowledgement silences an alert: one that fires anew after that is heard again."""
AUTHOR = "nagare"
MAX_COMMENT = 1000


class AlertmanagerConnector(WithoutHosts):
    """An Alertmanager or a cluster of them, without credentials, with a bearer token, or a user name and password."""

    acknowledges: ClassVar[bool] = True
    maintenance_ability: ClassVar[MaintenanceAbility] = maintenance_silences.ABILITY

    def __init__(self, access: MonitorAccess) -> None:
        """Parse the addresses. Raises Invalid for `url`, `api_token`, `username` or `alertmanager_urls`."""
        self._members = Members(access)

    def check(self) -> str:
        """Return Alertmanager's version."""
        return self._members.speaker.version

    def alerts(self) -> Iterator[AlertPage]:
        """Yield the alerts that fire, silenced and inhibited ones included, in pages of 500.

        Its start is asked for after them: a restart in between then makes the pull say less, never more.
        """
        entries = self._entries()
        reports = list(read_alerts(entries, self._known_quiet(entries)))
        speaker = self._members.speaker.again()
        if speaker.has_just_started:
            yield from pages_of(reports, Completeness.PARTIAL, [_just_started(speaker)])
        elif speaker.started_at is None:
            yield from pages_of(reports, Completeness.DOUBTFUL, ["Alertmanager does not say since when it runs."])
        else:
            yield from pages_of(reports)

    def acknowledge_alert(self, external_id: str, comment: str) -> None:
        """Silence an alert for four hours by all of its labels; nothing if it is over, or something silences it."""
        labels = self._labels_by_id.get(external_id)
        if labels is None:
            return
        known = self._known_quiet([])
        if any(silence.covers(labels) for silence in known.silences):
            return
        now = clock.now()
        matchers = [{"name": name, "value": text, "isRegex": False, "isEqual": True} for name, text in labels.items()]
        silence = {
            "matchers": matchers,
            "startsAt": now.isoformat(),
            "endsAt": (now + SILENCED_FOR).isoformat(),
            "createdBy": AUTHOR,
            "comment": f"Acknowledged in nagare: {comment}"[:MAX_COMMENT].strip(),
        }
        answer = self._members.speaker.source.post_json("/api/v2/silences", silence)
        if not isinstance(answer, dict) or not isinstance(answer.get("silenceID"), str):
            raise SourceGarbled("Alertmanager did not say which silence it created")

    def set_maintenance(self, mark: str, wanted: SourceMaintenance | None) -> Sequence[str]:
        """Keep a silence for each occurrence, whose comment begins with the mark."""
        return maintenance_silences.set_silences(self._members.speaker.source, mark, wanted)

    def close(self) -> None:
        """Close the connections."""
        self._members.close()

    def _entries(self) -> Any:
        return self._members.speaker.source.get_json("/api/v2/alerts", EVERY_STATE)

    def _known_quiet(self, entries: Any) -> KnownQuiet:
        return read_known_quiet(entries, self._members.speaker.source.get_json("/api/v2/silences"))

    @cached_property
    def _labels_by_id(self) -> Mapping[str, Mapping[str, str]]:
        """The labels of the alerts that fire, without empty ones, by external id."""
        entries = self._entries()
        return {report.external_id: report.labels for report in read_alerts(entries, KnownQuiet({}, ()))}


def _just_started(speaker: Speaker) -> str:
    minutes = JUST_STARTED.seconds // 60
    since = f"{speaker.started_at:%Y-%m-%dT%H:%M:%SZ}"
    return f"Alertmanager started at {since}: its alerts may be missing until {minutes} minutes later."
