"""Options that say how a monitor is reached; secrets come from files or the environment, not from the command line."""

import json
import os
from collections.abc import Callable
from typing import Any, TextIO

import click

PASSWORD_VARIABLE = "NAGARE_MONITOR_PASSWORD"  # noqa: S105 - the name of a variable
API_TOKEN_VARIABLE = "NAGARE_MONITOR_API_TOKEN"  # noqa: S105
FILES = {
    "password": ("--password-file", "File with the password; - is standard input."),
    "api_token": ("--api-token-file", "File with the API token; - is standard input."),
    "ca_pem": ("--ca-file", "File with the certificate authorities to trust, in PEM."),
    "client_cert_pem": ("--client-cert-file", "File with the client certificate, in PEM."),
    "client_key_pem": ("--client-key-file", "File with the private key of the client certificate, in PEM."),
    "headers": ("--header-file", "File with additional headers, one a line: Name: value."),
    "http_password": ("--http-password-file", "File with the password of the HTTP basic authentication in front."),
    "proxy_url": ("--proxy-url-file", "File with the URL of the proxy, such as http://user:password@proxy:3128."),
}
VARIABLES = {"password": PASSWORD_VARIABLE, "api_token": API_TOKEN_VARIABLE}
OPTIONS = (
    click.option("--username", help="User name for the monitor."),
    *(click.option(flag, f"{name}_file", type=click.File(), help=text) for name, (flag, text) in FILES.items()),
    click.option("--http-username", help="User of the HTTP basic authentication in front of the monitor."),
    click.option("--no-verify", is_flag=True, help="Do not check the certificate: anyone on the way can read secrets."),
    click.option("--timeout", "timeout_s", type=click.IntRange(1, 600), help="Time that one request may take, in s."),
)


def access_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command; `access_fields` reads them."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def access_fields(options: dict[str, Any]) -> dict[str, Any]:
    """Take these options out of a command's, and return the fields of a monitor that were given."""
    files: dict[str, TextIO | None] = {name: options.pop(f"{name}_file") for name in FILES}
    fields: dict[str, Any] = {name: _read(file, VARIABLES.get(name)) for name, file in files.items()}
    if fields["headers"] is not None:
        fields["headers"] = _headers(fields["headers"])
    fields |= {name: options.pop(name) for name in ("username", "http_username", "timeout_s")}
    fields |= {"verify": False} if options.pop("no_verify") else {}
    return {name: value for name, value in fields.items() if value is not None}


def mapping_in(file: TextIO | None) -> dict[str, Any] | None:
    """Return the field mapping in a JSON file."""
    if file is None:
        return None
    try:
        mapping = json.load(file)
    except ValueError:
        mapping = None
    if not isinstance(mapping, dict):
        raise click.BadParameter("it is not a JSON object", param_hint="--mapping-file")
    return mapping


def _read(file: TextIO | None, variable: str | None) -> str | None:
    """Return a text without its final line break, or None if there is none."""
    if file is not None:
        return file.read().rstrip("\r\n")
    return os.environ.get(variable) if variable else None


def _headers(text: str) -> dict[str, str]:
    """Return the headers of a file; an error repeats no line, which may be a secret."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, sign, value = line.partition(":")
        if line.strip() and not (sign and name.strip()):
            raise click.BadParameter(f"line {number} is not like X-Scope-OrgID: team-a", param_hint="--header-file")
        if line.strip():
            found[name.strip()] = value.strip()
    return found
