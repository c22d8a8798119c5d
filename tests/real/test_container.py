"""The commands of docker-compose.yml in what its containers are to them: a read-only root, and a user without rights.

There is no Docker here; the kernel's own namespaces make what Docker makes of them. Needs root.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.acceptance.programs import ROOT, Program
from tests.cli.instance import free_port
from tests.cli.processes import wait_for

pytestmark = pytest.mark.real

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
USER = re.findall(r"^USER (\d+):\d+$", DOCKERFILE, re.MULTILINE)[-1]
HEALTHCHECK, COMMAND = (json.loads(words) for words in re.findall(r"^ *CMD (\[.*\])$", DOCKERFILE, re.MULTILINE))
# Python may be in a home folder, where another user may not look: the container gets it at another place.
CONTAINER = """\
set -eu
mount --make-rprivate /
for path in /srv /opt; do mount -t tmpfs tmpfs "$path"; done
mkdir /srv/nagare /opt/nagare /opt/python
mount --bind {copy} /srv/nagare
mount --bind {base} /opt/python
mkdir /opt/nagare/bin /opt/nagare/lib
mount --bind {venv}/lib /opt/nagare/lib
echo 'home = /opt/python/bin' >/opt/nagare/pyvenv.cfg
ln -s /opt/python/{python} /opt/nagare/bin/python
for program in nagare celery gunicorn; do
  sed '1s|.*|#!/opt/nagare/bin/python|' {venv}/bin/$program >/opt/nagare/bin/$program
  chmod 755 /opt/nagare/bin/$program
done
mkdir -p /var/lib/nagare
{tmpfs}
# All that was mounted before is another mount, and has to be told so as well.
findmnt -rno TARGET | while read -r path; do
  mountpoint -q "$path" || continue # a lab's, below the /tmp that the container has in place of ours
  case "$path" in /tmp | /var/lib/nagare | /proc* | /dev* | /sys*) ;; *) mount -o remount,bind,ro "$path" ;; esac
done
cd /srv/nagare
exec setpriv --reuid={user} --regid={user} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what `COPY . .` copies, by .dockerignore."""
    copy = tmp_path_factory.mktemp("image") / "nagare"
    copy.mkdir()
    for name in (line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")):
        put = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        put(ROOT / name, copy / name)
    return copy


class Containers:
    """Starts the services of docker-compose.yml."""

    def __init__(self, copy: Path, folder: Path, settings: dict[str, str]) -> None:
        self._folder = folder
        self._environment = {
            "PATH": "/opt/nagare/bin:/usr/local/bin:/usr/bin:/bin",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": "/srv/nagare",
            "LD_LIBRARY_PATH": "/opt/python/lib",
            "NAGARE_HOME": "/var/lib/nagare",
            **settings,
        }
        python = Path(sys.executable).resolve().relative_to(sys.base_prefix)
        self._values = {"copy": copy, "base": sys.base_prefix, "venv": sys.prefix, "python": python, "user": USER}
        self.programs: dict[str, Program] = {}

    def start(self, name: str) -> Program:
        service = SERVICES[name]
        mounts = [each.partition(":") for each in service["tmpfs"]]
        tmpfs = "\n".join(f"mount -t tmpfs -o {options} tmpfs {where}" for where, _, options in mounts)
        command = [word.replace("${NAGARE_WORKER_CONCURRENCY:-4}", "2") for word in service.get("command", COMMAND)]
        script = CONTAINER.format(**self._values, tmpfs=tmpfs)
        words = ["unshare", "--mount", "--uts", "sh", "-c", script, "container", *command]
        self.programs[name] = Program(name, words, self._folder, self._environment)
        return self.programs[name]

    def check(self, name: str, command: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command in the container of a service that runs."""
        program = self.programs[name]
        inside = ["nsenter", f"--target={program.pid}", "--mount", "--uts"]
        inside += ["sh", "-c", 'cd /srv/nagare && exec "$@"', "check"]
        rights = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--no-new-privs"]
        environment = self._environment | {"HOSTNAME": os.uname().nodename}
        return subprocess.run([*inside, *rights, *command], env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def containers(copy: Path, tmp_path: Path, postgres_url: str, valkey: str) -> Iterator[Containers]:
    settings = {
        "NAGARE_SECRET_KEY": "a secret key for containers",
        "NAGARE_ADMIN_PASSWORD": "correct horse",
        "NAGARE_BIND": "127.0.0.1",
        "NAGARE_PORT": str(free_port()),
        "DATABASE_URL": postgres_url,
        "REDIS_URL": valkey,
    }
    containers = Containers(copy, tmp_path, settings)
    yield containers
    for program in containers.programs.values():
        print(f"{program.name}\n{program.printed}")
        program.kill()


def test_every_part_runs_where_it_may_write_nothing(containers: Containers) -> None:
    migrated = containers.start("migrate")
    assert migrated.process.wait(timeout=60) == 0, migrated.printed
    assert "Created the first user" in migrated.printed

    parts = ("web", "worker", "beat")
    for name in parts:
        containers.start(name)
    shell = {name: SERVICES[name]["healthcheck"]["test"][1].replace("$$", "$") for name in ("worker", "beat")}
    checks = {"web": HEALTHCHECK} | {name: ["sh", "-c", check] for name, check in shell.items()}
    for name, check in checks.items():

        def is_healthy(name: str = name, check: list[str] = check) -> bool:
            assert containers.programs[name].process.poll() is None, containers.programs[name].printed
            return containers.check(name, check).returncode == 0

        wait_for(is_healthy, f"{name} to be healthy", 60)

    for name in parts:
        assert (
            containers.check(name, ["touch", "/srv/nagare/x", "/opt/x", "/etc/x", "/x", "/var/x"]).stderr.count("\n")
            == 5
        )
        assert containers.check(name, ["touch", "/tmp/x", "/var/lib/nagare/x"]).returncode == 0
        assert containers.check(name, ["id", "-u"]).stdout.strip() == USER
    assert [containers.programs[name].stop() for name in parts] == [0, 0, 0]
    for name in parts:
        assert "Traceback" not in containers.programs[name].printed
        assert "Read-only" not in containers.programs[name].printed
