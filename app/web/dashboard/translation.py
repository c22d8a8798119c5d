"""The texts of the dashboard in the reader's language."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.enums import Language
from app.rules.alerts.generated_alerts import MESSAGES
from app.rules.alerts.own_messages import OWN_SOURCE, description_in, translated
from app.rules.error_sentences import error_in_chinese
from app.rules.response.delivery_reasons import delivery_reason_in
from app.services.alerts.alerts import TEST_SOURCE
from app.web.dashboard.visitor_settings import LANGUAGES, language

FOLDER = Path(__file__).parent / "texts"
CATALOGUES: Mapping[str, Mapping[str, str]] = {
    name: json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")) for name in LANGUAGES
}
OUR_SOURCES = (TEST_SOURCE, "simulator", OWN_SOURCE)
CRITICAL_PREFIX = "Critical alert: "
STATUS_TEXTS = {"Gone from the source": "inventory.gone", "Disabled": "inventory.disabled"}


def translate(key: str, **values: Any) -> str:
    """Return a text. Raises KeyError for an unknown name."""
    return CATALOGUES[language()][key].format(**values)


def translate_or(key: str, default: str, **values: Any) -> str:
    """Return a text, or the default for an unknown name: for words that come from elsewhere."""
    return translate(key, **values) if key in CATALOGUES[language()] else default


def translated_message(alert: Mapping[Any, Any]) -> str:
    """Return an alert's message; nagare's own messages are translated."""
    source, message = str(alert["source"]), str(alert["message"])
    return translated(Language(language()), source, message) if source in OUR_SOURCES else message


def translated_description(alert: Mapping[Any, Any]) -> str:
    """Return an alert's description; that of nagare's own alerts is translated."""
    return description_in(Language(language()), str(alert["source"]), str(alert["description"]))


def translated_delivery_reason(reason: str | None) -> str:
    """Return why a message was not sent; what a service itself says stays as it is."""
    return delivery_reason_in(Language(language()), reason or "")


def status_text(description: str) -> str:
    """Return the translated status of a host or an item."""
    if description in STATUS_TEXTS:
        return translate(STATUS_TEXTS[description])
    if description.startswith(CRITICAL_PREFIX) and language() == "zh":
        message = description.removeprefix(CRITICAL_PREFIX)
        known = MESSAGES.get(message) or translated(Language.CHINESE, OWN_SOURCE, message)
        return translate("inventory.critical", message=known)
    if language() == Language.CHINESE:
        return error_in_chinese(description) or translate("words.source", words=description)
    return description
