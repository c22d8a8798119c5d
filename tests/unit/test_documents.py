"""What documents say of the tree stays true: links, paths, settings, the version, and what CI runs."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from app import __version__
from app.settings import VARIABLES

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:app|tasks|tests|docs|deploy|bench|examples|\.ci)/[\w./-]*\w/?)`")


MADE = {("scale.md", "bench/results/")}
"""What a program writes there."""


def documents() -> list[Path]:
    listed = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT, text=True)
    return [ROOT / name for name in listed.splitlines()]


def without_code(path: Path) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def anchors(path: Path) -> set[str]:
    """Return the anchors that a page's headings have on GitHub."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
    return {*plain}


def broken_links(path: Path) -> Iterator[str]:
    for target in LINK.findall(without_code(path)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        found = (path.parent / name).resolve() if name else path
        if not found.exists() or (anchor and anchor not in anchors(found)):
            yield target


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_each_link_leads_somewhere(path: Path) -> None:
    assert [*broken_links(path)] == []


def test_each_path_that_is_named_is_there() -> None:
    named = {(page.name, path) for page in documents() for path in PATH.findall(page.read_text(encoding="utf-8"))}
    assert len(named) > 100
    assert {(page, path) for page, path in named - MADE if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_table_of_settings_has_them_all(name: str) -> None:
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    told = {variable for row in rows for variable in re.findall(r"[A-Z][A-Z_]+", row)}
    assert {*VARIABLES} - told == set()


def test_the_latest_version_in_the_changelog_is_this_one() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    found = re.fullmatch(r"(\d+\.\d+\.\d+) - \d{4}-\d{2}-\d{2}", headings[1])
    assert found is not None, headings[1]
    assert found[1] == __version__


def test_hosted_ci_runs_what_ci_runs_in_a_container_of_debian_as_root() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    [job] = workflow["jobs"].values()
    assert job["container"]["image"].startswith("debian:")
    assert job["steps"][-1]["run"] == ".ci/run"
    assert workflow["permissions"] == {"contents": "read"}
    used = [step["uses"] for step in job["steps"] if "uses" in step]
    assert used != []
    assert [each for each in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", each)] == [], "pin actions by commit"


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda path: path.name)
def test_each_file_for_the_forge_can_be_read(path: Path) -> None:
    assert isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict)


def test_the_hooks_before_a_commit_fetch_nothing() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert {repository["repo"] for repository in hooks["repos"]} == {"local"}
    assert {hook["language"] for repository in hooks["repos"] for hook in repository["hooks"]} == {"system"}
