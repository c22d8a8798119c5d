"""What docs/backup.md has people type makes copies that are theirs alone."""

import re
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "backup.md"
BLOCKS = re.findall(r"```console\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
WRITES = re.compile(r"\.backup|VACUUM INTO|pg_dump|\bcp ")


def commands(block: str) -> list[str]:
    return [line.removeprefix("$ ").partition("  #")[0].strip() for line in block.splitlines() if line.startswith("$ ")]


def test_every_recipe_that_writes_a_copy_begins_with_the_umask() -> None:
    writing = [block for block in BLOCKS if WRITES.search(block)]
    assert len(writing) >= 3
    assert [commands(block)[0] for block in writing] == ["umask 077"] * len(writing)
