"""Reads the form of a rota's layers into the body of an API request, and changes its rows without saving them."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from app.rules.oncall.layers import END_OF_DAY, MAX_LAYERS, MAX_RESTRICTIONS

DRAFT = "do"
"""Buttons of this name change the form and do not save it."""
Layers = list[dict[str, Any]]


def empty_layer(starts_at: str) -> dict[str, Any]:
    """Return a layer as the form of a new rota shows it."""
    return {"name": "", "users": [], "starts_at": starts_at, "every": 1, "unit": "weeks"}


def read_rota() -> dict[str, Any]:
    """Return the rota in the form, unchecked, as JSON would have held it."""
    form = request.form
    rota = {"name": form.get("name", ""), "timezone": form.get("timezone", ""), "layers": [*_layers(form)]}
    if "team_id" not in form:
        return rota
    team = form["team_id"]
    return {**rota, "team_id": int(team) if team.isdecimal() else team or None}


def changed(rota: Mapping[str, Any], what: str, starts_at: str) -> dict[str, Any]:
    """Return the rota in the form after one of the buttons that do not save: add, remove or move something."""
    layers: Layers = [*rota["layers"]]
    name, *numbers = what.split(":")
    places = [int(number) for number in numbers if number.isdecimal()]
    if name == "add-layer" and len(layers) < MAX_LAYERS:
        layers.append(empty_layer(starts_at))
    elif places and places[0] < len(layers):
        _change(layers, name, places)
    return {**rota, "layers": layers}


def _change(layers: Layers, name: str, places: list[int]) -> None:
    number = places[0]
    layer = layers[number]
    if name == "remove-layer":
        layers.pop(number)
    elif name == "raise-layer" and number + 1 < len(layers):
        layers[number : number + 2] = reversed(layers[number : number + 2])
    elif name == "add-hours" and len(layer["restrictions"]) < MAX_RESTRICTIONS:
        layer["restrictions"].append({"days": [], "from": "09:00", "until": "17:00"})
    elif name == "remove-hours" and len(places) == 2 and places[1] < len(layer["restrictions"]):
        layer["restrictions"].pop(places[1])
    elif name == "raise-person" and len(places) == 2 and 0 < places[1] < len(layer["users"]):
        users, place = layer["users"], places[1]
        users[place - 1], users[place] = users[place], users[place - 1]


def _layers(form: MultiDict[str, str]) -> Iterator[dict[str, Any]]:
    for number in range(MAX_LAYERS):
        place = f"layers.{number}"
        if f"{place}.starts_at" not in form:
            return
        every = form.get(f"{place}.every", "")
        yield {
            "name": form.get(f"{place}.name", ""),
            "users": [int(text) for text in form.getlist(f"{place}.users") if text.isdecimal()],
            "starts_at": form[f"{place}.starts_at"],
            "every": int(every) if every.isdecimal() else every,
            "unit": form.get(f"{place}.unit", ""),
            "ends_at": form.get(f"{place}.ends_at") or None,
            "restrictions": [*_restrictions(form, place)],
            "holidays": form.get(f"{place}.holidays", "ignore"),
        }


def _restrictions(form: MultiDict[str, str], place: str) -> Iterator[dict[str, Any]]:
    for number in range(MAX_RESTRICTIONS):
        row = f"{place}.restrictions.{number}"
        if f"{row}.from" not in form:
            return
        yield {
            "days": form.getlist(f"{row}.days"),
            "from": form[f"{row}.from"],
            # A browser's field of a time of day knows no 24:00.
            "until": END_OF_DAY if form.get(f"{row}.until") == "00:00" else form.get(f"{row}.until", ""),
        }
