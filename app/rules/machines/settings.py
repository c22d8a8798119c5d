"""The rules of identities as people set them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from app.enums import IdentityKind, IdentityMode


@dataclass(frozen=True, slots=True)
class IdentityRule:
    """What an equal identity of one kind does, and which labels of a host carry it too."""

    mode: IdentityMode
    labels: tuple[str, ...] = ()


DEFAULTS: Mapping[IdentityKind, IdentityRule] = {
    IdentityKind.MACHINE_ID: IdentityRule(IdentityMode.JOIN, ("machine_id", "system_uuid", "node_uuid")),
    IdentityKind.SOURCE_ID: IdentityRule(IdentityMode.JOIN, ("zabbix_hostid", "zabbix_host_id")),
    IdentityKind.FQDN: IdentityRule(IdentityMode.SUGGEST, ("instance", "fqdn", "hostname", "nodename")),
    IdentityKind.ADDRESS: IdentityRule(IdentityMode.SUGGEST, ("instance", "address")),
    IdentityKind.NAME: IdentityRule(IdentityMode.SUGGEST, ("instance", "hostname", "nodename")),
}


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """A rule for each kind of identity."""

    by_kind: Mapping[IdentityKind, IdentityRule] = field(default_factory=lambda: DEFAULTS)

    @classmethod
    def of(cls, stored: Mapping[str, Any] | None) -> Self:
        """Return the defaults with what is stored in their place."""
        found = dict(DEFAULTS)
        for kind, rule in (stored or {}).items():
            found[IdentityKind(kind)] = IdentityRule(IdentityMode(rule["mode"]), tuple(rule["labels"]))
        return cls(found)

    def kinds(self, *modes: IdentityMode) -> list[IdentityKind]:
        """Return the kinds with one of these modes, the surest first."""
        return [kind for kind in IdentityKind if self.by_kind[kind].mode in modes]

    def as_dict(self) -> dict[str, Any]:
        """Return what `of` reads."""
        return {kind: {"mode": rule.mode, "labels": list(rule.labels)} for kind, rule in self.by_kind.items()}
