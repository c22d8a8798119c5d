"""Fills a form of a rendered page with what was sent, and says beside each field what is wrong with it."""

from collections.abc import Collection, Mapping, Sequence
from html import escape
from html.parser import HTMLParser

Attributes = dict[str, str | None]
KEPT_TYPES = ("password", "file", "hidden")
"""Types of inputs that stay as the page has them: a password is never sent back."""
BOXES = ("dialog", "details")
"""Elements that hide what they contain until they are open."""


class FormFiller(HTMLParser):
    """Copies a page, and fills the first form that is sent to an address on the way."""

    def __init__(
        self,
        address: str,
        values: Mapping[str, Sequence[str]],
        errors: Mapping[str, Sequence[str]],
        secrets: Collection[str],
    ) -> None:
        super().__init__(convert_charrefs=False)
        self._address = address
        self._errors = {name if name in values else name.partition(".")[0]: said for name, said in errors.items()}
        self._values = {name: texts for name, texts in values.items() if name not in secrets}
        self._parts: list[str] = []
        self._open_boxes: list[int] = []
        """Where the tags of the boxes around the current place are."""
        self._chosen: Sequence[str] | None = None
        self._told = ""
        self._is_skipping = self._is_inside = self.is_filled = False

    def fill(self, page: str, head: str) -> str:
        """Return the page with the filled form, which begins with `head`."""
        self._head = head
        self.feed(page)
        self.close()
        return "".join(self._parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Copy a tag, with what was sent if it is a field of the form."""
        given = dict(attrs)
        if tag in BOXES:
            self._open_boxes.append(len(self._parts))
        is_ours = tag == "form" and not self.is_filled and self._is_wanted(given)
        if is_ours:
            self._is_inside = self.is_filled = True
            self._show()
        filled = self._filled(tag, given) if self._is_inside else None
        self._parts.append(self.get_starttag_text() or "" if filled is None else _tag(tag, filled))
        if is_ours:
            self._parts.append(self._head)
        if tag == "textarea" and filled is not None and (texts := self._values.get(given["name"] or "")):
            self._parts.append(escape(texts[-1]))
            self._is_skipping = True

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        """Copy a tag that is its own end, as those of icons are."""
        self._parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        """Copy an end tag; what is wrong with a field is the last in the field's box."""
        if tag in BOXES and self._open_boxes:
            self._open_boxes.pop()
        if tag == "textarea":
            self._is_skipping = False
        elif tag == "select":
            self._chosen = None
        elif tag == "form":
            self._is_inside = False
        elif tag == "div":
            self._parts.append(self._told)
            self._told = ""
        self._parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Copy a text, but not the one that what was sent takes the place of."""
        if not self._is_skipping:
            self._parts.append(data)

    def handle_entityref(self, name: str) -> None:
        """Copy a named character."""
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """Copy a numbered character."""
        self.handle_data(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        """Copy the type of the document."""
        self._parts.append(f"<!{decl}>")

    def _is_wanted(self, form: Attributes) -> bool:
        """Return whether a form is sent to the address, and is more than a button."""
        is_button = "inline" in (form.get("class") or "").split()
        return form.get("method") == "post" and not is_button and _path(form.get("action")) == self._address

    def _filled(self, tag: str, given: Attributes) -> Attributes | None:
        """Return the attributes of a field of the form with what was sent, None for any other tag."""
        if tag == "option" and self._chosen is not None:
            return _marked(given, "selected", given.get("value") in self._chosen)
        name = given.get("name")
        if tag not in ("input", "select", "textarea") or name is None or given.get("type") == "hidden":
            return None
        self._tell(name, given)
        if name in self._values:
            self._chosen = self._values[name] if tag == "select" else None
            given = _input(given, self._values[name]) if tag == "input" else given
        return given

    def _tell(self, name: str, given: Attributes) -> None:
        """Mark a field that is wrong, and keep why for the end of its box."""
        said = self._errors.pop(name, None)
        if not said:
            return
        self._show()
        note = f"{given.get('id') or name}-error"
        given["autofocus"], given["aria-invalid"] = None, "true"
        given["aria-describedby"] = " ".join(filter(None, (given.get("aria-describedby"), note)))
        self._told = f'<p class="field-error" id="{escape(note)}">{escape(" ".join(said))}</p>'

    def _show(self) -> None:
        """Open the boxes around the current place."""
        for place in self._open_boxes:
            tag = self._parts[place]
            self._parts[place] = tag if " open" in tag else f"{tag[:-1]} open>"


def _input(given: Attributes, texts: Sequence[str]) -> Attributes:
    kind = given.get("type") or "text"
    if kind in ("checkbox", "radio"):
        return _marked(given, "checked", given.get("value") in texts)
    return given if kind in KEPT_TYPES else {**given, "value": texts[-1]}


def _marked(given: Attributes, mark: str, is_marked: bool) -> Attributes:
    rest: Attributes = {name: value for name, value in given.items() if name != mark}
    return {**rest, mark: None} if is_marked else rest


def _tag(tag: str, given: Attributes) -> str:
    texts = (name if value is None else f'{name}="{escape(value)}"' for name, value in given.items())
    return f"<{' '.join((tag, *texts))}>"


def _path(address: str | None) -> str:
    return (address or "").partition("?")[0]
