"use strict";

// Keys of one letter for lists. None fires while somebody types, in a dialog, or when they are switched off.

(() => {
  const SWITCH = "nagare.keys";
  const help = document.querySelector("#keys");
  const box = document.querySelector("#keys-on");
  if (!help) return;
  let current = null;

  const isOn = () => localStorage.getItem(SWITCH) !== "off";
  box.checked = isOn();
  box.addEventListener("change", () => localStorage.setItem(SWITCH, box.checked ? "on" : "off"));

  const rows = () => [...document.querySelectorAll("#main table tbody tr")].filter((row) => row.querySelector("a"));

  function move(step) {
    const all = rows();
    if (!all.length) return;
    // A list that was refreshed has other rows: the one with the same link is the same.
    const at = all.findIndex((row) => row === current || (current && linkOf(row) === linkOf(current)));
    const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step));
    mark(all[next]);
  }

  const linkOf = (row) => row.querySelector("th a, a").getAttribute("href");

  function mark(row) {
    document.querySelectorAll("tr.is-current").forEach((each) => each.classList.remove("is-current"));
    current = row;
    row.classList.add("is-current");
    row.querySelector("th a, a").focus();
    row.scrollIntoView({ block: "nearest" });
  }

  function shown() {
    return rows().find((row) => row === current || (current && linkOf(row) === linkOf(current)));
  }

  function tick() {
    const mark = shown()?.querySelector("input[type=checkbox]");
    mark?.click();
    return mark;
  }

  // The button of what is ticked, of the row if nothing is, or of the alert that is shown.
  function act(name) {
    const ofRow = shown()?.querySelector(`form[action$="/${name}"] button`);
    if (ofRow) return void ofRow.click();
    const button = document.querySelector(`#main button[formaction$="/${name}"]`);
    if (!button) return;
    const isList = button.closest("form").querySelector("[data-bulk-row]");
    if (isList && !document.querySelector(".bulk-bar.is-armed") && !tick()) return;
    button.click();
  }

  // The list's own search, or where there is none that of everything.
  function search() {
    const field = document.querySelector("#main input[type=search]");
    if (field) field.focus();
    else document.querySelector("[data-finds]").click();
  }

  const KEYS = {
    "/": () => search(),
    j: () => move(1),
    k: () => move(-1),
    x: () => tick(),
    a: () => act("acknowledge"),
    r: () => act("resolve"),
    s: () => act("snooze"),
    "?": () => help.showModal(),
  };

  function isTyping(target) {
    return target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox]):not([type=radio])");
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.repeat && !"jk".includes(event.key)) return;
    if (!isOn() || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const run = KEYS[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys]")) help.showModal();
  });
})();
