"use strict";

// Everything works without this file but dialogs; it tells what went wrong. live.js keeps pages up to date.

(() => {
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // The server shows and reads times in this zone.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) document.cookie = `nagare_zone=${zone}; path=/; max-age=31536000; samesite=strict`;

  // Toasts.

  const TOAST_MS = 8000;

  function toast(text) {
    const shown = all("#toasts .toast span").some((span) => span.textContent === text);
    if (shown || !text) return;
    const copy = find("#toast-template").content.cloneNode(true);
    find("span", copy).textContent = text;
    find("#toasts").append(copy);
    expire();
  }

  function expire() {
    for (const one of all("#toasts .toast:not([data-expires])")) {
      one.dataset.expires = "";
      setTimeout(() => one.remove(), TOAST_MS);
    }
  }

  // Dialogs.

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
      find(`#${opener.dataset.opens}`).showModal();
    } else if (event.target.closest("[data-closes]")) {
      event.target.closest("dialog").close();
    } else if (event.target.closest("[data-closes-toast]")) {
      event.target.closest(".toast").remove();
    } else if (event.target.matches("dialog")) {
      event.target.close(); // the backdrop: a click on it is a click on the dialog itself
    }
  });

  document.addEventListener("click", (event) => {
    const menu = find("details.menu[open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
  });

  // The built-in texts as templates, in the language that is chosen.

  document.addEventListener("click", (event) => {
    const form = event.target.closest("[data-fills-templates]")?.form;
    if (!form) return;
    for (const template of all("template[data-template]", form)) {
      if (template.dataset.language !== form.elements.language.value) continue;
      const field = form.elements[template.dataset.template];
      field.value = template.content.textContent;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });

  document.addEventListener("keydown", (event) => {
    const menu = find("details.menu[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      find("summary", menu).focus();
    }
  });

  document.addEventListener("htmx:confirm", (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    const dialog = find("#confirm");
    find("#confirm-text").textContent = event.detail.question;
    dialog.returnValue = "";
    dialog.addEventListener(
      "close",
      () => {
        if (dialog.returnValue === "yes") event.detail.issueRequest(true);
      },
      { once: true },
    );
    dialog.showModal();
  });

  // Errors.

  // Each paragraph and each field on a line of its own: in the text of the whole they would run together.
  function sentences(problem) {
    return all("p, li", problem)
      .map((one) => one.textContent.trim().replace(/\s+/g, " "))
      .join("\n");
  }

  function tellProblem(form, problem) {
    const place = form && find(".wrong", form);
    all("[aria-invalid]", form || document).forEach((input) => input.removeAttribute("aria-invalid"));
    if (!place) {
      toast(sentences(problem));
      return;
    }
    place.replaceChildren(problem);
    let first = null;
    for (const entry of all("[data-field]", problem)) {
      const input = find(`[name="${CSS.escape(entry.dataset.field)}"]:not([type=hidden])`, form);
      if (input) {
        input.setAttribute("aria-invalid", "true");
        first ??= input;
      }
    }
    first?.focus();
  }

  document.addEventListener("htmx:responseError", (event) => {
    const { elt, xhr } = event.detail;
    const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
    const problem = find(".problem", page);
    if (problem) tellProblem(elt.closest("form"), document.importNode(problem, true));
    else toast(find("#offline-text").content.textContent);
    document.body.classList.toggle("is-stale", xhr.status >= 500);
  });

  function tellSilence() {
    document.body.classList.add("is-stale");
    toast(find("#offline-text").content.textContent);
  }

  document.addEventListener("htmx:sendError", tellSilence);
  document.addEventListener("htmx:timeout", tellSilence);

  document.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.xhr.status < 400) document.body.classList.remove("is-stale");
  });

  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRF-Token"] = find("meta[name=csrf-token]").content;
    // Blank filters do not belong into the address.
    if (event.detail.elt.matches("form.filters")) {
      for (const [name, value] of [...event.detail.formData.entries()]) {
        if (value === "") event.detail.formData.delete(name);
      }
    }
  });

  // Filters: what is asked again is the list as it is filtered now.

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id === "main") find("#main h1")?.scrollIntoView({ block: "nearest" });
    expire();
  });

  expire();
})();
