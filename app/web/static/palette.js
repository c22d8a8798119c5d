"use strict";

// The palette: Ctrl-K finds pages, actions, views, hosts, items, alerts, tasks and monitors. Without it, /search is a page.

(() => {
  const WAIT_MS = 120;
  const dialog = document.querySelector("#palette");
  if (!dialog) return;
  const input = document.querySelector("#palette-q");
  const found = document.querySelector("#palette-found");
  let waiting = 0;
  let asked = 0;
  let chosen = -1;

  const choices = () => [...found.querySelectorAll("[data-choice]")];

  function choose(at) {
    const all = choices();
    chosen = all.length ? (at + all.length) % all.length : -1;
    all.forEach((one, index) => one.setAttribute("aria-selected", String(index === chosen)));
    if (chosen < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", all[chosen].id);
      all[chosen].scrollIntoView({ block: "nearest" });
    }
  }

  function show(page) {
    const list = page.querySelector("#found");
    if (!list) return;
    found.replaceChildren(...list.childNodes);
    choices().forEach((one, index) => {
      one.id = `palette-choice-${index}`;
      one.setAttribute("role", "option");
      one.tabIndex = -1;
    });
    for (const group of found.querySelectorAll("ul")) group.setAttribute("role", "group");
    for (const row of found.querySelectorAll("li")) row.setAttribute("role", "presentation");
    for (const head of found.querySelectorAll("h2")) head.setAttribute("role", "presentation");
    for (const back of found.querySelectorAll("input[name=back]")) back.value = location.pathname + location.search;
    document.querySelector("#palette-count").textContent = list.dataset.count;
    choose(0);
  }

  async function ask() {
    const number = ++asked;
    const address = `/search?q=${encodeURIComponent(input.value)}`;
    const answer = await fetch(address, { headers: { "HX-Request": "true", "HX-Current-URL": location.href } }).catch(() => null);
    if (number !== asked || !answer?.ok) return; // something newer was asked meanwhile
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  }

  function open() {
    if (dialog.open || document.querySelector("dialog[open]")) return;
    input.value = "";
    found.replaceChildren();
    dialog.showModal();
    input.focus();
    ask();
  }

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, WAIT_MS);
  });

  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // an input method is choosing a Chinese character
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) choose(chosen + steps[event.key]);
    else if (event.key === "Enter") choices()[chosen]?.click();
    else return;
    event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-finds]");
    if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
})();
