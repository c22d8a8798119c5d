"""The parameters of each type of task, as the ledger stores them.

They are a public format: what one release wrote waits in a database, or lies among the dead letters, until another
release runs it. docs/upgrade.md has the rules. A module that is put here is loaded, so that its types are known.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
