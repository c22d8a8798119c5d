"use strict";

// The list of alerts: completes matchers with the names and values that there are, and keeps open what was opened.

(() => {
  const WORDS = "/alerts/words";
  const WAIT_MS = 200;
  let timer = null;

  // What is typed last: the name of a label, or its value after an operator.
  function unfinished(text) {
    const start = Math.max(text.lastIndexOf(","), text.lastIndexOf("{")) + 1;
    const found = /^\s*("?)([^"=!~]*)\1\s*(?:(=~|!=|!~|=)\s*"?([^"]*))?$/.exec(text.slice(start));
    if (!found) return null;
    const [, , name, operator, value = ""] = found;
    return { before: text.slice(0, start), name: name.trim(), operator, value };
  }

  function quoted(text) {
    return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  }

  function completed(word, typed) {
    if (!typed.operator) return `${typed.before}${word.startsWith("alert.") ? word : quoted(word)}=`;
    const name = typed.name.startsWith("alert.") ? typed.name : quoted(typed.name);
    return `${typed.before}${name}${typed.operator}${quoted(word)}${typed.before.includes("{") ? "}" : ""}`;
  }

  async function complete(input) {
    const list = document.getElementById(input.dataset.completes);
    const isName = input.dataset.completes === "label-names";
    const typed = isName ? { name: input.value } : unfinished(input.value);
    if (!typed || !list) return;
    const asked = typed.operator ? { name: typed.name, q: typed.value } : { q: typed.name };
    const answer = await fetch(`${WORDS}?${new URLSearchParams(asked)}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const { items } = await answer.json();
    list.replaceChildren(
      ...items.map((word) => {
        const option = document.createElement("option");
        option.value = isName ? word : completed(word, typed);
        if (!isName) option.label = word;
        return option;
      }),
    );
  }

  function ask(event) {
    const input = event.target;
    if (!input.matches?.("input[data-completes]")) return;
    clearTimeout(timer);
    timer = setTimeout(() => complete(input).catch(() => {}), event.type === "focusin" ? 0 : WAIT_MS);
  }

  document.addEventListener("input", ask);
  document.addEventListener("focusin", ask);

  const OPENED = "nagare.open.";

  document.addEventListener(
    "toggle",
    ({ target }) => {
      if (!target.matches?.("details[data-remembered]")) return;
      localStorage.setItem(OPENED + target.dataset.remembered, target.open ? "1" : "");
    },
    true,
  );

  function reopen() {
    for (const one of document.querySelectorAll("details[data-remembered]")) {
      const kept = localStorage.getItem(OPENED + one.dataset.remembered);
      if (kept !== null) one.open = Boolean(kept);
    }
  }

  document.addEventListener("htmx:load", reopen);
  reopen();
})();
