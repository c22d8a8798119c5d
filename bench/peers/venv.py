"""The venv of the peers: nagare itself needs none of them."""

import hashlib
import subprocess
import sys
from pathlib import Path

from bench.figures import NotMeasured
from tests.acceptance.programs import ROOT

VENV = ROOT / ".venv-peers"
REQUIREMENTS = Path(__file__).parent / "requirements.txt"


def python() -> Path:
    """Return the venv's Python after installing the pinned peers. Raises NotMeasured if that fails."""
    stamp = VENV / ".installed"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    interpreter = VENV / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != wanted:
        pip = (str(interpreter), "-m", "pip", "--disable-pip-version-check", "--quiet", "install")
        _run(sys.executable, "-m", "venv", "--clear", str(VENV))
        _run(*pip, "--root-user-action=ignore", "--require-hashes", "-r", str(REQUIREMENTS))
        stamp.write_text(wanted)
    return interpreter


def _run(*command: str) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise NotMeasured(f"the peers could not be installed: {done.stderr.strip().splitlines()[-1:]}")
