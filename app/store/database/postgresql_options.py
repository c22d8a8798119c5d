"""How a process's connections look to PostgreSQL, and what ends those that hang."""

from dataclasses import dataclass
from typing import Any

POOL_SIZE = 10
UNHEARD_S = 5
"""How long a connection may stay without a sign of the other side before it is given up."""
KEEPALIVES = {"tcp_keepalives_idle": UNHEARD_S, "tcp_keepalives_interval": 2, "tcp_keepalives_count": 2}


@dataclass(frozen=True, slots=True)
class PostgresqlOptions:
    """A process's connections to PostgreSQL: `most` at once, which it shows as those of `name`.

    A statement is ended after `statement_timeout_s`, one that waits for a lock after half of it, a transaction in which
    nothing happens after all of it; 0 leaves it to the server. `through_pooler`: connections to the server change from
    transaction to transaction, so that nothing can be set or prepared on them.
    """

    name: str = ""
    most: int = 2 * POOL_SIZE
    statement_timeout_s: float = 0
    through_pooler: bool = False

    def connect_args(self, options: str = "") -> dict[str, Any]:
        """Return what the driver connects with; `options` are those of the address, which win over ours.

        A connection whose other side can no longer be heard is ended at both ends. Left to the kernel's defaults, a
        request would wait a quarter of an hour for what was dropped on the way (packets that were not acknowledged are
        sent anew for so long, and keepalives are not sent meanwhile), and PostgreSQL would keep the locks of a host
        that vanished in the middle of a transaction for two hours.
        """
        arguments: dict[str, Any] = {name.removeprefix("tcp_"): value for name, value in KEEPALIVES.items()}
        arguments |= {"connect_timeout": UNHEARD_S, "tcp_user_timeout": UNHEARD_S * 1000}
        if self.name:
            arguments["application_name"] = self.name
        if self.through_pooler:
            return arguments | {"prepare_threshold": None}
        limits: dict[str, Any] = KEEPALIVES | {"tcp_user_timeout": UNHEARD_S * 1000}
        # For any other zone the driver asks the zone's rules about each moment, which takes longer than to read it.
        limits["TimeZone"] = "UTC"
        if self.statement_timeout_s:
            whole = round(self.statement_timeout_s * 1000)
            limits |= {"statement_timeout": whole, "lock_timeout": max(1, whole // 2)}
            limits["idle_in_transaction_session_timeout"] = whole
        # Of two settings of the same name PostgreSQL takes the later one.
        arguments["options"] = " ".join((*(f"-c {name}={value}" for name, value in limits.items()), options)).strip()
        return arguments


NO_LIMITS = PostgresqlOptions()
