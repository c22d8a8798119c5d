"""Why a Zabbix that answers refuses to let nagare in."""

import re

from app.connectors.base import MonitorAccess
from app.connectors.diagnosis.fingerprints import zabbix_version
from app.connectors.zabbix.rpc import ENDPOINT

FIRST_WITH_HEADER = (6, 4)
FIRST_WITH_MFA = (7, 0)
NOT_AUTHORIZED = re.compile(r"not authori[sz]ed", re.IGNORECASE)
TERMINATED = re.compile(r"session terminated|re-login", re.IGNORECASE)
APACHE_REMEDY = (
    "the Apache configuration of Zabbix needs `CGIPassAuth On` (or nginx, `fastcgi_param HTTP_AUTHORIZATION`)"
)


def login_advice(access: MonitorAccess, error: str) -> str | None:
    """Return what is wrong with a user or token, as a sentence; None if the error is about something else."""
    is_refused, is_ended = NOT_AUTHORIZED.search(error), TERMINATED.search(error)
    if not (is_refused or is_ended):
        return None
    version = zabbix_version(access, access.url.removesuffix(ENDPOINT))
    if is_refused and version >= FIRST_WITH_HEADER:
        if not access.api_token:  # the password was right a moment ago
            return f"The web server drops the header Authorization: {APACHE_REMEDY}."
        return (
            "Either the API token is wrong or expired, or the web server drops the header Authorization: "
            f"{APACHE_REMEDY}."
        )
    if is_ended and version >= FIRST_WITH_MFA and not access.api_token:
        return "The user must confirm a sign-in by multi-factor authentication, so nagare needs an API token."
    return None
