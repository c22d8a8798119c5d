"""The supervisor with shell commands: no process survives, whatever happens to it or to its parent."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from app.cli.up.home import Home
from tests.cli.processes import alive, command_line, descendants, wait_for

SCRIPT = Path(__file__).parent / "supervised.py"
ROOT = SCRIPT.parents[2]
PIPE_SIZE = 64 * 1024
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def _start(
        *commands: str, grace_s: float = 30, on_hangup: signal.Handlers = signal.SIG_DFL
    ) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(tmp_path / "home"), str(grace_s), *commands],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
            # The tests themselves may run under nohup, whose ignored SIGHUP every child inherits.
            preexec_fn=lambda: signal.signal(signal.SIGHUP, on_hangup),
        )
        started.append(process)
        return process

    yield _start
    families = [descendants(process.pid) for process in started]
    for process in started:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    wait_for(lambda: not alive(set().union(*families)), "the end of what the test left")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_children_and_grandchildren(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    process = start("sleep 1000 & touch a; wait", "sleep 1000 & touch b; wait")
    wait_for(lambda: (tmp_path / "a").exists() and (tmp_path / "b").exists(), "both children")
    # Two shells, two sleepers, the reaper; for a moment also what made the files.
    wait_for(lambda: len(descendants(process.pid)) == 5, "the whole family")
    family = descendants(process.pid)

    process.send_signal(number)

    assert process.wait(30) == 0
    assert not alive(family)


def test_under_nohup_the_end_of_the_terminal_stops_nothing(start: Start, tmp_path: Path) -> None:
    process = start("echo $$ >> shells; sleep 1000", on_hangup=signal.SIG_IGN)
    shells = tmp_path / "shells"
    wait_for(lambda: shells.exists() and shells.read_text().endswith("\n"), "the child")

    process.send_signal(signal.SIGHUP)
    os.kill(int(shells.read_text()), signal.SIGKILL)

    wait_for(lambda: len(shells.read_text().split()) == 2, "the child to be started again")


def test_a_stopped_child_is_killed_when_its_time_is_over(start: Start, tmp_path: Path) -> None:
    process = start("touch a; sleep 1000", "touch b; sleep 1000; true", grace_s=0.3)
    wait_for(lambda: (tmp_path / "a").exists() and (tmp_path / "b").exists(), "both children")
    family = descendants(process.pid)
    for pid in family:
        if "reaper" not in command_line(pid):
            # `touch` may have ended since it was listed.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    process.terminate()

    assert process.wait(30) == 0
    assert not alive(family)


def test_what_others_need_ends_after_them(start: Start, tmp_path: Path) -> None:
    until_term = "trap 'sleep 0.2; echo {0} >> ended; exit 0' TERM; touch {0}; while :; do sleep 0.05; done"
    process = start(until_term.format("broker"), until_term.format("worker"))
    wait_for(lambda: (tmp_path / "broker").exists() and (tmp_path / "worker").exists(), "both children")

    process.terminate()

    assert process.wait(30) == 0
    assert (tmp_path / "ended").read_text().split() == ["worker", "broker"]


def test_a_signal_that_comes_while_a_program_is_being_started_lets_it_end_by_itself(
    start: Start, tmp_path: Path
) -> None:
    process = start("trap 'echo >> ended; exit 0' TERM; kill $PPID; while :; do sleep 0.05; done")

    assert process.wait(30) == 0
    assert (tmp_path / "ended").exists()


def test_a_second_ctrl_c_does_not_wait(start: Start, tmp_path: Path) -> None:
    process = start("trap 'touch asked' TERM; touch ready; while :; do sleep 0.05; done", grace_s=10_000)
    wait_for((tmp_path / "ready").exists, "the child")
    family = descendants(process.pid)
    process.send_signal(signal.SIGINT)
    wait_for((tmp_path / "asked").exists, "the first Ctrl-C to be passed on")

    def _ends_when_asked_again() -> bool:
        process.send_signal(signal.SIGINT)
        return process.poll() is not None

    wait_for(_ends_when_asked_again, "the end")
    assert not alive(family)


def test_kill_9_of_the_supervisor_leaves_no_process(start: Start, tmp_path: Path) -> None:
    process = start("trap '' TERM HUP; sleep 1000 & touch a; wait", "sleep 1000 & touch b; wait")
    wait_for(lambda: (tmp_path / "a").exists() and (tmp_path / "b").exists(), "both children")
    family = descendants(process.pid)
    programs = {pid for pid in family if "reaper" not in command_line(pid)}

    process.kill()
    process.wait()

    os.close(Home(tmp_path / "home").lock())  # waits until nobody uses the folder
    assert not alive(programs)
    wait_for(lambda: not alive(family), "the end of the reaper")


def test_a_crashed_program_starts_again_with_its_leftovers_gone(start: Start, tmp_path: Path) -> None:
    count = "sleep 1000 & echo $! >> sleepers; wc -l < sleepers; echo >> told"
    process = start(f"{count}; [ $(wc -l < sleepers) = 1 ] && exit 3; wait")
    sleepers, told = tmp_path / "sleepers", tmp_path / "told"
    wait_for(lambda: told.exists() and told.read_text() == "\n\n", "the second start")

    assert not alive({int(sleepers.read_text().split()[0])})

    process.terminate()
    printed = process.communicate()[0]
    assert "p0     | 1\n" in printed
    assert "nagare | p0 exited (exit code 3); restarting it in 1 s\n" in printed
    assert "p0     | 2\n" in printed


def test_output_that_nobody_reads_stops_nothing(start: Start, tmp_path: Path) -> None:
    process = start("while :; do echo x; echo >> lines; done")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    lines = tmp_path / "lines"
    wait_for(lines.exists, "the program's first line")
    before = lines.stat().st_size

    wait_for(lambda: lines.stat().st_size > before + PIPE_SIZE, "the program to print on past the size of a pipe")
    process.terminate()

    assert process.wait(30) == 0


def test_output_that_is_read_no_further_delays_no_signal(start: Start, tmp_path: Path) -> None:
    process = start("while :; do seq 1000; echo >> lines; done")
    lines = tmp_path / "lines"
    wait_for(lambda: lines.exists() and _stays_the_same(lines), "the pipe to be full")

    process.terminate()

    assert process.wait(30) == 0


def _stays_the_same(path: Path) -> bool:
    before = path.stat().st_size
    with suppress(AssertionError):
        wait_for(lambda: path.stat().st_size > before, "another line", timeout_s=0.5)
        return False
    return True
