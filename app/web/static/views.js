"use strict";

// Saved views: how much each finds, and the filter that is set now in the link that saves it.

(() => {
  const AGAIN_MS = 120000;
  const all = (selector) => [...document.querySelectorAll(selector)];

  async function count() {
    if (document.hidden || !all("[data-view-count]").length) return;
    const answer = await fetch("/views/counts", { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const counts = await answer.json();
    for (const place of all("[data-view-count]")) place.textContent = counts[place.dataset.viewCount] ?? "";
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-saves-view]");
    if (link) link.href = `/views/new?back=${encodeURIComponent(location.pathname + location.search)}`;
  });

  document.addEventListener("visibilitychange", count);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id === "main") count();
  });
  setInterval(count, AGAIN_MS);
  count();
})();
