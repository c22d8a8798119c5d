"""Connections whose errors name the setting or key at fault, which Redis's own messages do not."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from redis import Connection, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError

NO_LOGIN = "Redis requires a password (NOAUTH): set it in REDIS_URL, as in redis://:password@host:6379/0"
WRONG_LOGIN = "Redis rejected the user name or password in REDIS_URL (WRONGPASS)"
ARGUMENTS_SHOWN = 3
SHOWN_LENGTH = 80
WITH_SECRETS = frozenset(("AUTH", "HELLO"))
"""Commands whose arguments are secrets."""


class NotPermitted(NoPermissionError):
    """A command that the Redis user may not run. Celery logs errors by their repr, which redis-py leaves empty."""

    def __repr__(self) -> str:
        return str(self)


def not_permitted(refusal: Exception, command: tuple[Any, ...]) -> NotPermitted:
    """Return the error of a refused command with the command and its first keys or channels."""
    name, *arguments = (each.decode(errors="replace") if isinstance(each, bytes) else str(each) for each in command)
    is_shown = name.upper() not in WITH_SECRETS
    shown = [each[:SHOWN_LENGTH] for each in arguments[:ARGUMENTS_SHOWN]] if is_shown else []
    words = " ".join([name, *shown, *(["…"] if len(arguments) > len(shown) else [])])
    return NotPermitted(f"NOPERM: {refusal} ({words})")


class DescriptiveErrors:
    """A mixin that precedes redis-py's connection class."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._packed: Sequence[tuple[Any, ...]] = ()
        self._asked: deque[tuple[Any, ...]] = deque()
        super().__init__(*arguments, **options)

    def pack_commands(self, commands: Sequence[tuple[Any, ...]]) -> Any:
        """Pack commands that are sent together."""
        self._packed = commands
        return super().pack_commands(commands)  # type: ignore[misc]

    def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        """Send packed commands, and remember them until they are answered."""
        packed, self._packed = self._packed, ()
        super().send_packed_command(command, check_health)  # type: ignore[misc]
        self._asked.extend(packed)

    def send_command(self, *command: Any, **options: Any) -> None:
        """Send a command, and remember it until it is answered."""
        super().send_command(*command, **options)  # type: ignore[misc]
        self._asked.append(command)

    def read_response(self, *arguments: Any, **options: Any) -> Any:
        """Read a reply. Raises redis-py's errors with a message that names what to fix."""
        try:
            answer = super().read_response(*arguments, **options)  # type: ignore[misc]
        except ResponseError as refusal:
            command = self._take()
            if isinstance(refusal, NoPermissionError) and command is not None:
                raise not_permitted(refusal, command) from refusal
            raise
        except AuthenticationError as refusal:
            if type(refusal) is not AuthenticationError:
                raise
            raise AuthenticationError(WRONG_LOGIN if "invalid" in str(refusal) else NO_LOGIN) from refusal
        self._take()
        return answer

    def disconnect(self, *arguments: Any, **options: Any) -> None:
        """Close the connection; commands on it will not be answered."""
        super().disconnect(*arguments, **options)  # type: ignore[misc]
        self._asked.clear()

    def _take(self) -> tuple[Any, ...] | None:
        # Messages to a subscriber are not replies to a command.
        return self._asked.popleft() if self._asked else None


class DescriptiveConnection(DescriptiveErrors, Connection):
    """Over TCP."""


class DescriptiveSSLConnection(DescriptiveErrors, SSLConnection):
    """Over TLS."""


class DescriptiveUnixConnection(DescriptiveErrors, UnixDomainSocketConnection):
    """Over a Unix socket."""


DESCRIPTIVE: Mapping[type, Any] = {
    Connection: DescriptiveConnection,
    SSLConnection: DescriptiveSSLConnection,
    UnixDomainSocketConnection: DescriptiveUnixConnection,
}
