"use strict";

// The wallboard shows one part after the other, and says when it hears nothing more. A link's token never leaves the
// browser but in the form's body: no log and no other site sees what stands behind "#".

(() => {
  const TURN_MS = 15000;
  const form = document.querySelector("[data-takes-token]");
  if (form) {
    const token = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    if (token) {
      form.elements.token.value = token;
      form.submit();
    }
    return;
  }
  if (!document.querySelector("[data-board]")) return;

  const panels = () => [...document.querySelectorAll("[data-board] .panel")];
  let turn = 0;

  function show() {
    panels().forEach((panel, index) => panel.classList.toggle("is-shown", index === turn % panels().length));
  }

  function tell(isCut) {
    document.querySelector("[data-cut]").hidden = !isCut;
  }

  // Whoever needs more time reads on: a key or a click stops the turning, and starts it again.
  let isTurning = !matchMedia("(max-width: 760px)").matches;
  document.documentElement.classList.toggle("rotates", isTurning);
  document.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") turn += panels().length + (event.key === "ArrowRight" ? 1 : -1);
    else if (event.key === " ") isTurning = !isTurning;
    else return;
    event.preventDefault();
    show();
  });
  setInterval(() => {
    if (!isTurning) return;
    turn += 1;
    show();
  }, TURN_MS);

  document.addEventListener("htmx:afterSettle", show);
  document.addEventListener("htmx:sendError", () => tell(true));
  document.addEventListener("htmx:timeout", () => tell(true));
  document.addEventListener("htmx:responseError", () => tell(true));
  document.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.xhr.status < 400) tell(false);
  });
  show();
})();
