"""Connection settings for PostgreSQL: the application name, and timeouts that end hanging connections."""

from dataclasses import dataclass
from typing import Any

POOL_SIZE = 10
MAX_SILENCE_S = 5
"""How long the other side may be silent before a connection is closed."""
KEEPALIVES = {"tcp_keepalives_idle": MAX_SILENCE_S, "tcp_keepalives_interval": 2, "tcp_keepalives_count": 2}


@dataclass(frozen=True, slots=True)
class PostgresqlOptions:
    """A process's connections to PostgreSQL: at most `most`, with the application name `name`.

    A statement is ended after `statement_timeout_s`, a wait for a lock after half of that, an idle transaction after
    all of it; 0 leaves these to the server. With `through_pooler`, server connections change between transactions, so
    nothing can be set or prepared on them.
    """

    name: str = ""
    most: int = 2 * POOL_SIZE
    statement_timeout_s: float = 0
    through_pooler: bool = False

    def connect_args(self, options: str = "") -> dict[str, Any]:
        """Return the driver's connect arguments; `options` come from the URL and override these.

        Both ends close a connection whose other side is silent. With the kernel's defaults, a request would wait a
        quarter of an hour if packets are dropped (unacknowledged packets are resent for that long, and keepalives are
        not sent meanwhile), and PostgreSQL would keep the locks of a host that vanished inside a transaction for two
        hours.
        """
        arguments: dict[str, Any] = {name.removeprefix("tcp_"): value for name, value in KEEPALIVES.items()}
        arguments |= {"connect_timeout": MAX_SILENCE_S, "tcp_user_timeout": MAX_SILENCE_S * 1000}
        if self.name:
            arguments["application_name"] = self.name
        if self.through_pooler:
            return arguments | {"prepare_threshold": None}
        limits: dict[str, Any] = KEEPALIVES | {"tcp_user_timeout": MAX_SILENCE_S * 1000}
        # For any other zone the driver looks up the zone's rules for each time, which takes longer than parsing it.
        limits["TimeZone"] = "UTC"
        if self.statement_timeout_s:
            whole = round(self.statement_timeout_s * 1000)
            limits |= {"statement_timeout": whole, "lock_timeout": max(1, whole // 2)}
            limits["idle_in_transaction_session_timeout"] = whole
        # Of two settings with the same name PostgreSQL uses the later one.
        arguments["options"] = " ".join((*(f"-c {name}={value}" for name, value in limits.items()), options)).strip()
        return arguments


NO_LIMITS = PostgresqlOptions()
