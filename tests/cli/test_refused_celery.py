"""What would undo a promise, or say what is not so, is refused by one line before anything is consumed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import forked
from tests.acceptance.programs import ROOT
from tests.cli.instance import environment
from tests.cli.processes import wait_for

POOL = (
    "nagare: --pool, worker_pool: only prefork supports leases and time limits: omit this option; -c sets the slots\n"
)
THREADS = "celery.concurrency.thread:TaskPool"
TIMEOUT = "nagare: --soft-time-limit, --time-limit: set NAGARE_TASK_TIMEOUT_S, which applies to all workers\n"
MAIN = "import sys; from tasks import celery; {}; celery.worker_main(['worker', *sys.argv[1:]])"


def run(folder: Path, *command: str, **variables: str) -> tuple[int, str, str]:
    """Run a command to its end; nothing answers where its Redis should be, so that it would wait for ever."""
    settings = {"NAGARE_SECRET_KEY": "a secret key for refusals", "REDIS_URL": "redis://:s3cr3t@127.0.0.1:9/0"}
    given = environment(folder, **settings, **variables)
    if variables:
        # Celery reads some of them as it is imported.
        whole = [sys.executable, *command]
        ran = subprocess.run(whole, cwd=ROOT, env=given, capture_output=True, text=True, timeout=60, check=False)
    else:
        ran = forked.run(command, given)
    return ran.returncode, ran.stdout, ran.stderr


def celery(folder: Path, *arguments: str, **variables: str) -> tuple[int, str, str]:
    return run(folder, "-m", "celery", "-A", "tasks", *arguments, **variables)


@pytest.mark.parametrize("pool", ["threads", "solo"])
def test_another_pool(tmp_path: Path, pool: str) -> None:
    assert celery(tmp_path, "worker", "--pool", pool) == (2, "", POOL)


# Given by option, Celery itself looks for what may not be installed, before it loads nagare.
@pytest.mark.parametrize("pool", ["threads", "solo", "gevent", "eventlet", "custom"])
def test_another_pool_by_the_environment(tmp_path: Path, pool: str) -> None:
    assert celery(tmp_path, "worker", CELERY_WORKER_POOL=pool) == (2, "", POOL)


def test_a_pool_of_ones_own(tmp_path: Path) -> None:
    chosen = {"CELERY_CUSTOM_WORKER_POOL": THREADS, "CELERY_WORKER_POOL": "custom"}
    assert celery(tmp_path, "worker", **chosen) == (2, "", POOL)


@pytest.mark.parametrize("change", ["celery.conf.worker_pool = 'threads'", f"celery.conf.worker_pool = '{THREADS}'"])
def test_another_pool_by_the_configuration(tmp_path: Path, change: str) -> None:
    assert run(tmp_path, "-c", MAIN.format(change)) == (2, "", POOL)


def test_another_loader_and_configuration_have_no_effect(tmp_path: Path) -> None:
    (tmp_path / "others.py").write_text("worker_pool = 'solo'\ntask_time_limit = 1\n")
    chosen = {"CELERY_LOADER": "default", "CELERY_CONFIG_MODULE": "others", "PYTHONPATH": str(tmp_path)}
    show = "from tasks import celery; print(celery.conf.worker_pool, celery.conf.task_time_limit)"
    assert run(tmp_path, "-c", show, **chosen) == (0, "prefork 305\n", "")


def test_an_application_that_is_not_nagares(tmp_path: Path) -> None:
    """Celery without `-A` makes one of its own, by what it finds in celeryconfig.py."""
    line = "nagare: worker: this is not the nagare application: use -A tasks\n"
    assert run(tmp_path, "-m", "celery", "worker") == (2, "", line)


def test_a_queue_of_ones_own(tmp_path: Path) -> None:
    code, _, err = run(tmp_path, "-c", MAIN.format("celery.conf.worker_direct = True"))
    line = "nagare: task_queues, worker_direct: workers consume only nagare's queues\n"
    assert (code, err) == (2, line)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--", "worker.pool=threads"), "nagare: worker.pool=threads: Celery settings on the command line are not s"),
        (("-Q", "pull_hosts,evil"), "nagare: -Q evil: unknown queue: the queues are pull_hosts, pull_items, "),
        (("-X", "pull_host,evil"), "nagare: -X evil: unknown queue: the queues are pull_hosts, pull_items, "),
        (("-Q", "pull_hosts", "-X", "nagare:queue:pull_hosts"), "nagare: -Q, -X: no queue is left to consume from"),
        (("--soft-time-limit", "4"), TIMEOUT),
        (("--time-limit", "4"), TIMEOUT),
        (("--purge",), "nagare: --purge: the messages would be republished from the ledger; `nagare queue clear TYPE`"),
        (("--logfile", "/no/such/folder/x"), "nagare: --logfile /no/such/folder/x: No such file or directory"),
    ],
)
def test_an_option(tmp_path: Path, arguments: tuple[str, ...], line: str) -> None:
    code, _, err = celery(tmp_path, "worker", *arguments)
    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith(line)


@pytest.mark.parametrize("name", ["CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL"])
def test_another_broker_than_nagares(tmp_path: Path, name: str) -> None:
    code, out, err = celery(tmp_path, "worker", **{name: "redis://:pa55@127.0.0.1:10/0"})
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("nagare: --broker, CELERY_BROKER_URL: workers use nagare's broker: set REDIS_URL")


@pytest.mark.parametrize("virtual_host", ["", "/", "//", "/%2F"])
def test_nagares_own_broker_is_no_other_one(tmp_path: Path, virtual_host: str) -> None:
    """Celery's command reads BROKER_URL too, and by another parser."""
    own = f"amqp://guest:guest@127.0.0.1:9{virtual_host}"
    _, _, err = celery(tmp_path, "worker", "--purge", BROKER_URL=own)
    assert err.startswith("nagare: --purge: "), "the broker is looked at before that"


def test_a_detached_worker_says_it_in_its_log(tmp_path: Path) -> None:
    log, pid = tmp_path / "worker.log", tmp_path / "worker.pid"
    code, _, _ = celery(tmp_path, "worker", "-D", "--pool", "solo", "--logfile", str(log), "--pidfile", str(pid))
    assert code == 0
    wait_for(lambda: log.exists() and "only prefork" in log.read_text(), "the refusal")
    wait_for(lambda: not pid.exists(), "the end of the detached process")
    assert log.stat().st_mode & 0o027 == 0, "Celery made it before the worker started"


@pytest.mark.parametrize("command", ["purge -f", "call tasks.pull_hosts", "result x", "migrate a b", "logtool stats x"])
def test_a_command(tmp_path: Path, command: str) -> None:
    code, out, err = celery(tmp_path, *command.split())
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"nagare: celery {command.split()[0]}: ")


def test_a_schedule_file_that_cannot_be_written(tmp_path: Path) -> None:
    code, _, err = celery(tmp_path, "beat", "--schedule", "/proc/none/file")
    assert (code, err) == (2, "nagare: --schedule /proc/none/file: No such file or directory\n")
