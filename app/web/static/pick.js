"use strict";

// Fields that offer what fits to what is typed (the combobox pattern of ARIA). Without this file a name or a number is
// typed in full.

(() => {
  const WAIT_MS = 150;
  let waiting = 0;
  let asked = null;

  const fieldOf = (target) => target.closest?.("input[data-picks]");
  const listOf = (field) => document.getElementById(field.getAttribute("aria-controls"));
  const optionsOf = (field) => [...listOf(field).querySelectorAll("[data-value]")];

  function close(field) {
    clearTimeout(waiting);
    asked?.abort();
    listOf(field).hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  function show(field, options) {
    options.forEach((option, index) => {
      option.id = `${field.id}-option-${index}`;
    });
    listOf(field).replaceChildren(...options);
    listOf(field).hidden = false;
    field.setAttribute("aria-expanded", "true");
    field.removeAttribute("aria-activedescendant");
  }

  async function ask(field) {
    asked?.abort();
    asked = new AbortController();
    const address = `${field.dataset.picks}?q=${encodeURIComponent(field.value.trim())}`;
    try {
      const answer = await fetch(address, { headers: { "HX-Request": "true" }, signal: asked.signal });
      if (!answer.ok || document.activeElement !== field) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      show(field, [...page.querySelectorAll("[role=option]")].map((option) => document.importNode(option, true)));
    } catch {
      // A newer question takes its place, or the server is away, which the page tells elsewhere.
    }
  }

  function choose(field, option) {
    field.value = option.dataset.value;
    close(field);
    field.dataset.isChosen = "true";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
    delete field.dataset.isChosen;
  }

  function activate(field, step) {
    const options = optionsOf(field);
    if (!options.length) return;
    const before = options.findIndex((option) => option.id === field.getAttribute("aria-activedescendant"));
    const place = before < 0 && step < 0 ? options.length - 1 : (before + step + options.length) % options.length;
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === place)));
    field.setAttribute("aria-activedescendant", options[place].id);
    options[place].scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("input", (event) => {
    const field = fieldOf(event.target);
    if (!field || field.dataset.isChosen) return;
    clearTimeout(waiting);
    // While an input method composes a Chinese word, what stands there is not yet a word.
    if (!event.isComposing) waiting = setTimeout(() => ask(field), WAIT_MS);
  });

  document.addEventListener("compositionend", (event) => {
    const field = fieldOf(event.target);
    if (field) waiting = setTimeout(() => ask(field), WAIT_MS);
  });

  document.addEventListener("keydown", (event) => {
    const field = fieldOf(event.target);
    if (!field || event.isComposing) return;
    const isOpen = !listOf(field).hidden;
    const active = document.getElementById(field.getAttribute("aria-activedescendant"));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (isOpen) activate(field, event.key === "ArrowDown" ? 1 : -1);
      else ask(field);
    } else if (event.key === "Enter" && isOpen && active) {
      event.preventDefault();
      choose(field, active);
    } else if (event.key === "Escape" && isOpen) {
      // Only the list closes, not the dialog around it.
      event.preventDefault();
      event.stopPropagation();
      close(field);
    }
  });

  // Before the field loses the focus, which closes the list.
  document.addEventListener("pointerdown", (event) => {
    const list = event.target.closest?.("ul.picks");
    if (!list) return;
    event.preventDefault();
    const option = event.target.closest("[data-value]");
    if (option) choose(document.querySelector(`[aria-controls="${list.id}"]`), option);
  });

  document.addEventListener("focusout", (event) => {
    const field = fieldOf(event.target);
    if (field) close(field);
  });
})();
