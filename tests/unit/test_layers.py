"""The architecture as docs/architecture.md draws it: imports run down, never up or sideways."""

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORDS = (
    *("app.enums", "app.errors", "app.settings", "app.clock", "app.logs", "app"),
    *("app.urls", "app.metrics_registry", "app.metrics", "app.tracing", "app.otel"),
)
LAYERS = [
    WORDS,
    ("app.rules",),
    ("app.models",),
    ("app.store", "app.queue", "app.connectors", "app.channels"),
    ("app.services",),
    ("app.composition",),
    ("app.web", "tasks"),
    ("app.cli",),
]
RANKS = {package: rank for rank, packages in enumerate(LAYERS) for package in packages}
OWNERS = {
    "flask": ("app.web",),
    "flask_smorest": ("app.web",),
    "flask_jwt_extended": ("app.web",),
    "celery": ("tasks",),
    "billiard": ("tasks",),
    "kombu": ("tasks",),
    "amqp": ("app.queue",),
    "redis": ("app.queue", "app.urls", "app.cli", "tasks"),
    "httpx": ("app.connectors", "app.channels", "app.cli"),
    "gunicorn": ("app.web",),
    "apprise": ("app.channels",),
    "requests": ("app.channels",),
    "slack_sdk": ("app.channels",),
    "telegram": ("app.channels",),
    "lark_oapi": ("app.channels",),
    "alembic": ("app.store",),
    "click": ("app.cli", "tasks"),
    "opentelemetry": ("app.tracing", "app.otel"),
    "prometheus_client": ("app.web",),
}
"""Libraries that only one layer may know, so that another one can be put in its place there."""

SERVICE_ROOMS = {
    "ledger": ("access",),
    "access": (),
    "operation": (),
    "console": ("access",),
    "inventory": ("ledger", "access"),
    "alerts": ("ledger", "access", "inventory"),
    "triage": ("access", "alerts"),
    "scores": ("ledger", "inventory", "alerts"),
    "maintenance": ("ledger", "access", "inventory", "alerts"),
    "machines": ("ledger", "access", "inventory", "alerts"),
    "liveness": ("ledger", "access", "inventory", "alerts"),
    "contacts": ("ledger", "access"),
    "oncall": ("ledger", "access", "alerts"),
    "response": ("ledger", "access", "contacts"),
    "paging": ("ledger", "access", "alerts", "contacts", "oncall", "response"),
}
STORE_ROOMS = {
    "database": (),
    "ledger": ("database",),
    "access": ("database",),
    "console": ("database", "access", "ledger", "inventory", "selection", "alerts"),
    "inventory": ("database",),
    "selection": ("database",),
    "alerts": ("database", "inventory", "selection"),
    "scores": ("database", "ledger", "inventory", "alerts"),
    "liveness": ("database", "ledger", "inventory", "selection", "alerts"),
    "machines": ("database", "inventory", "alerts"),
    "contacts": ("database", "access"),
    "oncall": ("database", "access"),
    "response": ("database", "inventory", "selection", "alerts", "contacts"),
    "paging": ("database", "ledger", "access", "contacts", "oncall", "response"),
    "operation": (
        *("database", "ledger", "inventory", "alerts", "machines", "liveness", "contacts", "oncall", "response"),
        "paging",
    ),
}
ROOMS = {"app.services": SERVICE_ROOMS, "app.store": STORE_ROOMS}
"""Which rooms of its own layer a room may import. Files beside the rooms serve all of them."""
MAX_FILES_A_ROOM = 18


def package_of(module: str) -> str:
    """Return the layer's package that a module of ours belongs to."""
    parts = module.split(".")
    return module if module in RANKS else parts[0] if parts[0] == "tasks" else ".".join(parts[:2])


def imports_of(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            is_package = node.module in ("app", "tasks")
            yield from (f"{node.module}.{alias.name}" if is_package else node.module for alias in node.names)


def faults(module: str, source: str) -> list[str]:
    """Return what a module imports that its layer may not."""
    package = package_of(module)
    return [f"{module} imports {imported}" for imported in imports_of(source) if not may_import(package, imported)]


def may_import(package: str, imported: str) -> bool:
    top = imported.split(".")[0]
    if top in ("app", "tasks"):
        other = package_of(imported)
        rank = RANKS.get(other, 0)
        return other == package or rank < RANKS[package] or (rank == 0 and package in WORDS)
    if top == "sqlalchemy":
        # Services name the types of connections and rows; how a statement is written is not their matter.
        return package != "app.services" or imported == "sqlalchemy"
    return package in OWNERS.get(top, (package,))


def room_of(module: str) -> tuple[str, str] | None:
    """Return the layer and the room of a module; None for one that is in no room."""
    layer, inside = package_of(module), module.split(".")[2:]
    return (layer, inside[0]) if layer in ROOMS and inside and inside[0] in ROOMS[layer] else None


def room_faults(module: str, source: str) -> list[str]:
    """Return the rooms of its layer that a module imports and its room may not."""
    here = room_of(module)
    if here is None:
        return []
    layer, room = here
    found = {there for imported in names_of(source) if (there := room_of(imported)) and there[0] == layer}
    return [f"{module} imports {other}" for _, other in sorted(found) if other not in (room, *ROOMS[layer][room])]


def names_of(source: str) -> Iterator[str]:
    """Yield what a source imports, each imported name by its full path."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def modules() -> Iterator[tuple[str, Path]]:
    for folder in ("app", "tasks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


def test_imports_run_down() -> None:
    assert [fault for module, path in modules() for fault in faults(module, path.read_text())] == []


def test_rooms_import_only_the_rooms_below_them() -> None:
    assert [fault for module, path in modules() for fault in room_faults(module, path.read_text())] == []


def test_every_service_and_every_statement_is_in_a_room() -> None:
    for layer, rooms in ROOMS.items():
        folders = {path.parent.name for path in (ROOT / layer.replace(".", "/")).glob("*/__init__.py")}
        assert folders - {"migrations"} == set(rooms)


def test_a_room_has_one_subject() -> None:
    sizes = {
        folder: len([*folder.glob("*.py")]) for layer in ROOMS for folder in (ROOT / layer.replace(".", "/")).iterdir()
    }
    assert {folder.name: size for folder, size in sizes.items() if size > MAX_FILES_A_ROOM} == {}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("app.services.ledger.submit", "from app.services.alerts import webhooks"),
        ("app.services.access.users", "from app.services.ledger.outbox import Outbox"),
        ("app.services.response.notifier", "import app.services.inventory.pulls"),
        ("app.store.database.pages", "from app.store.ledger.task_runs import RUNS"),
        ("app.store.ledger.task_runs", "from app.store.inventory import monitors"),
        ("app.store.inventory.items", "from app.store import alerts"),
    ],
)
def test_a_wrong_room_is_found(module: str, source: str) -> None:
    assert len(room_faults(module, source)) == 1


def test_only_the_settings_and_the_command_line_read_the_environment() -> None:
    readers = [module for module, path in modules() if "os.environ" in path.read_text() or "getenv" in path.read_text()]
    # The sender reads nothing from it, but passes it on to its process without the proxies.
    assert {package_of(module) for module in readers if module != "app.channels.sender"} <= {"app.settings", "app.cli"}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("app.rules.retry", "from app.services import auth"),
        ("app.store.inventory.hosts", "from app.queue.keys import PLAIN"),
        ("app.connectors.zabbix.connector", "import app.store.inventory.hosts"),
        ("app.services.inventory.pulls", "from flask import g"),
        ("app.services.inventory.pulls", "import celery"),
        ("app.services.inventory.pulls", "from sqlalchemy.dialects import postgresql"),
        ("app.web.api.tasks", "from tasks.base import run_task"),
        ("tasks.bodies.pull", "from app.web import create_app"),
        ("app.channels.sender", "from app.connectors.http.network import GuardedTransport"),
        ("app.services.response.notifier", "import apprise"),
        ("app.errors", "from app.rules import retry"),
        ("app.queue.publisher", "from celery import Celery"),
    ],
)
def test_a_wrong_import_is_found(module: str, source: str) -> None:
    assert len(faults(module, source)) == 1


def test_files_import_in_no_circle() -> None:
    files = [path for folder in ("app", "tasks", "bench") for path in sorted((ROOT / folder).rglob("*.py"))]
    names = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in files}
    ours = set(names.values())
    graph = {
        name: {each for found in names_of(path.read_text()) if (each := module_of(found, ours)) != name}
        for path, name in names.items()
    }
    TopologicalSorter({name: imported & ours for name, imported in graph.items()}).prepare()


def module_of(imported: str, ours: set[str]) -> str:
    """Return the module that an imported name is, or is in."""
    return imported if imported in ours else imported.rpartition(".")[0]


def test_files_are_small() -> None:
    lengths = {module: len(path.read_text().splitlines()) for module, path in modules()}
    assert {module: length for module, length in lengths.items() if length > 320} == {}
    assert statistics.median(lengths.values()) < 90


def test_libraries_that_send_are_loaded_only_by_the_process_that_sends() -> None:
    libraries = "{'apprise', 'slack_sdk', 'telegram', 'lark_oapi'}"
    program = (
        "import sys, app.composition, app.web, tasks, app.channels.chat;"
        f" sys.exit(bool({libraries} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)


DRIVER = re.compile(
    r"driver_connection|exec_driver_sql|loaded_dbapi|raw_connection|\.cursor\(|\.connection\.connection|connection_of\("
    r"|database\.(?:driver_calls|compiled_statements)"
)
PREPARED = re.compile(r"database\.prepared_statements")


def test_only_the_store_of_the_database_talks_to_the_driver_and_only_the_ledger_prepares_what_it_writes() -> None:
    others = [(module, path.read_text()) for module, path in modules() if not module.startswith("app.store.database.")]
    assert [module for module, source in others if DRIVER.search(source)] == []
    preparing = [module for module, source in others if PREPARED.search(source)]
    assert [module for module in preparing if not module.startswith("app.store.ledger.")] == []
