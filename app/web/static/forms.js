"use strict";

// Says what is wrong with a form beside each field, and opens the dialog that the address asks for.
// Without this file the server does both.

(() => {
  const all = (selector, root) => [...root.querySelectorAll(selector)];

  function describe(input, id, isAdded) {
    const others = (input.getAttribute("aria-describedby") || "").split(" ").filter((each) => each && each !== id);
    const ids = isAdded ? [...others, id] : others;
    if (ids.length) input.setAttribute("aria-describedby", ids.join(" "));
    else input.removeAttribute("aria-describedby");
  }

  function clear(form) {
    for (const note of all(".field-error", form)) {
      all("[aria-describedby]", form).forEach((input) => describe(input, note.id, false));
      note.remove();
    }
    all("[aria-invalid]", form).forEach((input) => input.removeAttribute("aria-invalid"));
  }

  function inputOf(form, name) {
    // Errors of an entry of a list, such as `members.0`, belong to the field of the list.
    for (let place = name; place; place = place.includes(".") ? place.slice(0, place.lastIndexOf(".")) : "") {
      const input = form.querySelector(`[name="${CSS.escape(place)}"]:not([type=hidden])`);
      if (input) return input;
    }
    return null;
  }

  function note(input, text) {
    const told = document.createElement("p");
    told.className = "field-error";
    told.id = `${input.id || input.name}-error`;
    told.textContent = text;
    (input.closest(".field") || input.parentElement).append(told);
    input.setAttribute("aria-invalid", "true");
    describe(input, told.id, true);
    for (let box = input.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  }

  function tell(owner) {
    let first = null;
    for (const entry of all(".wrong [data-field]", owner)) {
      const input = inputOf(owner, entry.dataset.field);
      if (!input) continue;
      note(input, entry.querySelector("[data-said]")?.textContent || entry.textContent);
      entry.remove();
      first ??= input;
    }
    all(".wrong ul", owner).forEach((list) => !list.children.length && list.remove());
    first?.focus();
  }

  // After dashboard.js, which has put the problem into the form's head.
  document.addEventListener("htmx:responseError", (event) => {
    const owner = event.detail.elt.closest("form");
    if (owner?.querySelector(".wrong")) tell(owner);
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.matches("form")) clear(event.detail.elt);
  });

  // What is corrected is no longer called wrong.
  document.addEventListener("input", (event) => {
    const { target } = event;
    if (target.getAttribute?.("aria-invalid") !== "true") return;
    target.removeAttribute("aria-invalid");
    const told = document.getElementById(`${target.id || target.name}-error`);
    if (!told) return;
    describe(target, told.id, false);
    told.remove();
  });

  function forgetDialog() {
    const address = new URL(location.href);
    address.searchParams.delete("open");
    history.replaceState(history.state, "", address.pathname + address.search);
  }

  // The server opens a dialog as a part of the page, which every browser can show.
  function raiseDialogs() {
    for (const dialog of all("dialog[open]:not(:modal)", document)) {
      dialog.removeAttribute("open");
      dialog.showModal();
      dialog.addEventListener("close", forgetDialog, { once: true });
      dialog.querySelector("[autofocus], [aria-invalid=true]")?.focus();
    }
  }

  document.addEventListener("htmx:load", raiseDialogs);
  raiseDialogs();
})();
