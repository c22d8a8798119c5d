"""No traceback in a log holds what was in the variables: passwords are among them."""

import subprocess
import sys

import pytest

SECRET = "correct horse battery"
FAIL = """
def fail(password):
    secret = {"password": password}
    raise ValueError("it failed")

try:
    fail(" ".join(["correct", "horse", "battery"]))
except ValueError as error:
    REPORT
"""
CONFIGURE = {
    "console": "logs.configure('INFO', 'console')",
    "json": "logs.configure('INFO', 'json')",
    "a command": "logs.configure_command()",
}
REPORT = {
    "structlog": "structlog.get_logger().exception('oops')",
    "a library": "logging.getLogger('some.library').exception('oops')",
    "Flask": "logging.getLogger('app.web.problems').error('oops', exc_info=error)",
}


@pytest.mark.parametrize("report", REPORT.values(), ids=REPORT)
@pytest.mark.parametrize("configure", CONFIGURE.values(), ids=CONFIGURE)
def test_a_traceback_tells_where_and_not_what(configure: str, report: str) -> None:
    code = f"import logging, structlog\nfrom app import logs\n{configure}\n{FAIL.replace('REPORT', report)}"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    printed = ran.stdout + ran.stderr
    assert "ValueError: it failed" in printed and "in fail" in printed
    assert SECRET not in printed
