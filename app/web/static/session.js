"use strict";

// When the session has ended, the page stays: its user signs in over it, and what was interrupted goes on.

(() => {
  const find = (selector, root = document) => root.querySelector(selector);
  const dialog = find("#session-ended");
  const form = find("form", dialog);
  const wrong = find("[data-wrong]", dialog);
  const UNGUARDED = ["/sign-in", "/sign-out", "/preferences"];
  let goOn = null;
  let isDismissed = false;

  function ask(then) {
    goOn = then || goOn;
    if (dialog.open || (isDismissed && !then)) return;
    wrong.textContent = "";
    dialog.showModal();
    form.elements.password.focus();
  }

  // Take over the session that the browser has now, if it is the same user's. Whether it has one.
  async function takeOver() {
    const answer = await fetch("/session", { headers: { "HX-Request": "true" } });
    if (!answer.ok) return false;
    const { username, csrf_token: token } = await answer.json();
    if (username !== form.dataset.username) {
      location.reload(); // what the page shows is not this user's
      return true;
    }
    find("meta[name=csrf-token]").content = token;
    for (const input of document.querySelectorAll("input[name=csrf_token]")) input.value = token;
    return true;
  }

  async function signIn() {
    const page = await read(await fetch("/sign-in"));
    const given = new URLSearchParams({
      username: form.elements.username.value,
      password: form.elements.password.value,
      csrf_token: find("meta[name=csrf-token]", page).content,
    });
    const answer = await fetch("/sign-in", { method: "POST", body: given, redirect: "manual" });
    if (answer.type === "opaqueredirect") return "";
    return find(".banner", await read(answer))?.textContent.trim() || answer.statusText;
  }

  async function read(answer) {
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  function resume() {
    dialog.close();
    isDismissed = false;
    const then = goOn;
    goOn = null;
    document.dispatchEvent(new CustomEvent("live:reconnect"));
    document.dispatchEvent(new CustomEvent("live:changed", { detail: ["*"] }));
    then?.();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = find("button", form);
    button.disabled = true;
    try {
      wrong.textContent = await signIn();
      if (!wrong.textContent && (await takeOver())) resume();
    } catch {
      wrong.textContent = find("#offline-text").content.textContent;
    } finally {
      form.elements.password.value = "";
      button.disabled = false;
    }
  });

  dialog.addEventListener("cancel", () => {
    isDismissed = true;
    goOn = null;
  });

  // Send again what was refused.
  function again({ elt, requestConfig }) {
    if (elt.matches("[data-live]")) return null;
    const { submitter } = requestConfig.triggeringEvent || {};
    return () => (elt.matches("form") ? elt.requestSubmit(submitter?.isConnected ? submitter : null) : elt.click());
  }

  document.addEventListener("htmx:beforeOnLoad", async (event) => {
    const { xhr } = event.detail;
    const isExpired = xhr.status === 403 && xhr.responseText.includes('data-code="form_expired"');
    if (xhr.status !== 401 && !isExpired) return;
    event.preventDefault();
    const then = again(event.detail);
    if (isExpired && (await takeOver())) then?.();
    else ask(then);
  });

  // A form that is sent without htmx leaves the page: only with a session that is known to be good.
  document.addEventListener("submit", async (event) => {
    const sent = event.target;
    // Not sent.method and sent.action: a field of that name would take their place.
    const path = sent.getAttribute("action") || location.pathname;
    if (sent.getAttribute("method") !== "post" || sent === form || sent.matches("[hx-post]") || event.submitter?.matches("[hx-post]")) return;
    if (UNGUARDED.includes(path) || sent.dataset.isGuarded) return;
    event.preventDefault();
    const { submitter } = event;
    const send = () => {
      sent.dataset.isGuarded = "yes";
      sent.requestSubmit(submitter);
    };
    try {
      if (await takeOver()) send();
      else ask(send);
    } catch {
      htmx.trigger(document.body, "htmx:sendError");
    }
  });
})();
