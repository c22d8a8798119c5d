"""Finds the hosts of a Prometheus, or of a system that answers as one but has no targets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.connectors.prometheus.api import PrometheusApi
from app.connectors.prometheus.promql import any_of, quote
from app.connectors.prometheus.records import read_member
from app.connectors.prometheus.targets import Target, read_pairs, read_targets, read_up
from app.errors import SourceError, SourceFailing, SourceGarbled, SourceRefusedLogin, SourceRejected, SourceTimeout

JOB = re.compile(r"^ *- job_name: *['\"]?([^'\"\n]+?)['\"]? *$", re.MULTILINE)
HONORS = re.compile(r"^ +honor_labels: *true *$", re.MULTILINE)
PAIRS = 'count by (job, instance) ({{__name__!=""{}}})'
MAX_FILTER = 4000
"""In characters: proxies refuse long addresses."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """The hosts by external id."""

    targets: Mapping[str, Target]
    is_partial: bool = False
    """Whether there may be more."""


def find_fleet(api: PrometheusApi) -> Fleet:
    """Return the targets, and the hosts that only the series know. Raises SourceError.

    Thanos, Mimir, VictoriaMetrics' vmselect and receivers of remote writes have no targets; federated instances and
    pushed groups stand behind the one target that keeps their labels (`honor_labels`). `up` names them; where there is
    none, the pairs of job and instance of all series do.
    """
    listed, refusal = _listed(api)
    try:
        seen = api.answer("/api/v1/query", {"query": "up"})
    except (SourceRejected, SourceRefusedLogin) as error:
        if listed:
            return Fleet(listed, is_partial=True)
        raise (refusal or error) from None
    targets, is_partial = {**read_up(seen.data), **listed}, bool(seen.warnings)
    if not targets:
        pairs, is_partial = _pairs(api, "")
        targets = {**pairs}
    elif listed:
        kept, is_unsure = _kept(api, listed)
        targets, is_partial = {**kept, **targets}, is_partial or is_unsure
    if not targets and refusal:
        raise refusal
    if not targets and is_partial:
        raise SourceFailing("The server says that its answer is partial, and the answer names no host")
    return Fleet(targets, is_partial)


def _listed(api: PrometheusApi) -> tuple[dict[str, Target], SourceError | None]:
    """Return the active targets, and the error of a system that has no such list or a proxy that blocks it."""
    try:
        return read_targets(api.data("/api/v1/targets", {"state": "active"})), None
    except (SourceRejected, SourceRefusedLogin) as error:
        return {}, error


def _kept(api: PrometheusApi, listed: Mapping[str, Target]) -> tuple[dict[str, Target], bool]:
    """Return the hosts whose labels targets were allowed to keep, and whether there may be more.

    Series of other jobs are those of their targets: counting them too would load a large server for nothing.
    """
    try:
        pools = _keeping_pools(read_member(api.data("/api/v1/status/config"), "yaml", str))
    except (SourceRejected, SourceRefusedLogin, SourceGarbled):
        return {}, False
    except (SourceFailing, SourceTimeout):
        return {}, True
    others = sorted({target.job for target in listed.values() if target.pool not in pools})
    excluded = f",job!~{quote(any_of(others))}" if others else ""
    if len(excluded) > MAX_FILTER or all(target.pool not in pools for target in listed.values()):
        return {}, False
    return _pairs(api, excluded)


def _pairs(api: PrometheusApi, excluded: str) -> tuple[dict[str, Target], bool]:
    answer = api.answer("/api/v1/query", {"query": PAIRS.format(excluded)})
    return read_pairs(answer.data), bool(answer.warnings)


def _keeping_pools(text: str) -> set[str]:
    """Return the entries of a configuration with `honor_labels`, which may have megabytes of targets."""
    starts = [*JOB.finditer(text)]
    ends = [*(start.start() for start in starts[1:]), len(text)]
    return {start[1] for start, end in zip(starts, ends, strict=False) if HONORS.search(text, start.end(), end)}
