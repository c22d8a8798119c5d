"""What the process that sends cannot do, tried in processes that are confined like it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BEGIN = """
import os, pathlib, socket, subprocess, sys, syslog
from app.channels.confinement import Confinement
Confinement().begin()
"""


def end_of(program: str) -> str:
    """Run a program in a confined process and return the last line that it printed."""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    return [*done.stdout.splitlines(), *done.stderr.splitlines(), ""][-2]


@pytest.mark.parametrize(
    "program",
    [
        *(
            "open('/etc/passwd')",
            "pathlib.Path('README.md').read_text()",
            "open(os.path.join(sys.prefix, '../README.md'))",
        ),
        *("open(os.path.join(sys.prefix, 'new'), 'w')", "os.system('true')", "subprocess.run(['true'])", "os.fork()"),
        *("syslog.syslog('hello')", "socket.socket().bind(('127.0.0.1', 0))"),
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
        "socket.socket(socket.AF_UNIX).connect('/run/docker.sock')",
        "socket.create_connection(('169.254.169.254', 80), timeout=1)",
        "socket.create_connection(('::ffff:169.254.169.254', 80), timeout=1)",
        "socket.socket().connect(('localhost', 9))",
    ],
)
def test_what_a_message_does_not_need_is_refused(program: str) -> None:
    assert end_of(program).startswith("PermissionError")


@pytest.mark.parametrize(
    ("program", "end"),
    [
        ("socket.create_connection(('localhost', 9), timeout=1)", "ConnectionRefusedError"),
        ("import zoneinfo, certifi; open(certifi.where()); print('fine')", "fine"),
        ("import email.mime.text, decimal; print('fine')", "fine"),
    ],
)
def test_what_it_needs_is_not(program: str, end: str) -> None:
    assert end_of(program).startswith(end)
