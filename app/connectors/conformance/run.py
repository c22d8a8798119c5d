"""Runs the checks, one after another; those that wait for time-outs run beside the others."""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from app import clock
from app.connectors.base import MonitorAccess
from app.connectors.conformance import answers, description, errors, hostile
from app.connectors.conformance.results import Failed, NotRun, Outcome, Result
from app.connectors.conformance.trial import Trial, begin

Check = Callable[[Trial], str]
"""Returns what was seen; raises Failed or NotRun with the reason. Its name is the check's, its docstring the rule."""

CHECKS: Sequence[Check] = (*description.CHECKS, *answers.CHECKS, *errors.CHECKS, *hostile.CHECKS, *errors.SLOW_CHECKS)
FINDERS: Sequence[Check] = (answers.hosts, answers.items)
"""What they find the others ask about."""


def name_of(check: Check) -> str:
    """Return the name of a check as people write it."""
    return check.__name__.replace("_", "-")


def run(type: str, access: MonitorAccess, limit_s: float, only: Collection[str] = ()) -> Iterator[Result]:
    """Yield the result of each check; with `only` of those, by name. Raises Invalid for an unknown type."""
    wanted = [check for check in CHECKS if not only or name_of(check) in only]
    with begin(type, access, limit_s) as trial, ThreadPoolExecutor(len(errors.SLOW_CHECKS)) as pool:
        slow = [pool.submit(_result, check, trial) for check in errors.SLOW_CHECKS if check in wanted]
        for check in CHECKS:
            if check in errors.SLOW_CHECKS or check not in (*wanted, *FINDERS):
                continue
            result = _result(check, trial)
            if check in wanted:
                yield result
        for future in slow:
            yield future.result()


def _result(check: Check, trial: Trial) -> Result:
    started_at = clock.monotonic()
    try:
        outcome, reason = Outcome.OK, check(trial)
    except Failed as failed:
        outcome, reason = Outcome.FAILED, str(failed)
    except NotRun as not_run:
        outcome, reason = Outcome.NOT_RUN, str(not_run)
    return Result(name_of(check), outcome, " ".join(reason.split()), clock.monotonic() - started_at)
