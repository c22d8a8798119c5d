"""Checks of what the connector makes of a server that answers anything at all."""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from app import clock
from app.connectors.conformance import faults
from app.connectors.conformance.faults import Respond
from app.connectors.conformance.floods import FLOODS
from app.connectors.conformance.growth import lengthened, renamed
from app.connectors.conformance.mutations import CHANGES, Liar
from app.connectors.conformance.proxy import Ask, Behave
from app.connectors.conformance.records import alert_page_faults, host_page_faults, item_faults, item_page_faults
from app.connectors.conformance.results import Failed, NotRun, counted
from app.connectors.conformance.server import serving
from app.connectors.conformance.subject import Seen
from app.connectors.conformance.trial import Call, Trial, returned, source_error

MAX_GROWTH = 300 * 2**20
"""Bytes by which a process may grow for one answer, however much is sent."""
LIES = 60
"""Conversations of each operation in which the source lies."""
LIES_S = 5
"""No further one begins after that many seconds: of answers of megabytes a few must do."""
MAX_LIES = 3
"""Lies in one conversation."""
PLACES = 400
"""In so many first places of an answer: what follows is mostly more of the same."""
FORMS: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "hosts": host_page_faults,
    "items": item_page_faults,
    "item": item_faults,
    "alerts": alert_page_faults,
}


def no_source(trial: Trial) -> str:
    """A server that is no such source ends `check` with a SourceError."""
    for what, respond in faults.NO_SOURCE.items():
        source_error(trial.against(respond, "check"), what)
    return ", ".join(faults.NO_SOURCE)


def wrong_types(trial: Trial) -> str:
    """JSON that is not what was asked for ends with a SourceError or in valid records."""
    return _judge_all(trial, faults.WRONG_TYPES)


def cut_answers(trial: Trial) -> str:
    """An answer of which the second half is missing ends with a SourceError or in valid records."""

    def behave(request: Any, _number: int, ask: Ask) -> None:
        answer = ask()
        request.answer(answer.body[: len(answer.body) // 2], answer.status, answer.headers)

    for call in trial.calls():
        _judge(trial.through(behave, *call), call, "half of an answer")
    return "half of each answer"


def deep_nesting(trial: Trial) -> str:
    """A tree that is 100,000 levels deep ends with a SourceError."""
    return _judge_all(trial, faults.NESTED)


def redirects(trial: Trial) -> str:
    """A redirect to another server, to a metadata service or in a circle is not followed, and is a SourceError."""
    asked: list[str] = []

    def listen(request: Any) -> None:
        asked.append(request.path)
        request.answer({})

    with serving(listen) as elsewhere:
        for location in (f"{elsewhere}/", faults.METADATA_URL):
            source_error(trial.against(faults.redirect(location), "check"), f"a redirect to {location}")
    if asked:
        raise Failed(f"it followed a redirect to another server, and asked that for {asked[0][:100]}")
    circle: Respond = lambda request: request.answer(b"", 302, {"Location": request.path})  # noqa: E731
    source_error(trial.against(circle, "check"), "a circle of redirects")
    return "to another server, to a metadata service, in a circle"


def floods(trial: Trial) -> str:
    """However much is sent, the connector takes little memory for it, and ends within the time limit."""
    most = 0
    for what, respond in FLOODS.items():
        seen = trial.against(respond, "hosts")
        _judge(seen, ("hosts",), what)
        if seen.grown_bytes > MAX_GROWTH:
            raise Failed(f"{what}: its process grew by {seen.grown_bytes >> 20} MB; {MAX_GROWTH >> 20} MB are allowed")
        most = max(most, seen.grown_bytes)
    return f"at most {most >> 20} MB more"


def lies(trial: Trial) -> str:
    """True answers in which some values are replaced by others end with a SourceError or in valid records."""
    dice = random.Random(1)
    count = sum(_lie(trial, call, dice) for call in trial.calls())
    return counted(count, "conversation")


def _lie(trial: Trial, call: Call, dice: random.Random) -> int:
    """Have a call's conversation with lies in it, and return how often."""
    length = trial.length(call)
    end_at = clock.monotonic() + LIES_S
    for count in range(LIES if length else 0):
        if clock.monotonic() > end_at:
            return count
        wanted = [
            (dice.randrange(length), dice.randrange(PLACES), dice.randrange(len(CHANGES)))
            for _ in range(dice.randint(1, MAX_LIES))
        ]
        _judge(trial.through(_lying(wanted), *call), call, f"a lie ({wanted})")
    return LIES if length else 0


def long_lists(trial: Trial) -> str:
    """Lists of thousands of entries end with a SourceError or in valid pages, none of them too large."""
    for call in trial.calls():
        _judge(trial.through(_changing(lengthened), *call), call, "a long list")
    return "every list of objects has 10,000 entries"


def chinese_names(trial: Trial) -> str:
    """A host's name may hold any characters of Unicode."""
    if not trial.hosts:
        raise NotRun("the source has no host")
    old, new = trial.hosts[0].name, f"主机 {trial.hosts[0].name} 𠮷 é ✓"
    pages = returned(
        trial.through(_changing(lambda tree: renamed(tree, old, new)), "hosts"), "a host with a Chinese name"
    )
    names = [record.name for page in pages for record in page.records]
    if old in names and new not in names:
        raise NotRun("the name of a host does not stand in the source's answers as it is")
    if new not in names:
        raise Failed(f"the host {new!r} came under another name")
    return new


def long_names(trial: Trial) -> str:
    """A host's name of 70,000 characters ends with a SourceError or in valid records."""
    if not trial.hosts:
        raise NotRun("the source has no host")
    for new in ("x" * 70_000, "长" * 600, "\x1b[2J\0\r\n"):
        behave = _changing(lambda tree, new=new: renamed(tree, trial.hosts[0].name, new))  # type: ignore[misc]
        _judge(trial.through(behave, "hosts"), ("hosts",), "an unusual name")
    return "long names and control characters"


def _judge_all(trial: Trial, responds: Mapping[str, Respond]) -> str:
    for what, respond in responds.items():
        for call in trial.calls():
            _judge(trial.against(respond, *call), call, what)
    return ", ".join(responds)


def _judge(seen: Seen, call: Call, what: str) -> None:
    """Raise Failed unless the operation raised a SourceError or returned valid records."""
    what = f"{call[0]}, answered with {what}"
    if seen.raised or seen.is_killed:
        source_error(seen, what)
        return
    find_faults = FORMS.get(call[0], lambda _version: iter(()))
    for answer in seen.returned if isinstance(seen.returned, list) else [seen.returned]:
        wrong = next(find_faults(answer), "")
        if wrong:
            raise Failed(f"{what}: {wrong}")


def _lying(wanted: Sequence[tuple[int, int, int]]) -> Behave:
    true: Any = None
    liar = Liar(lambda _request: true, wanted)

    def behave(request: Any, _number: int, ask: Ask) -> None:
        nonlocal true
        answer = ask()
        true = _tree(answer.body)
        request.answer(liar.respond(request), answer.status, answer.headers)

    return behave


def _changing(change: Callable[[Any], Any]) -> Behave:
    """Return what answers the truth, changed."""

    def behave(request: Any, _number: int, ask: Ask) -> None:
        answer = ask()
        tree = _tree(answer.body)
        body = answer.body if tree is None else json.dumps(change(tree)).encode()
        request.answer(body, answer.status, answer.headers)

    return behave


def _tree(body: bytes) -> Any:
    """Return an answer's JSON; None when it is none."""
    try:
        return json.loads(body)
    except ValueError:
        return None


CHECKS: Sequence[Callable[[Trial], str]] = (
    *(no_source, wrong_types, cut_answers, deep_nesting, redirects, floods),
    *(lies, long_lists, chinese_names, long_names),
)
