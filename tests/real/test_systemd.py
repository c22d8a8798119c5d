"""The units of deploy/systemd under a systemd that boots, in a machine on a copy of this one's root. Needs root."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.programs import ROOT
from tests.real.debian import install

pytestmark = pytest.mark.real

UNITS = ROOT / "deploy" / "systemd"
PARTS = ("nagare-web", "nagare-worker@1", "nagare-beat", "nagare-migrate")
VENV = Path(sys.prefix)
PROGRAMS = ("nagare", "celery", "gunicorn")
ENVIRONMENT = """\
NAGARE_SECRET_KEY=a secret key for systemd
NAGARE_ADMIN_PASSWORD=correct horse
REDIS_URL=redis://127.0.0.1:6379/0
DATABASE_URL=sqlite:////var/lib/nagare/nagare.db
PYTHONPATH=/opt/nagare
LD_LIBRARY_PATH=/opt/python/lib
"""
REDIS = """\
[Service]
EnvironmentFile=/etc/nagare/nagare.env
ExecStart=/opt/nagare/.venv/bin/python -P /opt/nagare/app/cli/up/valkey_server.py --port 6379 --dir /tmp
"""
CHECK = """\
[Unit]
After=redis-server.service
Wants=redis-server.service
SuccessAction=poweroff-force
FailureAction=poweroff-force
[Service]
Type=oneshot
EnvironmentFile=/etc/nagare/nagare.env
ExecStart=/opt/nagare/.venv/bin/python /opt/booted.py /opt/seen/seen.json
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield this machine's root with nagare installed by docs/deploy.md; what is written there stays in memory."""
    install("systemd")
    install("systemd-container")
    folder = tmp_path_factory.mktemp("machine")
    memory, root = folder / "memory", folder / "root"
    with ExitStack() as stack:
        for path in (memory, root):
            path.mkdir()
        _mount(stack, memory, "-t", "tmpfs", "tmpfs")
        for name in ("upper", "work"):
            (memory / name).mkdir()
        layers = f"lowerdir=/,upperdir={memory / 'upper'},workdir={memory / 'work'}"
        _mount(stack, root, "-t", "overlay", "-o", layers, "overlay")
        _install_nagare(root)
        yield root


def _mount(stack: ExitStack, where: Path, *arguments: str) -> None:
    mounted = subprocess.run(["mount", *arguments, where], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount {where}: {mounted.stderr.strip()}")
    stack.callback(lambda: subprocess.run(["umount", "--lazy", where], check=True))


def _install_nagare(root: Path) -> None:
    home, units = root / "opt/nagare", root / "etc/systemd/system"
    shutil.rmtree(home, ignore_errors=True)
    for name in ("app", "tasks"):
        shutil.copytree(ROOT / name, home / name)
    for name in ("celeryconfig.py", "gunicorn.conf.py", "wsgi.py"):
        shutil.copy(ROOT / name, home)
    venv = home / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "lib").mkdir()
    # Python may be in a home folder, where no unit may look: the machine gets it at another place.
    (venv / "pyvenv.cfg").write_text("home = /opt/python/bin\n")
    python = (VENV / "bin/python").resolve().relative_to(sys.base_prefix)
    (venv / "bin/python").symlink_to(Path("/opt/python") / python)
    for name in PROGRAMS:
        script = (VENV / "bin" / name).read_text()
        (venv / "bin" / name).write_text(re.sub("^#!.*", "#!/opt/nagare/.venv/bin/python", script))
        (venv / "bin" / name).chmod(0o755)
    for unit in UNITS.glob("nagare*.*"):
        copy = shutil.copytree if unit.is_dir() else shutil.copy
        copy(unit, units / unit.name)
    shutil.copy(UNITS / "nagare.sysusers", root / "usr/lib/sysusers.d/nagare.conf")
    settings = root / "etc/nagare/nagare.env"
    settings.parent.mkdir()
    settings.write_text(ENVIRONMENT)
    settings.chmod(0o600)
    (units / "redis-server.service").unlink(missing_ok=True)
    (units / "redis-server.service").write_text(REDIS)
    (units / "check.service").write_text(CHECK)
    shutil.copy(Path(__file__).with_name("booted.py"), root / "opt/booted.py")


def test_systemd_finds_nothing_wrong_with_the_units(machine: Path) -> None:
    units = ["nagare.target", *(f"{part}.service" for part in PARTS)]
    verified = subprocess.run(
        ["systemd-analyze", "verify", f"--root={machine}", *units], capture_output=True, text=True
    )
    assert [line for line in verified.stderr.splitlines() if "nagare" in line] == []
    assert verified.returncode == 0


@pytest.mark.parametrize("part", PARTS)
def test_a_unit_may_hardly_do_anything(machine: Path, part: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--root={machine}", "--threshold=15"]
    judged = subprocess.run([*command, f"{part}.service"], capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout


def test_nagare_runs_under_systemd(machine: Path, tmp_path: Path) -> None:
    command = ["systemd-nspawn", "--register=no", "--keep-unit", "--private-network", "--console=pipe", "--quiet"]
    command += [f"--machine=nagare-{os.getpid()}", f"--directory={machine}", f"--bind={tmp_path}:/opt/seen"]
    command += [f"--bind-ro={VENV / 'lib'}:/opt/nagare/.venv/lib", f"--bind-ro={sys.base_prefix}:/opt/python"]
    command += ["--boot", "systemd.unit=check.service"]
    booted = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180)
    assert (tmp_path / "seen.json").exists(), booted.stdout + booted.stderr
    seen: dict[str, Any] = json.loads((tmp_path / "seen.json").read_text())
    print(seen.pop("log"))
    parts = PARTS[:3]
    assert seen == {
        "ready": True,
        "active": dict.fromkeys(parts, "active"),
        "uids": [True],
        "confined": True,
        "began": True,
        "stopped": "success",
        "handed_back": {"state": "queued", "attempts": 0},
        "done": True,
        "again": True,
        "results": dict.fromkeys(parts, "success"),
    }
