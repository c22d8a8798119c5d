"""Many sign-ins at once cost neither the memory nor the guesses of many."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import httpx

from tests.acceptance.stack import PASSWORD, Stack
from tests.acceptance.user import User

FREE = 5
MAX_MIB = 150
"""Of one process: one hash takes 64 MiB."""


def at_once(stack: Stack, many: int, sign_in: Callable[[httpx.Client, int], httpx.Response]) -> Sequence[int]:
    """Return the statuses of what many clients are answered, each with a connection that was open before."""
    base_url = f"http://127.0.0.1:{stack.port}/api/v1"

    def call(client: httpx.Client, number: int) -> int:
        answer = sign_in(client, number)
        assert answer.status_code in (200, 401) or int(answer.headers["Retry-After"]) > 0, answer.text
        return answer.status_code

    limits = httpx.Limits(max_connections=many, max_keepalive_connections=many)
    with (
        httpx.Client(base_url=base_url, timeout=60, trust_env=False, limits=limits) as client,
        ThreadPoolExecutor(many) as threads,
    ):
        return list(threads.map(lambda number: call(client, number), range(many)))


def test_all_who_know_their_password_come_in_though_they_come_at_once(stack: Stack, user: User) -> None:
    def sign_in(client: httpx.Client, _: int) -> httpx.Response:
        right = {"username": "admin", "password": PASSWORD}
        while (answer := client.post("/auth/login", json=right)).status_code == 503:
            assert int(answer.headers["Retry-After"]) > 0
        return answer

    assert {*at_once(stack, 24, sign_in)} == {200}


def test_a_hundred_sign_ins_at_once_are_few_guesses_and_little_memory(stack: Stack) -> None:
    before = {pid: peak_mib(pid) for pid in stack.api.children()}
    begun = monotonic()
    statuses = Counter(
        at_once(
            stack,
            100,
            lambda client, number: client.post(
                "/auth/login", json={"username": "admin", "password": f"wrong {number}"}
            ),
        )
    )
    # When the first block, of a second, is over, another one is looked at.
    assert 1 <= statuses[401] <= FREE + int(monotonic() - begun), statuses
    assert {*statuses} <= {401, 429, 503}
    grown = {pid: peak_mib(pid) - peak for pid, peak in before.items()}
    assert max(grown.values()) < MAX_MIB, grown


def peak_mib(pid: int) -> int:
    """Return the most memory that a process had at once."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) // 1024
