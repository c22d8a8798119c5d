"use strict";

// Many rows at once: a selection that survives paging and refreshes, a bar that says what happens to how many.
// How a page uses it: templates/dashboard/bulk_macros.html.

(() => {
  const PREFIX = "nagare.bulk.";
  const MAX_IDS = 10000;
  const UNDO_MS = 10000;
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const boxesOf = (form) => all("input[data-bulk-row]", form);
  const formOf = (element) => element.closest("form[data-bulk]");
  const counted = (text, count) => text.replaceAll("{count}", count.toLocaleString("en"));
  let lastBox = null;

  // A selection belongs to one filter: with another one, rows would stay selected that nobody sees any more.

  function selected(form) {
    try {
      const kept = JSON.parse(sessionStorage.getItem(PREFIX + form.dataset.bulk) || "{}");
      return new Set(kept.filter === form.dataset.bulkFilter ? kept.ids : []);
    } catch {
      return new Set();
    }
  }

  function keep(form, ids) {
    const kept = { filter: form.dataset.bulkFilter, ids: [...ids].slice(0, MAX_IDS) };
    try {
      sessionStorage.setItem(PREFIX + form.dataset.bulk, JSON.stringify(kept));
    } catch {
      // Without storage the selection is that of this page.
    }
  }

  function isWhole(form) {
    return Boolean(find("[data-bulk-everything]", form)?.checked);
  }

  // How many rows an action is about; null if only the server can count them.
  function size(form) {
    if (!isWhole(form)) return selected(form).size;
    return form.dataset.bulkTotal ? Number(form.dataset.bulkTotal) : null;
  }

  function note(form, boxes) {
    const ids = selected(form);
    for (const box of boxes) {
      if (box.checked) ids.add(box.value);
      else ids.delete(box.value);
    }
    keep(form, ids);
    show(form);
  }

  function show(form) {
    const boxes = boxesOf(form);
    const ticked = boxes.filter((box) => box.checked).length;
    const ids = selected(form);
    const count = size(form);
    const pageBox = find("[data-bulk-page]", form);
    if (pageBox) {
      pageBox.checked = boxes.length > 0 && ticked === boxes.length;
      pageBox.indeterminate = ticked > 0 && !pageBox.checked;
    }
    const bar = find("[data-bulk-bar]", form);
    bar.classList.toggle("is-armed", ids.size > 0 || isWhole(form));
    const said = counted(bar.dataset.bulkSaid, ids.size);
    for (const place of [find("[data-bulk-number]", form), find("[data-bulk-status]", form)]) {
      const text = isWhole(form) ? find("[data-bulk-everything] + label", form).textContent : ids.size ? said : "";
      if (place.textContent !== text) place.textContent = text;
    }
    for (const button of all("button[data-bulk-label]", form)) {
      button.textContent = count === null ? button.dataset.bulkPlain : counted(button.dataset.bulkLabel, count);
    }
  }

  function restore() {
    for (const form of all("form[data-bulk]")) {
      const ids = selected(form);
      for (const box of boxesOf(form)) box.checked = ids.has(box.value);
      show(form);
    }
    for (const toast of all(".toast[data-undo]:not([data-runs])")) {
      toast.dataset.runs = "";
      setTimeout(() => toast.remove(), UNDO_MS);
    }
  }

  document.addEventListener("click", (event) => {
    const form = formOf(event.target);
    if (!form) return;
    if (event.target.matches("[data-bulk-clear]")) {
      const everything = find("[data-bulk-everything]", form);
      if (everything) everything.checked = false;
      keep(form, []);
      restore();
      find("[data-bulk-page]", form)?.focus();
    } else if (event.target.matches("[data-bulk-row]")) {
      const boxes = boxesOf(form);
      const [from, to] = [boxes.indexOf(lastBox), boxes.indexOf(event.target)].sort((a, b) => a - b);
      const range = event.shiftKey && from >= 0 ? boxes.slice(from, to + 1) : [event.target];
      for (const box of range) box.checked = event.target.checked;
      lastBox = event.target;
      note(form, range);
    }
  });

  document.addEventListener("change", (event) => {
    const form = formOf(event.target);
    if (!form) return;
    if (event.target.matches("[data-bulk-page]")) {
      for (const box of boxesOf(form)) box.checked = event.target.checked;
      note(form, boxesOf(form));
    } else if (event.target.matches("[data-bulk-everything]")) {
      show(form);
    }
  });

  // Asks before an action on many. The server asks too, where this script did not.

  function askAbout(form, button) {
    if (!form.matches("[data-bulk]")) return [Number(form.dataset.asksFor), form.dataset.asks, button.textContent];
    const count = size(form);
    const question = isWhole(form) ? button.dataset.bulkQuestionAll : button.dataset.bulkQuestion;
    return [count, question && count !== null ? counted(question, count) : "", button.textContent];
  }

  document.addEventListener("htmx:confirm", (event) => {
    const button = event.detail.elt;
    const form = button.closest("form[data-bulk], form[data-asks]");
    const dialog = find("#bulk-confirm");
    if (!form || !dialog) return;
    const [count, question, label] = askAbout(form, button);
    const confirmed = find("input[name=confirmed]", form);
    confirmed.value = "";
    if (!question || count <= Number(dialog.dataset.above)) return;
    event.preventDefault();
    find("#bulk-question").textContent = question;
    find("button[value=yes]", dialog).textContent = label.trim();
    dialog.returnValue = "";
    const answer = () => {
      if (dialog.returnValue !== "yes") return;
      confirmed.value = count;
      event.detail.issueRequest(true);
    };
    dialog.addEventListener("close", answer, { once: true });
    dialog.showModal();
  });

  document.addEventListener("htmx:configRequest", (event) => {
    const form = formOf(event.detail.elt);
    if (!form || event.detail.verb !== "post" || isWhole(form)) return;
    const here = new Set(boxesOf(form).map((box) => box.value));
    const name = form.dataset.bulkName;
    for (const id of selected(form)) if (!here.has(id)) event.detail.formData.append(name, id);
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, pathInfo, requestConfig } = event.detail;
    const form = requestConfig?.verb === "post" && formOf(requestConfig.elt);
    // The page that asks has the address of the action; whoever says no goes on with the selection.
    const asks = pathInfo?.requestPath === new URL(xhr.responseURL).pathname;
    if (form && xhr.status === 200 && !asks) keep(form, []);
    if (xhr.status === 200) requestConfig?.elt.closest(".toast[data-undo]")?.remove();
  });

  document.addEventListener("htmx:load", restore);
  restore();
})();
