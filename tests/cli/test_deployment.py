"""The Procfile, docker-compose.yml and the Dockerfile keep their promises, as far as one can tell without Docker."""

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from app.cli.root import nagare
from tasks.shutdown import GRACE_S

ROOT = Path(__file__).parents[2]
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
REQUIRED = ("NAGARE_SECRET_KEY", "NAGARE_ADMIN_PASSWORD", "POSTGRES_PASSWORD", "REDIS_PASSWORD")


def _expand(command: str, **environment: str) -> list[str]:
    """What the shell makes of a Procfile line: the words of the command that it would run."""
    script = command.replace("exec ", "printf '%s\\n' ", 1)
    printed = subprocess.run(["/bin/sh", "-c", script], env=environment, capture_output=True, text=True, check=True)
    return printed.stdout.split("\n")[:-1]


def test_the_procfile_has_every_part() -> None:
    assert list(PROCFILE) == ["web", "worker", "beat", "flower", "release"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("web", "gunicorn -c gunicorn.conf.py wsgi:application"),
        ("worker", "celery -A tasks worker -c 4"),
        ("beat", "celery -A tasks beat --schedule /tmp/nagare-beat-schedule"),
    ],
)
def test_a_procfile_line_runs_the_fixed_command(name: str, words: str) -> None:
    assert _expand(PROCFILE[name]) == words.split()


def test_the_worker_of_the_procfile_has_as_many_slots_as_set() -> None:
    assert _expand(PROCFILE["worker"], NAGARE_WORKER_CONCURRENCY="9")[-1] == "9"


def test_the_web_of_the_procfile_listens_where_the_platform_says() -> None:
    shown = PROCFILE["web"].partition("exec ")[0] + "sh -c 'echo \"$NAGARE_BIND:$NAGARE_PORT\"'"
    for environment, where in (
        ({}, "0.0.0.0:8080"),
        ({"PORT": "5000"}, "0.0.0.0:5000"),
        ({"NAGARE_PORT": "81"}, "0.0.0.0:81"),
    ):
        assert (
            subprocess.run(["/bin/sh", "-c", shown], env=environment, capture_output=True, text=True).stdout.strip()
            == where
        )


def test_flower_of_the_procfile_does_not_start_without_a_password() -> None:
    refused = subprocess.run(["/bin/sh", "-c", PROCFILE["flower"]], env={}, capture_output=True, text=True)
    assert refused.returncode != 0
    assert "FLOWER_BASIC_AUTH" in refused.stderr
    assert _expand(PROCFILE["flower"], FLOWER_BASIC_AUTH="a:b") == ["celery", "-A", "tasks", "flower", "--port=5555"]


def test_every_program_that_is_named_can_be_found() -> None:
    for module in ("gunicorn", "celery", "flower", "celeryconfig", "wsgi", "tasks"):
        assert importlib.util.find_spec(module) is not None, module
    assert (ROOT / "gunicorn.conf.py").is_file()
    for program in ("gunicorn", "celery", "nagare"):
        assert (Path(sys.executable).parent / program).is_file(), program


def test_the_release_command_exists() -> None:
    command = PROCFILE["release"].split()[1:]
    assert CliRunner().invoke(nagare, [*command, "--help"]).exit_code == 0


def test_compose_has_every_part_and_its_health_check() -> None:
    assert set(SERVICES) == {"migrate", "web", "worker", "beat", "flower", "redis", "postgres"}
    in_the_image = {"web"}
    for name in set(SERVICES) - in_the_image - {"migrate"}:
        assert SERVICES[name]["healthcheck"]["test"], name
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()


def test_compose_starts_nothing_before_what_it_needs() -> None:
    needs = {"migrate": "service_completed_successfully", "redis": "service_healthy", "postgres": "service_healthy"}
    for name in ("web", "worker", "beat", "flower"):
        assert {need: how["condition"] for need, how in SERVICES[name]["depends_on"].items()} == needs
    assert SERVICES["migrate"]["restart"] == "no"


def test_compose_knows_no_password() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in REQUIRED:
        uses = re.findall(rf"\$\{{{name}\b(.*?)\}}", text)
        assert uses and set(uses) == {":?set it"}, name
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|AUTH", variable):
                assert str(value).startswith("${"), f"{name}: {variable}"


def test_compose_publishes_only_on_this_machine_and_no_database() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"web", "flower"}
    assert all(":-127.0.0.1:" in port for ports in published.values() for port in ports)


def test_compose_keeps_the_data() -> None:
    assert "--appendonly yes" in " ".join(SERVICES["redis"]["command"])
    assert set(COMPOSE["volumes"]) == {"redis", "postgres"}


def test_flower_in_compose_is_behind_a_profile_and_a_password() -> None:
    flower = SERVICES["flower"]
    assert flower["profiles"] == ["flower"]
    assert ":?" in flower["command"][-1]
    words = _expand(flower["command"][-1].replace("$$", "$"), FLOWER_BASIC_AUTH="a:b")
    assert words == shlex.split("celery -A tasks flower --port=5555")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_service_of_compose_may_do_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"] and service["pids_limit"] and service["cpus"]
    assert "cap_add" not in service or name == "postgres"


def test_a_worker_of_compose_has_the_time_to_hand_its_tasks_back() -> None:
    assert int(SERVICES["worker"]["stop_grace_period"].removesuffix("s")) > 5 * GRACE_S


def test_the_linter_finds_nothing_wrong_with_the_dockerfile() -> None:
    linter = Path(sys.executable).parent / "hadolint"
    linted = subprocess.run([linter, "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (linted.returncode, linted.stdout) == (0, "")


def test_the_image_is_locked_and_not_root_and_leaves_its_tools_behind() -> None:
    build, image = (ROOT / "Dockerfile").read_text().split("\n\nFROM ")
    assert "--require-hashes -r requirements.txt" in build
    assert image.startswith("python:3.11-slim\n")
    assert "pip " not in image
    assert image.index("USER 10001:10001\n") > image.rindex("RUN ")


def test_everything_the_image_copies_exists() -> None:
    wanted = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert [name for name in wanted if not (ROOT / name).exists()] == []
