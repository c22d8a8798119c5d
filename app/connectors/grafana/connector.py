"""Pulls the alerts of Grafana's own Alertmanager. Read-only."""

from collections.abc import Iterator, Sequence

from app.connectors.base import AlertPage, Completeness, MonitorAccess
from app.connectors.grafana.alerts import read_alerts
from app.connectors.grafana.api import GrafanaApi
from app.connectors.grafana.rules import undecided_names
from app.connectors.prometheus.silences import read_known_quiet
from app.connectors.without_hosts import WithoutHosts, pages_of
from app.errors import SourceFailing, SourceGarbled, SourceRefusedLogin, SourceRejected
from app.rules.alerts.alert_reports import AlertReport

MAX_UNDECIDED = 5000
"""With more names than this, the whole pull is partial."""


class GrafanaConnector(WithoutHosts):
    """A Grafana of release 9 or newer, with a service account's token, or a user name and password."""

    def __init__(self, access: MonitorAccess) -> None:
        """Parse the address. Raises Invalid for `url`, `api_token` or `username`."""
        self._api = GrafanaApi(access)

    def check(self) -> str:
        """Return Grafana's version, if its alerts can be read: everybody can read the version."""
        version = self._api.version()
        self._api.require_alerts()
        return version

    def alerts(self) -> Iterator[AlertPage]:
        """Yield the alerts that fire in pages of 500.

        The rules are asked before the alerts: one that is evaluated in between makes the pull say less, never more.
        """
        rules, completeness, missing = self._rules()
        entries = self._api.alerts()
        reports = list(read_alerts(entries, read_known_quiet(entries, self._api.silences())))
        undecided: Sequence[str] = ()
        if rules is not None:
            try:
                undecided = undecided_names(rules, _rule_names(reports))
            except SourceGarbled as error:
                completeness, missing = Completeness.DOUBTFUL, [_unknown(error)]
        if len(undecided) > MAX_UNDECIDED:
            completeness, undecided = Completeness.PARTIAL, ()
            missing = [*missing, f"More than {MAX_UNDECIDED} alert rules could not be evaluated."]
        yield from pages_of(reports, completeness, missing, undecided)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _rules(self) -> tuple[object | None, Completeness, list[str]]:
        """Return the rules, None if Grafana does not show them, and what that means for the pull."""
        try:
            return self._api.rules(), Completeness.COMPLETE, []
        except (SourceRejected, SourceRefusedLogin, SourceGarbled) as error:
            return None, Completeness.DOUBTFUL, [_unknown(error)]
        except SourceFailing as error:
            return None, Completeness.PARTIAL, [_unknown(error)]


def _rule_names(reports: Sequence[AlertReport]) -> set[str]:
    """Return the names of the rules that have alerts; those of rules that failed have theirs in another label."""
    return {report.labels[name] for report in reports for name in ("alertname", "rulename") if name in report.labels}


def _unknown(error: Exception) -> str:
    return f"Grafana does not show which alert rules could not be evaluated: {error}"
