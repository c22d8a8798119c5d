"""What must be true of a lock file, whoever wrote it; no network is needed to see it."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

PINNED = re.compile(r"(?P<name>[a-z0-9-]+)(\[[a-z0-9,-]+\])?==(?P<version>[A-Za-z0-9.+!-]+)( ; [^;]+)?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def entries(lock: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each entry of a lock file with its options."""
    for line in lock.replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            head, *options = re.split(r" +(?=--)", line.strip())
            yield head.strip(), options


def faults(lock: str) -> list[str]:
    """Return what is wrong: an entry that is not one version of one package, or that may be any file of it."""
    found = []
    for entry, options in entries(lock):
        if not PINNED.fullmatch(entry):
            found.append(f"{entry}: is not one version of a package")
        elif not options or not all(map(HASH.fullmatch, options)):
            found.append(f"{entry}: has no hashes, or something else beside them")
    return found


def differences(lock: str) -> list[str]:
    """Return which installed packages have another version than the lock says; one that is not installed has none."""
    found = []
    for entry, _ in entries(lock):
        pinned = PINNED.fullmatch(entry)
        # It is what installs the others, and may be newer.
        if pinned is None or pinned["name"] == "pip":
            continue
        try:
            installed = version(pinned["name"])
        except PackageNotFoundError:
            continue
        if installed != pinned["version"]:
            found.append(f"{pinned['name']}: {installed} is installed, the lock says {pinned['version']}")
    return found
