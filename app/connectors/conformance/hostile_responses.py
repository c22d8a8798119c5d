"""Checks with a server that sends malformed, oversized or malicious responses."""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from app import clock
from app.connectors.conformance import faults
from app.connectors.conformance.connector_process import CallResult
from app.connectors.conformance.context import Call, Context, returned, source_error
from app.connectors.conformance.faults import Respond
from app.connectors.conformance.mutations import CHANGES, Mutator
from app.connectors.conformance.oversized_responses import OVERSIZED
from app.connectors.conformance.proxy import Fetch, Handle
from app.connectors.conformance.records import alert_page_faults, host_page_faults, item_faults, item_page_faults
from app.connectors.conformance.results import Failed, NotRun, counted
from app.connectors.conformance.rewriting import ENTRIES, with_long_lists, with_replaced_text
from app.connectors.conformance.server import serving

MAX_GROWTH = 300 * 2**20
"""Bytes by which the process may grow for one response."""
CONVERSATIONS = 60
"""Conversations of each operation with mutated responses."""
MUTATIONS_S = 5
"""Time limit for these, because responses of megabytes take long."""
MAX_MUTATIONS = 3
"""Mutations in one conversation."""
PLACES = 400
"""Only the first values of a response are mutated; the others mostly repeat their structure."""
VALIDATORS: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "hosts": host_page_faults,
    "items": item_page_faults,
    "item": item_faults,
    "alerts": alert_page_faults,
}


def not_a_source(context: Context) -> str:
    """`check` raises a SourceError if the server is not such a source."""
    for what, respond in faults.NOT_A_SOURCE.items():
        source_error(context.against(respond, "check"), what)
    return ", ".join(faults.NOT_A_SOURCE)


def wrong_types(context: Context) -> str:
    """Unexpected JSON leads to a SourceError or to valid records."""
    return _require_each_handled(context, faults.WRONG_TYPES)


def truncated_responses(context: Context) -> str:
    """A response without its second half leads to a SourceError or to valid records."""

    def handle(request: Any, _number: int, fetch: Fetch) -> None:
        response = fetch()
        request.answer(response.body[: len(response.body) // 2], response.status, response.headers)

    for call in context.calls():
        _require_handled(context.through(handle, *call), call, "half a response")
    return "half of each response"


def deep_nesting(context: Context) -> str:
    """JSON with 100,000 levels leads to a SourceError or to valid records."""
    return _require_each_handled(context, faults.NESTED)


def redirects(context: Context) -> str:
    """A redirect to another server, to a metadata service or in a loop raises a SourceError and is not followed."""
    requested: list[str] = []

    def listen(request: Any) -> None:
        requested.append(request.path)
        request.answer({})

    with serving(listen) as other_server:
        for location in (f"{other_server}/", faults.METADATA_URL):
            source_error(context.against(faults.redirect(location), "check"), f"a redirect to {location}")
    if requested:
        raise Failed(f"it followed a redirect to another server and requested {requested[0][:100]}")
    loop: Respond = lambda request: request.answer(b"", 302, {"Location": request.path})  # noqa: E731
    source_error(context.against(loop, "check"), "a redirect loop")
    return "to another server, to a metadata service, in a loop"


def oversized_responses(context: Context) -> str:
    """An oversized response takes little memory, and the call ends within the time limit."""
    most = 0
    for what, respond in OVERSIZED.items():
        result = context.against(respond, "hosts")
        _require_handled(result, ("hosts",), what)
        if result.grown_bytes > MAX_GROWTH:
            raise Failed(
                f"{what}: its process grew by {result.grown_bytes >> 20} MB; {MAX_GROWTH >> 20} MB are allowed"
            )
        most = max(most, result.grown_bytes)
    return f"the process grew by at most {most >> 20} MB"


def mutated_responses(context: Context) -> str:
    """Responses with some values replaced lead to a SourceError or to valid records."""
    dice = random.Random(1)
    count = sum(_mutate(context, call, dice) for call in context.calls())
    return counted(count, "conversation")


def _mutate(context: Context, call: Call, dice: random.Random) -> int:
    """Repeat a call with mutated responses; return the number of conversations."""
    length = context.length(call)
    end_at = clock.monotonic() + MUTATIONS_S
    for count in range(CONVERSATIONS if length else 0):
        if clock.monotonic() > end_at:
            return count
        wanted = [
            (dice.randrange(length), dice.randrange(PLACES), dice.randrange(len(CHANGES)))
            for _ in range(dice.randint(1, MAX_MUTATIONS))
        ]
        _require_handled(context.through(_mutating(wanted), *call), call, f"mutated responses ({wanted})")
    return CONVERSATIONS if length else 0


def long_lists(context: Context) -> str:
    """Lists of thousands of entries lead to a SourceError or to valid pages within the limits."""
    for call in context.calls():
        _require_handled(context.through(_changing(with_long_lists), *call), call, "a long list")
    return f"{ENTRIES} entries in each response"


def unicode_names(context: Context) -> str:
    """The name of a host can contain any Unicode character."""
    if not context.hosts:
        raise NotRun("the source has no host")
    old, new = context.hosts[0].name, f"主机 {context.hosts[0].name} 𠮷 é ✓"
    pages = returned(
        context.through(_renaming(old, new), "hosts"),
        "a host with a Chinese name",
    )
    names = [record.name for page in pages for record in page.records]
    if old in names and new not in names:
        raise NotRun("the connector builds the names of hosts from other values")
    if new not in names:
        raise Failed(f"the host {new!r} has another name in the record")
    return new


def long_names(context: Context) -> str:
    """A host name with 70,000 or with control characters leads to a SourceError or to valid records."""
    if not context.hosts:
        raise NotRun("the source has no host")
    for new in ("x" * 70_000, "长" * 600, "\x1b[2J\0\r\n"):
        handle = _changing(lambda tree, new=new: with_replaced_text(tree, context.hosts[0].name, new))  # type: ignore[misc]
        _require_handled(context.through(handle, "hosts"), ("hosts",), "an unusual name")
    return "long names and control characters"


def _require_each_handled(context: Context, responds: Mapping[str, Respond]) -> str:
    for what, respond in responds.items():
        for call in context.calls():
            _require_handled(context.against(respond, *call), call, what)
    return ", ".join(responds)


def _require_handled(result: CallResult, call: Call, what: str) -> None:
    """Raise Failed unless the operation raised a SourceError or returned valid records."""
    what = f"{call[0]}, with {what}"
    if result.raised or result.is_killed:
        source_error(result, what)
        return
    find_faults = VALIDATORS.get(call[0], lambda _version: iter(()))
    for value in result.returned if isinstance(result.returned, list) else [result.returned]:
        wrong = next(find_faults(value), "")
        if wrong:
            raise Failed(f"{what}: {wrong}")


def _mutating(wanted: Sequence[tuple[int, int, int]]) -> Handle:
    original: Any = None
    mutator = Mutator(lambda _request: original, wanted)

    def handle(request: Any, _number: int, fetch: Fetch) -> None:
        nonlocal original
        response = fetch()
        original = _tree(response.body)
        request.answer(mutator.respond(request), response.status, response.headers)

    return handle


def _changing(change: Callable[[Any], Any]) -> Handle:
    """Return a handler that changes the true responses."""

    def handle(request: Any, _number: int, fetch: Fetch) -> None:
        response = fetch()
        tree = _tree(response.body)
        body = response.body if tree is None else json.dumps(change(tree)).encode()
        request.answer(body, response.status, response.headers)

    return handle


def _renaming(old: str, new: str) -> Handle:
    """Return a handler for a source in which something has another name, by which the connector may ask for it."""
    respond = _changing(lambda tree: with_replaced_text(tree, old, new))

    def handle(request: Any, number: int, fetch: Fetch) -> None:
        tree = _tree(request.body)
        if tree is not None:
            request.body = json.dumps(with_replaced_text(tree, new, old)).encode()
        respond(request, number, fetch)

    return handle


def _tree(body: bytes) -> Any:
    """Parse a response; return None if it is not JSON."""
    try:
        return json.loads(body)
    except ValueError:
        return None


CHECKS: Sequence[Callable[[Context], str]] = (
    *(not_a_source, wrong_types, truncated_responses, deep_nesting, redirects, oversized_responses),
    *(mutated_responses, long_lists, unicode_names, long_names),
)
