"""Runs the checks one after another; those that wait for timeouts run in parallel with the others."""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from app import clock
from app.connectors.base import MonitorAccess
from app.connectors.conformance import failures, hostile_responses, interface, reads
from app.connectors.conformance.context import Context, begin
from app.connectors.conformance.results import Failed, NotRun, Outcome, Result
from app.errors import Invalid

Check = Callable[[Context], str]
"""Returns a short report; raises Failed or NotRun with the reason. Its name is the check's, its docstring the rule."""

CHECKS: Sequence[Check] = (
    *interface.CHECKS,
    *reads.CHECKS,
    *failures.CHECKS,
    *hostile_responses.CHECKS,
    *failures.SLOW_CHECKS,
)
FINDERS: Sequence[Check] = (reads.hosts, reads.items)
"""They also run with `only`, because the other checks use the hosts and items that they find."""


def name_of(check: Check) -> str:
    """Return the name of a check as it is shown and typed."""
    return check.__name__.replace("_", "-")


def run(type: str, access: MonitorAccess, limit_s: float, only: Collection[str] = ()) -> Iterator[Result]:
    """Yield the result of each check, or of those named in `only`.

    Raises Invalid for an unknown type, and for a URL or credentials that the connector does not accept.
    """
    wanted = [check for check in CHECKS if not only or name_of(check) in only]
    with begin(type, access, limit_s) as context, ThreadPoolExecutor(len(failures.SLOW_CHECKS)) as pool:
        _require_accepted(context)
        slow = [pool.submit(_result, check, context) for check in failures.SLOW_CHECKS if check in wanted]
        for check in CHECKS:
            if check in failures.SLOW_CHECKS or check not in (*wanted, *FINDERS):
                continue
            result = _result(check, context)
            if check in wanted:
                yield result
        for future in slow:
            yield future.result()


def _require_accepted(context: Context) -> None:
    """Raise Invalid if the connector does not accept the URL or the credentials: every check would fail."""
    raised = context.do("construct").raised
    if raised and raised.field:
        raise Invalid(raised.field, raised.text)


def _result(check: Check, context: Context) -> Result:
    started_at = clock.monotonic()
    try:
        outcome, reason = Outcome.OK, check(context)
    except Failed as failed:
        outcome, reason = Outcome.FAILED, str(failed)
    except NotRun as not_run:
        outcome, reason = Outcome.NOT_RUN, str(not_run)
    return Result(name_of(check), outcome, " ".join(reason.split()), clock.monotonic() - started_at)
