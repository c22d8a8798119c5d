"""Changes the labels of alerts by the rules of `alert_relabel_configs`, as Prometheus does before it sends them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import md5
from typing import Any

import re2

from app.connectors.http.json_body import storable
from app.errors import SourceGarbled

ACTIONS = (
    *("replace", "keep", "drop", "keepequal", "dropequal", "hashmod"),
    *("labelmap", "labeldrop", "labelkeep", "lowercase", "uppercase"),
)
TEXTS = ("separator", "regex", "target_label", "replacement")
ANY = "(.*)"
MAX_RULES = 200
MAX_LABELS = 500
MAX_VALUE = 64 * 2**10
"""In characters. Rules that double a value, or the labels, again and again would fill the memory."""
MAX_REGEX_BYTES = 2**20
VARIABLE = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})", re.ASCII)


class UnknownRule(ValueError):
    """A rule that nagare cannot apply; the message says why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of `alert_relabel_configs`."""

    action: str = "replace"
    source_labels: tuple[str, ...] = ()
    separator: str = ";"
    regex: str = ANY
    modulus: int = 0
    target_label: str = ""
    replacement: str = "$1"

    @property
    def pattern(self) -> Any:
        """The compiled regular expression, which must match a whole text."""
        return _compile(self.regex)


def read_rule(entry: object) -> Rule:
    """Return an entry of a configuration. Raises UnknownRule.

    Prometheus prints every field but empty ones: in an entry that it printed, a missing separator or replacement is an
    empty text, not the default.
    """
    if not isinstance(entry, Mapping):
        raise UnknownRule("a rule is not an object")
    is_printed = "action" in entry and "regex" in entry and ("separator" in entry or "replacement" in entry)
    texts = {name: _text(entry, name) for name in TEXTS if name in entry}
    empty = {"separator": "", "replacement": ""} if is_printed else {}
    rule = Rule(_action(entry), _source_labels(entry), modulus=_modulus(entry), **{**empty, **texts})
    if rule.action == "hashmod" and not rule.modulus:
        raise UnknownRule("hashmod has no modulus")
    _compile(rule.regex)
    return rule


def relabel(labels: Mapping[str, str], rules: Sequence[Rule]) -> dict[str, str] | None:
    """Return the labels after these rules; None if one drops the alert.

    Raises SourceGarbled if the rules make more or longer labels than any real ones do.
    """
    changed = {name: value for name, value in labels.items() if value}
    for rule in rules:
        if not _apply(rule, changed):
            return None
        if len(changed) > MAX_LABELS:
            raise _too_much()
    return changed


def expand(template: str, groups: Sequence[str | None], names: Mapping[str, int]) -> str:
    """Return a template with `$1`, `${1}` and `${name}` replaced as Go does: by nothing if there is no such group.

    Raises SourceGarbled if the text becomes too long.
    """
    left = MAX_VALUE - len(template)

    def value(found: re.Match[str]) -> str:
        nonlocal left
        name = found[1] or found[2]
        if name is None:
            return "$"
        number = int(name) if name.isdecimal() and len(name) < 5 else names.get(name, -1)
        text = (groups[number] or "") if 0 <= number < len(groups) else ""
        left -= len(text)
        if left < 0:
            raise _too_much()
        return text

    return VARIABLE.sub(value, template)


def _apply(rule: Rule, labels: dict[str, str]) -> bool:
    """Change the labels by one rule; return whether the alert is kept."""
    if rule.action in ("labelmap", "labeldrop", "labelkeep"):
        _change_names(rule, labels)
        return True
    value = rule.separator.join(labels.get(name, "") for name in rule.source_labels)
    if len(value) > MAX_VALUE:
        raise _too_much()
    match rule.action:
        case "keep":
            return rule.pattern.fullmatch(value) is not None
        case "drop":
            return rule.pattern.fullmatch(value) is None
        case "keepequal":
            return labels.get(rule.target_label, "") == value
        case "dropequal":
            return labels.get(rule.target_label, "") != value
        case "lowercase":
            _set(labels, rule.target_label, "".join(map(_lower, value)))
        case "uppercase":
            _set(labels, rule.target_label, "".join(map(_upper, value)))
        case "hashmod":
            digest = md5(value.encode(), usedforsecurity=False).digest()
            _set(labels, rule.target_label, str(int.from_bytes(digest[8:], "big") % rule.modulus))
        case _:
            _replace(rule, labels, value)
    return True


def _replace(rule: Rule, labels: dict[str, str], value: str) -> None:
    found = rule.pattern.fullmatch(value)
    if found is None:
        return
    groups, names = [found[0], *found.groups()], rule.pattern.groupindex
    target = expand(rule.target_label, groups, names)
    _set(labels, target, expand(rule.replacement, groups, names))


def _set(labels: dict[str, str], name: str, value: str) -> None:
    """Set a label; an empty value is no label, and an empty name is none that Prometheus sets."""
    if value and name:
        labels[name] = value
    elif name:
        labels.pop(name, None)


def _change_names(rule: Rule, labels: dict[str, str]) -> None:
    for name, value in list(labels.items()):
        found = rule.pattern.fullmatch(name)
        if rule.action == "labelmap" and found is not None:
            _set(labels, expand(rule.replacement, [found[0], *found.groups()], rule.pattern.groupindex), value)
        elif rule.action != "labelmap" and (found is not None) == (rule.action == "labeldrop"):
            del labels[name]


@lru_cache(maxsize=MAX_RULES)
def _compile(regex: str) -> Any:
    options = re2.Options()
    options.log_errors, options.dot_nl, options.max_mem = False, True, MAX_REGEX_BYTES
    try:
        return re2.compile(regex, options)
    except re2.error:
        raise UnknownRule(f"{regex[:80]!r} is not a regular expression of RE2") from None


def _action(entry: Mapping[str, object]) -> str:
    action = _text(entry, "action").lower() if entry.get("action") else "replace"
    if action not in ACTIONS:
        raise UnknownRule(f"nagare does not know the action {action[:80]!r}")
    return action


def _source_labels(entry: Mapping[str, object]) -> tuple[str, ...]:
    labels = entry.get("source_labels") or []
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise UnknownRule("source_labels is not a list of names")
    return tuple(map(storable, labels))


def _modulus(entry: Mapping[str, object]) -> int:
    digits = entry.get("modulus") or "0"
    if not isinstance(digits, str) or not re.fullmatch(r"\d{1,20}", digits, re.ASCII):
        raise UnknownRule("modulus is not a number")
    return int(digits)


def _text(entry: Mapping[str, object], name: str) -> str:
    value = entry[name]
    if not isinstance(value, str):
        raise UnknownRule(f"{name} is not a text")
    return str(storable(value))


def _lower(character: str) -> str:
    """Return what Go's `ToLower` does: one character for each."""
    return character.lower()[0]


def _upper(character: str) -> str:
    changed = character.upper()
    return changed if len(changed) == 1 else character


def _too_much() -> SourceGarbled:
    return SourceGarbled("Prometheus's alert_relabel_configs make too many or too long labels")
