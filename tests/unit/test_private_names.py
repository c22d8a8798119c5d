"""The private names of other packages that nagare uses: each is listed with a reason, bounded, and still there."""

import ast
import importlib
import inspect
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.unit.test_layers import ROOT, modules

PAGE = ROOT / "docs" / "private-names.md"
ROW = re.compile(r"^\| `([\w.]+)` \| `([\w./]+)` \| (\w.+) \|$", re.MULTILINE)
BOUND = re.compile(r"^([\w-]+)(?:\[\w+\])?>=[\d.]+,<[\d.]+$")
SET_ON_SELF = re.compile(r"\bself\.(\w+)(?:: [^=\n]+)? = ")
OWN = ("app", "tasks")
DOCUMENTED = ("_asdict", "_exit", "_fields", "_make", "_replace")
"""Python's own, which its manual describes."""


@dataclass(frozen=True)
class PrivateName:
    path: str
    file: str

    @property
    def package(self) -> str:
        return self.path.partition(".")[0]


NAMES = [PrivateName(path, file) for path, file, _ in ROW.findall(PAGE.read_text())]


def find(path: str) -> bool:
    """Tell whether a dotted path leads to something: an attribute, or one that a class's methods set."""
    parts = path.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for name in parts[length:-1]:
            found = getattr(found, name, None)
        return hasattr(found, parts[-1]) or is_set_by_methods(found, parts[-1])
    return False


def is_set_by_methods(found: Any, name: str) -> bool:
    return inspect.isclass(found) and any(name in attributes_set_by(each) for each in inspect.getmro(found))


@cache
def attributes_set_by(found: type) -> frozenset[str]:
    """Return the attributes that the methods of a class set on its instances."""
    methods = [each for each in vars(found).values() if inspect.isfunction(each)]
    return frozenset(name for each in methods for name in SET_ON_SELF.findall(inspect.getsource(each)))


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.path)
def test_the_name_is_there_and_its_package_has_an_upper_bound(name: PrivateName) -> None:
    assert find(name.path), (
        f"{name.path} is gone in the installed {name.package}: {name.file} needs it (docs/private-names.md says why). "
        f"Adapt that file and the page, or lower the bound of {name.package} in pyproject.toml."
    )
    attribute = name.path.rpartition(".")[2]
    assert attribute in (ROOT / name.file).read_text(), f"{name.file} does not use {attribute}: remove it from the page"
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    bounded = {match[1].lower() for each in dependencies if (match := BOUND.match(each))}
    distributions = {each.lower() for each in packages_distributions()[name.package]}
    assert distributions & bounded, f"{name.package} needs an upper bound in pyproject.toml, for {name.path}"


def test_every_private_name_that_is_used_is_listed() -> None:
    listed = {part for name in NAMES for part in name.path.split(".")}
    used = {f"{module}: {name}" for module, path in modules() for name in private_names(module, path) - listed}
    assert used == set(), "list these on docs/private-names.md, each with its reason, or do without them"


def private_names(module: str, path: Path) -> set[str]:
    """Return the private names of other packages that a file of ours imports, reads, calls or replaces."""
    if path.name == "__main__.py":
        return set()
    tree = ast.parse(path.read_text())
    imported = {
        part
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] not in (*OWN, "_typeshed")
        for part in (*node.module.split("."), *(alias.name for alias in node.names))
        if is_private(part)
    }
    here = importlib.import_module(module)
    inherited = {
        name for each in ast.walk(tree) if isinstance(each, ast.ClassDef) for name in inherited_names(here, each)
    }
    return imported | inherited | foreign_attributes(tree)


def inherited_names(module: ModuleType, node: ast.ClassDef) -> Iterator[str]:
    """Yield the private names of a class that are those of a class of another package that it derives from."""
    bases = [
        each for each in getattr(module, node.name, object).__mro__[1:] if each.__module__.split(".")[0] not in OWN
    ]
    for each in ast.walk(node):
        name = each.name if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) else ""
        if isinstance(each, ast.Attribute) and ast.unparse(each.value) in ("self", "super()"):
            name = each.attr
        if is_private(name) and any(name in vars(base) or is_set_by_methods(base, name) for base in bases):
            yield name


def foreign_attributes(tree: ast.Module) -> set[str]:
    """Return the private attributes that are read, and that no file of ours defines."""
    return {
        each.attr for each in ast.walk(tree) if isinstance(each, ast.Attribute) and is_private(each.attr)
    } - defined()


@cache
def defined() -> frozenset[str]:
    """Return the names of all functions, classes and attributes that our files define."""
    nodes = [node for _, path in modules() for node in ast.walk(ast.parse(path.read_text()))]
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    named = {node.name for node in nodes if isinstance(node, definitions)}
    set_here = {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
    slots = {node.target.id for node in nodes if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)}
    return frozenset(named | set_here | slots)


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in DOCUMENTED


@pytest.mark.parametrize(
    "path", ["gunicorn.asgi.protocol.ASGIProtocol._gone", "kombu.transport.no_such.Channel", "redis.connection._gone"]
)
def test_a_name_that_is_gone_is_noticed(path: str) -> None:
    assert not find(path)


def test_a_name_that_is_not_listed_is_noticed(tmp_path: Path) -> None:
    source = "from redis._parsers import x\n\n\ndef drain(pool):\n    return pool._available_connections\n"
    tree = ast.parse(source)
    assert foreign_attributes(tree) == {"_available_connections"}
