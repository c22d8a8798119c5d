"""Sentences for the codes of decisions, messages and pages, in the reader's language."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from app.enums import Language
from app.rules.response.delivery_reasons import delivery_reason_in
from app.web.dashboard.translation import CATALOGUES
from app.web.dashboard.visitor_settings import language

MISSING = "?"

Row = Mapping[Any, Any]


def sentence(reason: Row, lang: str | None = None) -> str:
    """Return the sentence of a reason, which has a `code` and what the sentence names."""
    texts, code = CATALOGUES[lang or language()], reason.get("code")
    text = texts.get(f"why.{code}")
    if text is None:
        return str(code or texts["why.waiting"])
    values = {name: _text(value, texts, lang) for name, value in reason.items()}
    return text.format_map(defaultdict(lambda: MISSING, values))


def explained_decision(row: Row, lang: str | None = None) -> dict[str, Any]:
    """Return a decision with its code and sentence, and the messages of its page."""
    page = row["page"] or {}
    deliveries = [explained_delivery(each, lang) for each in page.get("deliveries", ())]
    code = row["reason"].get("code")
    return {**row, "code": code, "sentence": sentence(row["reason"], lang), "deliveries": deliveries}


def explained_delivery(row: Row, lang: str | None = None) -> dict[str, Any]:
    """Return a message of a page with a sentence: why it goes to whom, and what became of it."""
    texts, because = CATALOGUES[lang or language()], row["because"] or {}
    parts = [texts[f"why.because_{because['type']}"].format(name=because.get("name", MISSING))] if because else []
    code = row["code"] or row["state"]
    parts.append(
        sentence(
            {
                "code": f"message_{code}",
                "detail": delivery_reason_in(Language(lang or language()), row["detail"] or ""),
            },
            lang,
        )
    )
    if row["repeats"]:
        parts.append(texts["why.repeated"].format(count=row["repeats"]))
    return {**row, "sentence": " ".join(part.strip() for part in parts)}


def explained_event(row: Row, lang: str | None = None) -> dict[str, Any]:
    """Return an event with the sentence of what became of it, and its decisions explained."""
    outcome = row["outcome"] or "none"
    decisions = [explained_decision(each, lang) for each in row["decisions"]]
    return {**row, "sentence": CATALOGUES[lang or language()][f"why.outcome_{outcome}"], "decisions": decisions}


def explained_page(page: Row, lang: str | None = None) -> dict[str, Any]:
    """Return a page with the sentences of its history and messages."""
    history = [
        {**entry, "sentence": sentence({**entry, "code": f"page_{entry['code']}"}, lang)} for entry in page["history"]
    ]
    return {**page, "history": history, "deliveries": [explained_delivery(row, lang) for row in page["deliveries"]]}


def _text(value: Any, texts: Mapping[str, str], lang: str | None) -> str:
    if isinstance(value, Mapping):
        return sentence(value, lang)
    if isinstance(value, list):
        return texts["why.comma"].join(_text(each, texts, lang) for each in value) or texts["why.nobody"]
    return MISSING if value is None else str(value)
