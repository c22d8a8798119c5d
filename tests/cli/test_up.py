"""`nagare up` as a user meets it: what it prints works, nothing is lost between starts, and nothing is left behind."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from tests.cli.instance import Instance, run
from tests.cli.processes import alive, command_line, leader, wait_for

ASK_REDIS = 'import os, redis; print(redis.Redis.from_url(os.environ["REDIS_URL"]).llen("nagare:queue:dead"))'


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    running = Instance(tmp_path_factory.mktemp("up"), NAGARE_RETRY_BASE_S="0.1", NAGARE_WORKER_CONCURRENCY="2")
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.kill()


def descriptors(pid: int) -> list[str]:
    """Return the open files of a process, as far as they are still open when they are looked at."""
    return [path.name for path in Path(f"/proc/{pid}/fd").iterdir() if path.is_symlink()]


@pytest.fixture(scope="module")
def client(instance: Instance) -> Iterator[httpx.Client]:
    assert instance.password is not None, instance.printed
    with instance.client(instance.password) as client:
        yield client


def _wait_for_success(client: httpx.Client, task_id: str) -> None:
    def _task() -> dict[str, Any]:
        task: dict[str, Any] = client.get(f"/tasks/{task_id}").json()
        return task

    wait_for(lambda: _task()["state"] in ("succeeded", "dead"), "the end of the task", timeout_s=60)
    assert _task()["state"] == "succeeded", _task()


def test_the_demo_fleet_is_there_and_pulled(client: httpx.Client) -> None:
    (monitor,) = client.get("/monitors").json()["items"]
    assert (monitor["name"], monitor["type"]) == ("demo", "simulator")
    (task,) = client.get("/tasks", params={"type": "pull_items"}).json()["items"]
    _wait_for_success(client, task["task_id"])

    monitor = client.get(f"/monitors/{monitor['id']}").json()
    assert (monitor["host_count"], monitor["item_count"]) == (22, 22 * 15)


def test_what_is_printed_works_as_it_stands(instance: Instance) -> None:
    lines = instance.printed.partition("To try")[2].partition("Press Ctrl-C")[0].splitlines()[1:]
    login, *calls, smoke = [line.strip() for line in lines if line.strip()]
    assert smoke.endswith("--token $TOKEN")
    script = "\n".join(["set -eu", login, *calls])
    subprocess.run(["/bin/sh", "-n", "-c", script], check=True)
    if shutil.which("curl"):
        ran = subprocess.run(["/bin/sh", "-c", script], cwd=instance.folder, capture_output=True, text=True, check=True)
        pulled, stats, hosts = ran.stdout.splitlines()
        assert "Host pull task queued" in pulled
        assert "dead" in stats
        assert "next_cursor" in hosts


def test_private_files_are_private(instance: Instance) -> None:
    home = instance.folder / "home"
    assert oct(home.stat().st_mode & 0o777) == "0o700"
    readable = [path for path in home.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    assert readable == []


def test_no_secret_stands_in_the_list_of_processes(instance: Instance) -> None:
    home = instance.folder / "home"
    secrets = [str(instance.password), *(path.read_text().strip() for path in home.glob("*secret*"))]
    assert len(secrets) > 1 and all(len(secret) > 7 for secret in secrets)
    lines = [command_line(pid) for pid in (instance.process.pid, *instance.family())]
    assert len(lines) > 5
    assert [line for line in lines if any(secret in line for secret in secrets)] == []


def test_only_the_api_listens_on_a_port(instance: Instance) -> None:
    """Every user of the machine reaches a port of it; the embedded Valkey has no password."""
    ours = {str(Path(f"/proc/{pid}/fd/{name}").readlink()) for pid in instance.family() for name in descriptors(pid)}
    tables = [Path(f"/proc/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    listening = [fields for table in tables for fields in map(str.split, table) if fields[3] == "0A"]
    ports = {int(fields[1].rpartition(":")[2], 16) for fields in listening if f"socket:[{fields[9]}]" in ours}
    assert ports == {int(instance.environment["NAGARE_PORT"])}


def test_nobody_else_may_connect_to_valkey(instance: Instance) -> None:
    path = instance.folder / "home" / "valkey.sock"
    assert path.is_socket()
    assert (oct(path.stat().st_mode & 0o777), oct(path.parent.stat().st_mode & 0o777)) == ("0o700", "0o700")
    with Redis(unix_socket_path=str(path)) as redis:
        assert redis.llen("nagare:queue:pull_hosts") == 0
    if os.getuid() == 0:
        code = "import os, socket, sys; os.setuid(65534); socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
        refused = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)
        assert "PermissionError" in refused.stderr


def test_commands_find_the_instance_by_its_folder(instance: Instance) -> None:
    settings = {"NAGARE_PORT": instance.environment["NAGARE_PORT"]}
    token = run(instance.folder, "token", "admin", "--days", "2", **settings).stdout.strip()
    me = httpx.get(f"{instance.url}/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    assert me.json()["username"] == "admin"
    assert '"dead": 0' in run(instance.folder, "stats", "--json", **settings).stdout
    assert run(instance.folder, "dead", "list", **settings).stdout == "There are no dead letters.\n"


def test_another_terminal_uses_the_instance_by_its_environment(instance: Instance) -> None:
    printed = instance.printed.partition("in another terminal:\n")[2].splitlines()
    evaluate, ping = (line.strip() for line in printed[:2])
    assert evaluate.startswith('eval "$(') and ping.startswith("celery ")
    script = "\n".join(
        [
            "set -eu",
            evaluate,
            ping,
            "nagare stats --json",
            f"python -c {shlex.quote(ASK_REDIS)}",
            'test -z "${NAGARE_CONFIG:-}"',
        ]
    )
    # What this shell had before is of another instance.
    strange = {"REDIS_ADDR": "127.0.0.1:9", "NAGARE_CONFIG": "", "NAGARE_TASK_TIMEOUT_S": "1"}
    shell = {"PATH": "/usr/bin:/bin", "NAGARE_HOME": str(instance.folder / "home"), **strange}
    ran = subprocess.run(
        ["/bin/sh", "-c", script], cwd=instance.folder, env=shell, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "pong" in ran.stdout and '"dead": 0' in ran.stdout and ran.stdout.endswith("\n0\n")


def test_its_environment_is_quoted_private_and_whole(instance: Instance) -> None:
    lines = run(instance.folder, "env").stdout.splitlines()
    told = dict(shlex.split(line)[1].split("=", 1) for line in lines if line.startswith("export "))
    assert told["NAGARE_PORT"] == instance.environment["NAGARE_PORT"]
    assert told["NAGARE_SECRET_KEY"] == (instance.folder / "home" / "secret_key").read_text().strip()
    assert told["NAGARE_RETRY_BASE_S"] == "0.1"
    assert "NAGARE_ADMIN_PASSWORD" not in told
    assert (instance.folder / "home" / "running.json").stat().st_mode & 0o777 == 0o600


def test_where_none_runs_one_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    left = {"pid": os.getpid(), "environment": {"REDIS_URL": "redis://127.0.0.1:9/0"}}
    for leftover in (None, json.dumps(left), "nonsense"):
        if leftover is not None:
            (tmp_path / "home" / "running.json").write_text(leftover)
        none = run(tmp_path, "env")
        assert (none.returncode, none.stdout, none.stderr.count("\n")) == (1, "", 1)
        assert none.stderr.startswith("nagare: nagare up is not running in ")


def test_a_second_one_in_the_same_folder_is_refused(instance: Instance) -> None:
    refused = run(instance.folder, "up")
    assert refused.returncode == 2
    assert "another nagare up" in refused.stderr
    assert httpx.get(f"{instance.url}/healthz", trust_env=False).status_code == 200


def test_smoke_passes(instance: Instance) -> None:
    smoke = run(
        instance.folder,
        *("smoke", "--url", instance.url, "--password", str(instance.password)),
        *("--redis-url", f"unix://{instance.folder / 'home' / 'valkey.sock'}"),
    )
    assert smoke.returncode == 0, smoke.stdout + smoke.stderr
    assert "✗" not in smoke.stdout
    assert "0 failed" in smoke.stdout


def test_smoke_says_what_is_wrong(tmp_path: Path) -> None:
    failed = run(tmp_path, "smoke", "--url", "http://127.0.0.1:9", "--token", "x")
    assert failed.returncode == 1
    assert failed.stderr.startswith("nagare: cannot connect to http://127.0.0.1:9")


def test_a_killed_worker_comes_back(instance: Instance, client: httpx.Client) -> None:
    first = {pid for pid in instance.family() if "-m celery" in command_line(pid)}
    os.kill(leader(first, instance.process.pid), signal.SIGKILL)
    wait_for(lambda: not alive(first), "the end of the worker with all its children")

    monitor_id = client.get("/monitors").json()["items"][0]["id"]
    accepted = client.post(f"/monitors/{monitor_id}/hosts/pull-async")

    assert accepted.status_code == 202
    _wait_for_success(client, accepted.json()["task_id"])
    assert "worker exited (killed by SIGKILL); restarting it in 1 s" in instance.printed


def test_a_killed_valkey_comes_back_with_its_data(instance: Instance, client: httpx.Client) -> None:
    (valkey,) = [pid for pid in instance.family() if "valkey-server" in command_line(pid)]
    os.kill(valkey, signal.SIGKILL)

    monitor_id = client.get("/monitors").json()["items"][0]["id"]
    accepted = client.post(f"/monitors/{monitor_id}/hosts/pull-async")

    assert accepted.status_code == 202
    _wait_for_success(client, accepted.json()["task_id"])


def test_dead_letters_from_the_shell(instance: Instance, client: httpx.Client) -> None:
    fields = {"name": "away", "type": "zabbix", "url": "http://127.0.0.1:9", "username": "a", "password": "secret-b"}
    monitor_id = client.post("/monitors", json=fields).json()["id"]
    task_id = client.post(f"/monitors/{monitor_id}/hosts/pull-async").json()["task_id"]

    def _is_dead() -> bool:
        return bool(client.get(f"/tasks/{task_id}").json()["state"] == "dead")

    wait_for(_is_dead, "the dead letter", timeout_s=60)

    [_, listed] = run(instance.folder, "dead", "list").stdout.splitlines()
    assert listed.startswith(f"{task_id}  ")
    assert "  source_unreachable  " in listed
    shown = json.loads(run(instance.folder, "dead", "show", task_id).stdout)
    assert (shown["task_id"], shown["attempts"]) == (task_id, 4)
    assert "secret-b" not in str(shown)
    assert run(instance.folder, "dead", "retry", task_id).stdout == "Retried: 1.\n"
    wait_for(_is_dead, "the second dead letter", timeout_s=60)
    # A worker writes the ledger first, then the list of dead letters.
    wait_for(lambda: client.get("/queue/stats").json()["dead"] == 1, "the dead letter to be listed")
    assert run(instance.folder, "dead", "discard", "--all", "--monitor", str(monitor_id)).stdout == "Discarded: 1.\n"
    assert client.get("/queue/stats").json()["dead"] == 0


def test_a_data_folder_whose_path_is_too_long_for_a_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("very-long-" * 12)
    folder.mkdir()
    runtime = Path(tempfile.mkdtemp(prefix="nagare-"))
    instance = Instance(folder, NAGARE_WORKER_CONCURRENCY="1", NAGARE_DEMO="0", XDG_RUNTIME_DIR=str(runtime))
    try:
        instance.wait_until_ready()
        link = folder / "home" / "valkey.sock"
        assert link.is_symlink() and link.is_socket()
        assert oct(link.readlink().parent.stat().st_mode & 0o777) == "0o700"
        assert '"dead": 0' in run(folder, "stats", "--json").stdout
    finally:
        instance.kill()
        shutil.rmtree(runtime)


@pytest.mark.parametrize("tick", range(2))
def test_who_waits_for_readyz_comes_in_and_finds_the_fleet(tmp_path: Path, tick: int) -> None:
    starting = Instance(tmp_path, NAGARE_ADMIN_PASSWORD="correct horse")
    try:
        with httpx.Client(base_url=starting.url, timeout=30, trust_env=False) as client:

            def is_ready() -> bool:
                assert starting.process.poll() is None, starting.printed
                try:
                    return client.get("/readyz").status_code == 200
                except httpx.TransportError:
                    return False

            begun = time.monotonic()
            while not is_ready():
                assert time.monotonic() < begun + 90, starting.printed
            login = {"username": "admin", "password": "correct horse"}
            signed_in = client.post("/api/v1/auth/login", json=login)
            assert signed_in.status_code == 200, signed_in.text
            client.headers["Authorization"] = f"Bearer {signed_in.json()['access_token']}"
            [monitor] = client.get("/api/v1/monitors").json()["items"]
            assert (monitor["host_count"], monitor["item_count"]) == (22, 22 * 15)
    finally:
        starting.kill()


def test_stop_and_start_again(tmp_path: Path) -> None:
    first = Instance(tmp_path, NAGARE_WORKER_CONCURRENCY="1")
    try:
        first.wait_until_ready()
        password = first.password
        assert password is not None
        family = first.family()
        workers = {pid for pid in family if "-m celery" in command_line(pid)}
        os.kill(leader(workers, first.process.pid), signal.SIGSTOP)
        first.process.send_signal(signal.SIGTERM)

        assert first.process.wait(60) == 0
        assert not alive(family)
        assert not (tmp_path / "home" / "running.json").exists()
        assert "Traceback" not in first.printed
    finally:
        first.kill()

    second = Instance(tmp_path, NAGARE_WORKER_CONCURRENCY="1")
    try:
        second.wait_until_ready()
        assert second.password is None
        with second.client(password) as client:
            assert [monitor["name"] for monitor in client.get("/monitors").json()["items"]] == ["demo"]
        family = second.family()
        assert run(tmp_path, "env").returncode == 0

        second.process.kill()
        second.process.wait(30)
        assert run(tmp_path, "env").returncode == 1

        wait_for(lambda: not alive(family), "the end of everything after kill -9")
    finally:
        second.kill()
