"""Requests to Icinga 2's REST API, which answers each with a list of results."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from app.connectors.base import MonitorAccess
from app.connectors.http.client import HttpSource
from app.errors import Invalid, SourceFailing, SourceGarbled, SourceRefusedLogin, SourceRejected

Row = Mapping[str, Any]
QUERY = {"X-HTTP-Method-Override": "GET"}
"""A query with a body, as Icinga documents it: names and filters are too long for an address."""
NEEDED = (
    "its permissions must have objects/query/Host, objects/query/Service, objects/query/Comment and"
    " objects/query/Downtime, and actions/acknowledge-problem for acknowledgements"
)


class IcingaApi:
    """The API of one Icinga. Methods raise a SourceError with Icinga's own words. Threads may share it."""

    def __init__(self, access: MonitorAccess) -> None:
        """Parse the address; this sends nothing. Raises Invalid if it or the credentials are wrong.

        An ApiUser signs in with a password, or with a client certificate (`client_cn`).
        """
        if access.api_token:
            raise Invalid("api_token", "Icinga has no API tokens: give the user name and password of an ApiUser.")
        if access.password is not None and not access.username:
            raise Invalid("username", "Give the name of the ApiUser.")
        if not access.username and not access.client_cert_pem:
            raise Invalid("username", "An Icinga monitor needs an ApiUser with a password, or a client certificate.")
        if access.username and ":" in access.username:
            raise Invalid("username", "The user name must not contain a colon.")
        if access.username and access.password is None:
            raise Invalid("password", "Give the password of the ApiUser.")
        auth = (access.username, access.password or "") if access.username else None
        self._source = HttpSource(_root(access.url), auth=auth, access=access)
        self.author = access.username or "nagare"
        """Who comments on what nagare does."""
        self.words = self._source.words
        self.close = self._source.close

    def about(self) -> Row:
        """Return what Icinga says of itself and of the user."""
        try:
            [first, *_] = results(self._source.get_json("/v1"))
        except SourceRefusedLogin as error:
            raise SourceRefusedLogin(
                f"{error}: Icinga does not accept the user name, the password or the certificate"
            ) from None
        except ValueError:
            raise SourceGarbled("The response is not from Icinga 2: it has no results") from None
        return first

    def disconnected(self) -> list[str]:
        """Return the names of endpoints that are not connected; none if the user may not know (`status/query`)."""
        try:
            found = results(self._source.get_json("/v1/status/ApiListener"))
        except (SourceRejected, SourceRefusedLogin):
            return []
        status = next((row.get("status") for row in found), None)
        api = status.get("api") if isinstance(status, dict) else None
        names = api.get("not_conn_endpoints") if isinstance(api, dict) else None
        return [self.words(name) for name in names if isinstance(name, str)] if isinstance(names, list) else []

    def query(
        self,
        kind: str,
        attrs: Sequence[str],
        *,
        names: Sequence[str] | None = None,
        condition: str = "",
        variables: Mapping[str, object] | None = None,
    ) -> list[Row]:
        """Return the attributes of objects: those of these names, or all that meet a condition with its variables.

        A name that does not exist is left out. `kind` is the plural in lower case, `attrs` are not empty.
        """
        body: dict[str, object] = {"attrs": [*attrs]}
        if names is not None:
            if not names:
                return []
            try:
                return _attributes(self._post(f"/v1/objects/{kind}", {**body, kind: [*names]}, QUERY))
            except SourceRejected:
                # Icinga answers nothing at all if one of them does not exist any more.
                condition, variables = f"{kind[:-1]}.__name in names", {"names": [*names]}
        if condition:
            body |= {"filter": condition, "filter_vars": dict(variables or {})}
        try:
            return _attributes(self._post(f"/v1/objects/{kind}", body, QUERY))
        except SourceRejected as error:
            # If nothing meets a condition, Icinga answers with an empty list; this is how it refuses to show the type.
            if "No objects found" in str(error):
                raise SourceRefusedLogin(f"The ApiUser may not see the {kind} of Icinga: {NEEDED}") from None
            raise

    def act(self, action: str, kind: str, name: str, fields: Mapping[str, object]) -> None:
        """Run an action on the object of this name. Raises SourceRejected if Icinga refuses it."""
        body = {"type": kind, kind.lower(): name, **fields}
        _require_success(results(self._post(f"/v1/actions/{action}", body)), self.words)

    def modify(self, kind: str, name: str, attrs: Mapping[str, object]) -> None:
        """Change attributes of an object at run time."""
        body = {kind: [name], "attrs": attrs}
        _require_success(results(self._post(f"/v1/objects/{kind}", body)), self.words)

    def create(self, kind: str, name: str, attrs: Mapping[str, object], templates: Sequence[str] = ()) -> None:
        """Create an object."""
        body = {"templates": [*templates], "attrs": attrs}
        override = {"X-HTTP-Method-Override": "PUT"}
        _require_success(results(self._post(f"/v1/objects/{kind}/{quote(name, safe='')}", body, override)), self.words)

    def _post(self, path: str, body: object, headers: Mapping[str, str] | None = None) -> Any:
        try:
            return self._source.post_json(path, body, headers)
        except SourceRefusedLogin as error:
            if "403" not in str(error):
                raise
            raise SourceRefusedLogin(f"{error}: {NEEDED}") from None


def results(answer: object) -> list[Row]:
    """Return the results of a response. Raises SourceGarbled if it has none."""
    found = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise SourceGarbled("The response is not from Icinga 2: it has no results")
    return found


def _attributes(answer: object) -> list[Row]:
    found = [row.get("attrs") for row in results(answer)]
    if not all(isinstance(row, dict) for row in found):
        raise SourceGarbled("Icinga returned an object without its attributes")
    return [row for row in found if isinstance(row, dict)]


def _require_success(found: Sequence[Row], words: Any) -> None:
    for row in found:
        code, said = row.get("code"), row.get("status")
        if isinstance(code, bool) or not isinstance(code, int | float):
            raise SourceGarbled("Icinga returned a result without its code")
        if code >= 300:
            text = words(said if isinstance(said, str) else "") or f"code {code:.0f}"
            raise (SourceFailing if code >= 500 else SourceRejected)(f"Icinga says: {text}")


def _root(url: str) -> str:
    """Return the API's address for a pasted one that ends in the version."""
    return re.sub(r"/v1(/.*)?$", "", url.strip().rstrip("/"))
