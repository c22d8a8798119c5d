"""Lists as files: a list's address with `format=csv` or `format=json` and the same filters."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, stream_with_context
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from app import clock
from app.rules.tables.cells import cell
from app.store.database.pages import Page, PageRequest
from app.store.selection.alert_lists import AlertPage
from app.web.context import services
from app.web.dashboard.blueprint import dashboard
from app.web.dashboard.formats import number
from app.web.dashboard.forms import zoned
from app.web.dashboard.pages.monitors import monitor_names
from app.web.dashboard.translation import translate
from app.web.lists import LISTS, PLACE, Listed

FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
MAX_ROWS = 50_000
BATCH = PageRequest(limit=500)
BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel reads the file in the computer's own encoding, and Chinese is garbled."""
Rows = Sequence[Mapping[str, Any]]


@dashboard.before_request
def _answer_with_a_file() -> Response | None:
    """Answer in place of a list's page; whoever may open the page may have the file."""
    kind, listed = request.args.get("format"), LISTS.get(request.path.removeprefix("/"))
    if not kind or listed is None or request.method != "GET":
        return None
    if kind not in FORMATS:
        raise ValidationError({"format": [f"Must be one of: {', '.join(FORMATS)}."]})
    filters = listed.load(_in_zone(request.args, listed))
    # The first part is read before the response begins: what is wrong is told by a page, not by half a file.
    first = listed.fetch(BATCH, **filters)
    parts = _parts(listed, filters, first)
    written = _csv(listed, parts) if kind == "csv" else _json(parts)
    response = Response(stream_with_context(written), mimetype=None, content_type=FORMATS[kind])
    name = f"nagare-{request.path[1:]}-{clock.now():%Y%m%d-%H%M}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _in_zone(arguments: MultiDict[str, str], listed: Listed) -> MultiDict[str, str]:
    pairs = [(name, zoned({name: text}, listed.query)[name]) for name, text in arguments.items(multi=True)]
    return MultiDict(pairs)


@dashboard.app_template_global()
def file_addresses() -> dict[str, str]:
    """Return the addresses of the shown list as files, by format; none for a page that is no such list."""
    if request.path.removeprefix("/") not in LISTS:
        return {}
    filters = [(name, text) for name, text in request.args.items(multi=True) if name not in PLACE]
    return {kind: f"{request.path}?{urlencode([*filters, ('format', kind)])}" for kind in FORMATS}


dashboard.app_template_global("max_rows_of_file")(lambda: MAX_ROWS)


def _parts(listed: Listed, filters: Mapping[str, Any], page: Page | AlertPage) -> Iterator[tuple[Rows, bool]]:
    """Yield the rows, some at a time, each with whether rows are left out behind them."""
    row, count = listed.row(many=True), 0
    while True:
        count += len(page.items)
        is_cut = page.next_cursor is not None and count >= MAX_ROWS
        yield row.dump(page.items), is_cut
        if page.next_cursor is None or is_cut:
            return
        page = listed.fetch(PageRequest(BATCH.limit, page.next_cursor), **filters)


def _csv(listed: Listed, parts: Iterator[tuple[Rows, bool]]) -> Iterator[str]:
    fields, monitors = [*listed.row().fields], monitor_names()
    columns = fields.copy()
    for name, beside in (("monitor_id", "monitor"), ("host_id", "host")):
        if name in fields and beside not in fields:
            columns.insert(columns.index(name), beside)
    yield BYTE_ORDER_MARK + _lines([columns])
    for rows, is_cut in parts:
        hosts = _host_names(rows) if "host" in columns and "host" not in fields else {}
        named = [_named(listed, row, monitors, hosts) for row in rows]
        yield _lines([[cell(row[column]) for column in columns] for row in named])
        if is_cut:
            yield _lines([[translate("exports.cut", count=number(MAX_ROWS))]])


def _json(parts: Iterator[tuple[Rows, bool]]) -> Iterator[str]:
    yield '{"items":['
    between, is_complete = "", True
    for rows, is_cut in parts:
        is_complete = not is_cut
        if rows:
            yield between + json.dumps(rows, ensure_ascii=False, separators=(",", ":"))[1:-1]
            between = ","
    yield f'],"is_complete":{json.dumps(is_complete)}}}\n'


def _host_names(rows: Rows) -> Mapping[int, str]:
    return services().inventory.inventory.host_names({row["host_id"] for row in rows if row["host_id"]})


def _named(
    listed: Listed, row: Mapping[str, Any], monitors: Mapping[int, str], hosts: Mapping[int, str]
) -> dict[str, Any]:
    """Return a row with words in place of codes, and with the names of what it names by number."""
    words = {name: codes(row[name]).name.lower() for name, codes in listed.codes.items() if row[name] is not None}
    names = {"monitor": monitors.get(row.get("monitor_id", 0), ""), "host": hosts.get(row.get("host_id", 0), "")}
    return {**names, **row, **words}


def _lines(rows: Sequence[Sequence[str]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
