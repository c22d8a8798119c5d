"""Each check of the conformance test can fail: a connector with that fault fails it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.connectors import registry
from app.connectors.base import MonitorAccess
from app.connectors.conformance.results import Outcome, Result
from app.connectors.conformance.run import CHECKS, name_of, run

ROOT = Path(__file__).parents[4]
MODULE = "tests.unit.connectors.conformance.faulty"
TOKEN = "a-token-for-tests"
FAULTS = [
    ("protocol", "Protocol", "hosts does not accept external_ids"),
    ("invalid-urls", "InvalidUrls", "the URL ''"),
    ("constructor", "Constructor", "sent 1 requests"),
    ("read-only", "ReadOnlyWrites", "update_host ended with no error"),
    ("version", "Version", "not a printable text"),
    ("hosts", "HostsTwice", "250 of the hosts are repeated"),
    ("hosts", "HostsEmptyPage", "page 1 of 3 is empty"),
    ("hosts", "HostsOfAnotherType", "name of a HostRecord is of type int, not str"),
    ("hosts", "HostsInOnePage", "a page has 1001 hosts; at most 1000 are allowed"),
    ("hosts", "HostsThatCannotBeSent", "cannot be pickled"),
    ("host-order", "HostOrder", "another order"),
    ("hosts-by-id", "HostsById", "it yielded 250"),
    ("items", "Items", "the pages name 19 hosts for 20"),
    ("unknown-host", "UnknownHost", "it yielded 0 pages"),
    ("item", "Item", "for an unknown id, not None"),
    ("history", "HistoryOfUnknown", "values of an unknown item"),
    ("history", "HistoryBackwards", "not in order"),
    ("alerts", "Alerts", "is_firing=False"),
    ("close", "Close", "RuntimeError: closed already"),
    ("wrong-credentials", "WrongCredentials", "SourceFailing"),
    ("rejected-login", "RejectedLogin", "SourceRejected, not SourceRefusedLogin"),
    ("closed-port", "ClosedPort", "ConnectionRefusedError"),
    ("dropped-connection", "DroppedConnection", "must be retryable"),
    ("server-errors", "ServerErrors", "SystemExit"),
    ("too-many-requests", "TooManyRequests", "must be retryable"),
    ("client-errors", "ClientErrors", "must not be retryable"),
    ("credential-leaks", "CredentialLeaks", "repeats a credential"),
    ("not-a-source", "NotASource", "it returned 'unknown'"),
    ("wrong-types", "WrongTypes", "TypeError"),
    ("truncated-responses", "TruncatedResponses", "JSONDecodeError"),
    ("deep-nesting", "DeepNesting", "RecursionError"),
    ("redirects", "Redirects", "it followed a redirect"),
    ("oversized-responses", "OversizedResponses", "its process grew by"),
    ("mutated-responses", "MutatedResponses", "of a HostRecord"),
    ("long-lists", "LongLists", "a page has 10000 hosts"),
    ("unicode-names", "UnicodeNames", "UnicodeEncodeError"),
    ("long-names", "LongNames", "name of a HostRecord has 70000 characters"),
    ("no-response", "NoResponse", "was killed"),
    ("slow-response", "SlowResponse", "was killed"),
    ("version", "Deadly", "its process crashed"),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of the sample's board, with the faulty connectors installed under their classes' names."""
    folder = tmp_path_factory.mktemp("installed")
    info = folder / "wrong-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wrong\nVersion: 1.0\n")
    points = [f"{name} = {MODULE}:{name}" for _, name, _ in FAULTS]
    (info / "entry_points.txt").write_text("[nagare.connectors]\n" + "\n".join(points))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.syspath_prepend(str(ROOT / "examples" / "nagare-connector-example" / "src"))
        from nagare_connector_example.board import demo, make_server

        registry._load_third_party.cache_clear()
        with make_server(demo(TOKEN)) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
            thread.join()
    registry._load_third_party.cache_clear()


def test_of_each_check_there_is_a_fault() -> None:
    assert {check for check, *_ in FAULTS} == {name_of(check) for check in CHECKS}


def test_the_guide_names_each_check() -> None:
    guide = (ROOT / "docs" / "connectors.md").read_text(encoding="utf-8")
    assert [check for check, *_ in FAULTS if f"`{check}`" not in guide] == []


@pytest.mark.parametrize(("check", "name", "reason"), FAULTS, ids=[name for _, name, _ in FAULTS])
def test_a_fault_is_found(url: str, check: str, name: str, reason: str) -> None:
    is_slow = check in ("no-response", "slow-response")
    results: list[Result] = [*run(name, MonitorAccess(url, api_token=TOKEN), 2 if is_slow else 30, [check])]
    assert [result.outcome for result in results] == [Outcome.FAILED], results
    assert reason in results[0].reason
