"""One pull of a Prometheus's alerts: what fires, what is quiet, and what it could not say."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from app import clock
from app.connectors.base import AlertPage, Completeness, worst_of
from app.connectors.prometheus.alert_rules import AlertRule, Evaluation, evaluation_of, read_alert_rules, read_start
from app.connectors.prometheus.alertmanagers import Alertmanagers
from app.connectors.prometheus.alerts import read_alerts, sent_names, with_quiet
from app.connectors.prometheus.api import Answer, PrometheusApi
from app.connectors.prometheus.configuration import Configuration
from app.connectors.prometheus.records import read_member
from app.errors import SourceError, SourceFailing, SourceGarbled, SourceRefusedLogin, SourceRejected
from app.rules.alerts.alert_reports import AlertReport

ALERTS_A_PAGE = 500
JUST_STARTED = timedelta(minutes=15)
"""So long after a start, rules that have not run make the whole pull partial; later only their own alerts count."""
MAX_UNDECIDED = 5000
"""With more names than this, the whole pull is partial."""
TOLD = 3
"""How many rules a sentence names."""
STRANGER = "Alertmanager knows none of these alerts: does this Prometheus send its alerts to it?"
NO_ALERTS = (
    "The server does not list alerts: Thanos and Mimir have them at their ruler, VictoriaMetrics at vmalert, to which "
    "-vmalert.proxyURL points."
)
RULES = {"type": "alert", "exclude_alerts": "true"}
"""The alerts themselves are left out by newer versions."""

T = TypeVar("T")


class AlertPull:
    """Asks for everything once; `missing` and `completeness` grow while it does."""

    def __init__(self, api: PrometheusApi, url: str, configuration: Configuration) -> None:
        self._api = api
        self._url = url
        self._configuration = configuration
        self._completeness = [Completeness.COMPLETE]
        self._missing = [*configuration.missing]

    def pages(self, alertmanagers: Alertmanagers) -> Iterator[AlertPage]:
        """Yield the firing alerts in pages of 500; the first page says what the source could not. Raises SourceError.

        The rules are asked before the alerts and the start after them: a rule that runs in between, or a restart, then
        makes the pull say less, never more.
        """
        rules = self._optional("/api/v1/rules", read_alert_rules, RULES)
        entries = self._alerts()
        started_at = self._optional("/api/v1/status/runtimeinfo", read_start)
        evaluation = evaluation_of(rules, started_at, self._configuration.scrape_interval)
        undecided = self._judge(evaluation, is_empty=not entries)
        listed = read_alerts(entries, self._configuration, evaluation, self._url)
        reports: Sequence[AlertReport] = list(listed.firing.values())
        if alertmanagers.is_any:
            known, failure = alertmanagers.ask()
            reports = with_quiet(reports, known)
            self._missing += [failure] if failure else []
            self._missing += [STRANGER] if known and known.knows_others_than(listed.firing) else []
        still_open = [external_id for external_id in listed.still_open if external_id not in listed.firing]
        yield from self._in_pages(reports, still_open, sent_names(undecided, self._configuration))

    def _in_pages(
        self, reports: Sequence[AlertReport], still_open: Sequence[str], undecided_names: Sequence[str]
    ) -> Iterator[AlertPage]:
        if len(undecided_names) > MAX_UNDECIDED:
            self._completeness.append(Completeness.PARTIAL)
            undecided_names = ()
        completeness = worst_of(self._completeness)
        missing = [self._api.words(sentence) for sentence in dict.fromkeys(self._missing)]
        if reports or missing or still_open or undecided_names:
            yield AlertPage(reports[:ALERTS_A_PAGE], completeness, missing, still_open, undecided_names)
        for start in range(ALERTS_A_PAGE, len(reports), ALERTS_A_PAGE):
            yield AlertPage(reports[start : start + ALERTS_A_PAGE])

    def _alerts(self) -> Sequence[object]:
        try:
            answer = self._api.answer("/api/v1/alerts")
        except SourceRejected as error:
            self._require_queries(error)
            self._doubt(Completeness.PARTIAL, f"{NO_ALERTS} ({error})")
            return ()
        self._note_warnings(answer, "alerts")
        if isinstance(answer.data, dict) and "alerts" in answer.data and answer.data["alerts"] is None:
            self._doubt(Completeness.DOUBTFUL, "Prometheus returned null instead of its list of alerts.")
            return ()
        entries: Sequence[object] = read_member(answer.data, "alerts", list)
        return entries

    def _require_queries(self, error: SourceRejected) -> None:
        """Raise the error unless the server answers queries: otherwise the address is that of something else."""
        try:
            self._api.data("/api/v1/query", {"query": "vector(1)"})
        except SourceError:
            raise error from None

    def _optional(self, path: str, read: Callable[[object], T], params: dict[str, str] | None = None) -> T | None:
        """Return what an endpoint says that some systems do not have, and some proxies block."""
        try:
            answer = self._api.answer(path, params)
            self._note_warnings(answer, path)
            return read(answer.data)
        except (SourceRejected, SourceRefusedLogin, SourceGarbled):
            return None
        except SourceFailing as error:
            self._doubt(Completeness.PARTIAL, f"Prometheus could not answer {path}: {error}")
            return None

    def _note_warnings(self, answer: Answer, what: str) -> None:
        for text in answer.warnings[:TOLD]:
            self._doubt(Completeness.PARTIAL, f"Prometheus warns that its {what} may lack something: {text}")

    def _judge(self, evaluation: Evaluation, *, is_empty: bool) -> list[str]:
        """Return the names of the rules whose alerts may be missing from the list."""
        rules, started_at = evaluation.rules, evaluation.started_at
        if rules is None and started_at is not None:
            if clock.now() - started_at < JUST_STARTED:
                self._doubt(
                    Completeness.PARTIAL, f"Prometheus started at {_told(started_at)} and does not show its rules."
                )
            return []
        if not rules:
            if is_empty and started_at is None:
                self._doubt(Completeness.DOUBTFUL, "The list of alerts is empty, and it is unknown whether rules ran.")
            return []
        return [*self._waiting(evaluation, rules), *self._failing(rules)]

    def _waiting(self, evaluation: Evaluation, rules: Sequence[AlertRule]) -> list[str]:
        waiting = [rule.name for rule in rules if evaluation.is_undecided(rule)]
        if not waiting:
            return []
        started_at = evaluation.started_at
        latest = max((rule.evaluated_at for rule in rules if rule.evaluated_at), default=None)
        is_recent = started_at is not None and (latest is None or latest - started_at < JUST_STARTED)
        since = f" since Prometheus started at {_told(started_at)}" if started_at and is_recent else ""
        is_none_known = started_at is None and len(waiting) == len(rules)
        sentence = f"{len(waiting)} of {len(rules)} alert rules have not run long enough{since}: {_some(waiting)}"
        self._doubt(Completeness.PARTIAL if is_recent or is_none_known else Completeness.COMPLETE, sentence)
        return waiting

    def _failing(self, rules: Sequence[AlertRule]) -> list[str]:
        failing = [rule for rule in rules if rule.error is not None]
        for rule in failing[:TOLD]:
            self._missing.append(f"The alert rule {rule.name} fails: {rule.error}")
        if len(failing) > TOLD:
            others = _some([rule.name for rule in failing[TOLD:]])
            self._missing.append(f"{len(failing) - TOLD} more alert rules fail: {others}")
        return [rule.name for rule in failing]

    def _doubt(self, completeness: Completeness, sentence: str) -> None:
        self._completeness.append(completeness)
        self._missing.append(sentence)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:TOLD]) + (", …" if len(names) > TOLD else "")


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
