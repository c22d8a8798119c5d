"""The errors and the progress of tasks in the reader's language."""

from app.enums import Language
from app.rules.error_sentences import error_in_chinese
from app.rules.progress_messages import read_message
from app.web.dashboard.formats import number
from app.web.dashboard.translation import translate, translate_or
from app.web.dashboard.visitor_settings import language

SOURCE_CODES = "source_"
"""The beginning of the codes of errors that a monitor caused."""


def error_text(error: str | None, code: str | None = None) -> str:
    """Return an error in the reader's language; words that nagare has no translation of are quoted as such."""
    if not error or language() != Language.CHINESE:
        return error or ""
    known = error_in_chinese(error)
    if known:
        return known
    if (code or "").startswith(SOURCE_CODES):
        return translate("words.source", words=error)
    return translate("words.quoted", words=error)


def progress_text(message: str) -> str:
    """Return the message of a task's step in the reader's language."""
    found = read_message(message)
    if found is None:
        return message
    part, counts = found
    texts = [translate(f"progress.{unit}", count=number(count)) for count, unit in counts]
    joined = translate("progress.comma").join(texts)
    if part is None:
        return joined
    return translate("progress.of_part", part=translate_or(f"task_type.{part}", part), progress=joined or "–")
