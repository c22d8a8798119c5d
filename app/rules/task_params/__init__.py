"""The parameters of each task type, as the ledger stores them.

They are a public format: what one release stored waits in the database, or is a dead letter, until another release runs
it. docs/upgrade.md has the rules. Every module of this package is loaded, so that all types are registered.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
