"""What jobs call: the token in the address is all that they need, so that any `curl` or `wget` will do."""

from flask import request

from app.enums import PingKind
from app.rules.liveness.heartbeat_alerts import readable
from app.services.liveness.heartbeat_pings import Ping
from app.services.liveness.heartbeats import START
from app.web.access import PUBLIC
from app.web.api_blueprint import ApiBlueprint
from app.web.context import services
from app.web.converters import Signal
from app.web.problems import MAX_POST_BYTES
from app.web.schemas.heartbeats import PingReceivedSchema

heartbeat_pings = ApiBlueprint("heartbeat_pings", __name__, description="Pings of backups and scripts")

PING = f"/heartbeats/{START}<secret:secret>"
"""The start of a token is no part of the parameter: `/heartbeats/{heartbeat_id}` is another path then."""
SIGNAL = PING + "/<signal:signal>"
SUCCESS = Signal(PingKind.SUCCESS)
TOO_LONG = f"(a log of more than {MAX_POST_BYTES // 2**20} MiB is not kept)"
COMPRESSED = "(a compressed log is not kept)"


@heartbeat_pings.operation("POST", PING, role=PUBLIC, answer=PingReceivedSchema, errors=(404, 429), takes_any_body=True)
def ping(secret: str) -> dict[str, str]:
    """Report a success. The end of the body, the log of the job, is kept."""
    return _receive(secret, SUCCESS)


@heartbeat_pings.operation("GET", PING, role=PUBLIC, answer=PingReceivedSchema, errors=(404, 429))
def ping_by_get(secret: str) -> dict[str, str]:
    """Report a success, for clients that cannot send POST. HEAD does the same."""
    return _receive(secret, SUCCESS)


@heartbeat_pings.operation(
    "POST", SIGNAL, role=PUBLIC, answer=PingReceivedSchema, errors=(404, 429), takes_any_body=True
)
def signal(secret: str, signal: Signal) -> dict[str, str]:
    """Report a `start`, a failure (`fail`), or an exit code: 0 is a success, any other one a failure."""
    return _receive(secret, signal)


@heartbeat_pings.operation("GET", SIGNAL, role=PUBLIC, answer=PingReceivedSchema, errors=(404, 429))
def signal_by_get(secret: str, signal: Signal) -> dict[str, str]:
    """Report a `start`, a failure (`fail`) or an exit code, for clients that cannot send POST. HEAD does the same."""
    return _receive(secret, signal)


def url_of(token: str) -> str:
    """Return the address to ping, as the client of this request would write it."""
    return f"{request.host_url}api/v1/heartbeats/{token}"


def _receive(secret: str, signal: Signal) -> dict[str, str]:
    heartbeats, token = services().liveness.heartbeat_pings, START + secret
    heartbeats.identify(token)
    status = heartbeats.receive(token, Ping(signal.kind, signal.exit_code, _log()))
    return {"message": "OK", "status": status}


def _log() -> str:
    """Return the end of the body. Whatever it is, the ping is recorded: a refused one would raise an alert."""
    if (request.content_length or 0) > MAX_POST_BYTES:
        return TOO_LONG
    request.max_content_length = MAX_POST_BYTES
    data = request.get_data(cache=False)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        return COMPRESSED
    return readable(data)
