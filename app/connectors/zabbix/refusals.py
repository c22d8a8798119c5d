"""Maps the errors of Zabbix's JSON-RPC to ours, and says what to do about the ones of signing in."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.connectors.http.client import plain_words
from app.errors import SourceError, SourceFailing, SourceRefusedLogin, SourceRejected

SESSION_ENDED = re.compile(r"session terminated|re-login|not authori[sz]ed|token expired", re.IGNORECASE)
NOT_AUTHORIZED = re.compile(r"not authori[sz]ed", re.IGNORECASE)
"""Zabbix says this of a call without a session, and of an unknown token; never of a session that has ended."""
FRONTEND_BROKEN = 1
"""The code of an error before the API itself runs: the frontend cannot reach its database, or is being upgraded."""
DATABASE_BROKEN = re.compile(
    r"SQL statement execution has failed|DBEXECUTE_ERROR|connecting to database", re.IGNORECASE
)
NO_TOKENS = "Zabbix {version} has no API tokens (5.4 and later have them): give a user name and a password."
SECOND_FACTOR = "This Zabbix user signs in with a second factor: give an API token instead of the password."
HEADER_TAKEN = (
    "Zabbix 7.2 and later read their session only from the header Authorization, which HTTP authentication in front "
    "of Zabbix takes: let that server pass /api_jsonrpc.php without it, or use a client certificate there."
)
HEADER_DROPPED = (
    "{host} does not pass the header Authorization on to Zabbix: for Apache, set 'CGIPassAuth On' or "
    "'SetEnvIf Authorization \"(.*)\" HTTP_AUTHORIZATION=$1'."
)
MAYBE_DROPPED = " If the token is right, the web server may not pass the header Authorization on to Zabbix."


class SessionEnded(SourceRefusedLogin):
    """Zabbix does not accept the session or token of a call."""

    is_unknown = False
    """Whether Zabbix saw no session at all, or a token that it does not have."""


def refusal(error: Mapping[str, Any], is_signed_in: bool, secrets: Sequence[str | None]) -> SourceError:
    """Return the error that a JSON-RPC error stands for, with Zabbix's words and none of the secrets."""
    message, data = (each if isinstance(each := error.get(name), str) else "" for name in ("message", "data"))
    words = f"{message} {data}"
    kind: type[SourceError] = SourceRejected
    if error.get("code") == FRONTEND_BROKEN or DATABASE_BROKEN.search(words):
        kind = SourceFailing
        words = words.partition('"')[0]  # the rest is the SQL statement, which may have a session id
    elif is_signed_in and SESSION_ENDED.search(data):
        kind = SessionEnded
    found = kind(f"Zabbix says: {plain_words(words, secrets) or 'an error without a message'}")
    if isinstance(found, SessionEnded):
        found.is_unknown = bool(NOT_AUTHORIZED.search(data))
    return found
