"""What the audit takes for a fault, and that silence is no good sign."""

import json
from pathlib import Path

import pytest

from tests.audit import advisories, locks
from tests.audit.__main__ import LOCKS, ROOT

HASH = f"--hash=sha256:{'0' * 64}"


@pytest.mark.parametrize("name", LOCKS)
def test_the_locks_hold_nothing_but_pinned_packages_with_hashes(name: str) -> None:
    lock = (ROOT / name).read_text()
    assert len([*locks.entries(lock)]) > 20
    assert locks.faults(lock) == []


@pytest.mark.parametrize(
    "line",
    [
        *("flask", "flask>=3", f"flask>=3 {HASH}", "flask==3.1.0", f"flask==3.* {HASH}", "-e .", "-r other.txt"),
        *(
            f"flask @ https://files.example/flask.whl {HASH}",
            "--index-url https://pypi.example/",
            "flask==3.1.0 --hash=md5:0",
        ),
        f"flask==3.1.0 {HASH} --global-option=x",
    ],
)
def test_anything_else_is_a_fault(line: str) -> None:
    assert len(locks.faults(f"amqp==5.4.2 \\\n    {HASH}\n{line}\n")) == 1


def test_another_version_than_the_lock_says_is_told() -> None:
    assert locks.differences(f"pytest==0.1 {HASH}\nno-such-package==1 {HASH}\n")[0].startswith("pytest: ")


def test_a_weakness_is_told_and_so_is_silence() -> None:
    weakness = {"id": "PYSEC-1", "fix_versions": ["2.0"], "aliases": [], "description": ""}
    packages = [
        {"name": "weak", "version": "1.0", "vulns": [weakness]},
        {"name": "fine", "version": "1.0", "vulns": []},
        {"name": "strange", "skip_reason": "Dependency not found"},
    ]
    advice = advisories.read(json.dumps({"dependencies": packages}))
    assert advice == advisories.Advice(["weak 1.0: PYSEC-1, mended in 2.0"], ["strange"], 2)
    assert advisories.read("", "Traceback\nno route to host\n").error == "no route to host"
    assert advisories.look_up(Path("no-such-lock")).error
