"""The settings of machines: what identities do, and the words by which alerts tell one fault."""

from collections.abc import Mapping
from typing import Any

from app.enums import AuditedType
from app.rules.machines.faults import FaultTable
from app.rules.machines.settings import IdentityRules
from app.services.access.audit import Editor, record_edit
from app.store.database.engine import Database
from app.store.machines import settings


class MachineRules:
    """Methods raise DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self) -> dict[str, Any]:
        """Return the rules of identities and the table of faults that hold now."""
        with self._database.reading() as connection:
            return _shown(settings.find(connection))

    def replace(self, changes: Mapping[str, Any], by: Editor) -> dict[str, Any]:
        """Replace the rules of some kinds, or the table of faults (None for the default one).

        All hosts are identified anew in the background. Machines stay as they are.
        """
        with self._database.transaction() as connection:
            settings.lock(connection)
            known = settings.find(connection)
            before = _shown(known)
            values: dict[str, Any] = {}
            if "identities" in changes:
                values["rules"] = IdentityRules.of({**known["rules"], **changes["identities"]}).as_dict()
                values["identified_up_to"] = 0
            if "faults" in changes:
                values["faults"] = changes["faults"]
            if values:
                settings.write(connection, values)
            after = _shown({**known, **values})
            record_edit(connection, by, AuditedType.MACHINE_RULES, 0, before, after)
            return after


def _shown(known: Mapping[Any, Any]) -> dict[str, Any]:
    rules = IdentityRules.of(known["rules"])
    return {
        "identities": rules.as_dict(),
        "faults": FaultTable.of(known["faults"]).as_list(),
        "are_faults_default": known["faults"] is None,
    }
