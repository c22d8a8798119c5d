"""Who may call what, from the OpenAPI document and the application's views, and as the tables of docs/security.md.

`python -m tests.web.matrix` writes the tables anew.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from app.composition import build
from app.web import create_app
from tests.web.conftest import make_settings

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
MARK = "<!-- {name}: written by python -m tests.web.matrix -->"
TASK_ID = "pull_hosts:0192f0c1-0000-7000-8000-000000000000"
PLACES = {
    "task_id": TASK_ID,
    "type": "pull_host",
    "action": "resolve",
    "what": "hosts",
    "things": "hosts",
    "secret": 40 * "0",
    "signal": "0",
}
"""What to put in the place of an address's parameters; of all others, an id that nothing has."""


@dataclass(frozen=True)
class Entry:
    """One thing that can be asked for."""

    method: str
    address: str
    role: str
    scope: str = "–"
    name: str = ""

    @property
    def concrete(self) -> str:
        """The address with something in the place of its parameters."""
        return re.sub(r"\{(\w+)\}", lambda found: PLACES.get(found[1], "999999"), self.address)


def operations(document: Mapping[str, Any]) -> Iterator[Entry]:
    """Yield the operations of an OpenAPI document."""
    for address, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                scope = operation.get("x-scope", "–")
                yield Entry(method.upper(), address, operation["x-role"], scope, operation["operationId"])


def others(app: Flask, document: Mapping[str, Any]) -> Iterator[Entry]:
    """Yield what the application answers to beyond the document: pages, their files, figures."""
    documented = {(each.method, each.address) for each in operations(document)}
    for rule in app.url_map.iter_rules():
        address = re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD"}):
            if (method, address) not in documented:
                yield Entry(method, address, _role(app, rule), name=rule.endpoint)


def document_of(app: Flask) -> Mapping[str, Any]:
    answer = app.test_client().get("/api/v1/openapi.json")
    found: Mapping[str, Any] = answer.get_json()
    return found


def tables(app: Flask) -> Mapping[str, str]:
    """Return the tables by the name of their place in the page."""
    document = document_of(app)
    documented = [f"| `{e.method} {e.address}` | {e.role} | {e.scope} |" for e in operations(document)]
    rest = [
        f"| `{e.method} {e.address}` | {e.role} |"
        for e in sorted(others(app, document), key=lambda e: (e.address, e.method))
    ]
    return {
        "api": "\n".join(["| operation | role | scope of an API token |", "|---|---|---|", *documented]),
        "pages": "\n".join(["| address | role |", "|---|---|", *rest]),
    }


def written(text: str, name: str) -> str:
    """Return a table as it stands in the page."""
    mark = MARK.format(name=name)
    return text.partition(mark)[2].partition("<!-- end -->")[0].strip()


def _role(app: Flask, rule: Rule) -> str:
    return str(getattr(app.view_functions[rule.endpoint], "role", "none"))


def _write(found: Iterable[tuple[str, str]]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name, table in found:
        before, mark, rest = text.partition(MARK.format(name=name))
        _, end, after = rest.partition("<!-- end -->")
        text = f"{before}{mark}\n{table}\n{end}{after}"
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    _write(tables(create_app(build(make_settings(Path("nowhere"))))).items())
