"""The options of a Redis URL, each with the values that redis-py and its TLS accept."""

import math
import re
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from app.urls.syntax import nameable

Check = Callable[[str], bool]


def check_options(query: str | None, *, is_tls: bool, is_socket: bool) -> Mapping[str, str]:
    """Return the options of a URL. Raises ValueError for an unknown, repeated or invalid one."""
    known = {**ANYWHERE, **({} if is_socket else OVER_TCP), **(OVER_TLS if is_tls else {})}
    found: dict[str, str] = {}
    for name, value in parse_qsl(query or "", keep_blank_values=True):
        if name in OVER_TLS and not is_tls:
            raise ValueError(f"the option {name} requires rediss://")
        if name not in known:
            raise ValueError(f"has an unknown option{nameable(name, query)}; the known options are {', '.join(known)}")
        if name in found:
            raise ValueError(f"has the option {name} twice")
        if not known[name](value):
            raise ValueError(f"the option {name} must be {MEANINGS.get(known[name], 'a path or text')}")
        found[name] = value
    return found


def check_tls(options: Mapping[str, Any]) -> None:
    """Load the files of the TLS options. Raises ValueError when one is unusable."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    certificate, key = options.get("ssl_certfile"), options.get("ssl_keyfile")
    if key and not certificate:
        raise ValueError("the option ssl_keyfile needs ssl_certfile")
    if "ssl_ca_certs" in options:
        _try("ssl_ca_certs", lambda: context.load_verify_locations(cafile=options["ssl_ca_certs"]))
    if "ssl_ciphers" in options:
        _try("ssl_ciphers", lambda: context.set_ciphers(options["ssl_ciphers"]))
    if certificate:
        # A password is always passed: without one OpenSSL would prompt for it on the terminal.
        password = options.get("ssl_password", "")
        _try("ssl_certfile", lambda: context.load_cert_chain(certificate, key, password))


def _try(name: str, load: Callable[[], None]) -> None:
    try:
        load()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None
        raise ValueError(f"the option {name} cannot be used: {reason or 'OpenSSL rejects it'}") from None


def _is_seconds(text: str) -> bool:
    try:
        return 0 < float(text) < math.inf
    except ValueError:
        return False


def _is_count(text: str) -> bool:
    return bool(re.fullmatch("[0-9]{1,9}", text))


def _is_positive(text: str) -> bool:
    return _is_count(text) and int(text) > 0


def _is_switch(text: str) -> bool:
    return text.lower() in ("0", "1", "true", "false", "yes", "no")


def _is_protocol(text: str) -> bool:
    return text in ("2", "3")


def _is_requirement(text: str) -> bool:
    return text in ("none", "optional", "required")


def _is_tls_version(text: str) -> bool:
    return text in ("771", "772")


def _is_name(text: str) -> bool:
    return bool(re.fullmatch("[!-~]+", text))


def _is_folder(text: str) -> bool:
    return Path(text).is_dir()


MEANINGS: Mapping[Check, str] = {
    _is_seconds: "a number of seconds above 0",
    _is_count: "a number",
    _is_positive: "a number above 0",
    _is_switch: "true or false",
    _is_protocol: "2 or 3",
    _is_requirement: "none, optional or required",
    _is_tls_version: "771 (TLS 1.2) or 772 (TLS 1.3)",
    _is_name: "a word without spaces",
    _is_folder: "an existing folder",
}
ANYWHERE: Mapping[str, Check] = {
    "db": _is_count,
    "client_name": _is_name,
    "health_check_interval": _is_count,
    "max_connections": _is_positive,
    "protocol": _is_protocol,
    "retry_on_timeout": _is_switch,
    "socket_timeout": _is_seconds,
}
OVER_TCP: Mapping[str, Check] = {"socket_connect_timeout": _is_seconds, "socket_keepalive": _is_switch}
OVER_TLS: Mapping[str, Check] = {
    "ssl_ca_certs": bool,
    "ssl_ca_path": _is_folder,
    "ssl_cert_reqs": _is_requirement,
    "ssl_certfile": bool,
    "ssl_check_hostname": _is_switch,
    "ssl_ciphers": bool,
    "ssl_keyfile": bool,
    "ssl_min_version": _is_tls_version,
    "ssl_password": bool,
}
