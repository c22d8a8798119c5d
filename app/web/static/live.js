"use strict";

// Fetches the parts of a page that have changed, unless somebody is at them.

(() => {
  const GAP_MS = 1000;
  const REST = 20; // a part that takes long to fetch is fetched less often: at most 5 % of the time
  const MOST_GAP_MS = 30_000;
  const IDLE_S = 30; // of parts whose changes are told: for the times in them
  const UNTOLD_S = 10;
  const RETRY_S = 3;
  const SLOW_MS = 5000;
  const TIMEOUT_MS = 15_000;
  const MOST_S = 60;
  const GROWTH = 1.5;

  const find = (selector, root = document) => root.querySelector(selector);
  const regions = () => [...document.querySelectorAll("[data-live]")];
  const known = new Map();
  const slow = new Set();
  let connection = "connecting";
  let isPaused = false;
  let isForced = false;
  let answeredAt = new Date();
  let isAnswered = true;
  let isTroubled = false; // it answers, but cannot do what it is asked
  let growth = 1;

  function about(region) {
    if (!known.has(region.id)) known.set(region.id, { fetchedAt: performance.now(), took: 0, isDue: false, etag: "", address: "" });
    return known.get(region.id);
  }

  // Why a part is left alone: the name of a text, or nothing.
  function use(region) {
    // Also a question that stands outside: the button that asked must still be there when it is answered.
    if (find("details[open]", region) || find("dialog[open]")) return "dialog";
    const ticked = [...region.querySelectorAll("input:checked")].some((input) => !input.defaultChecked);
    const selection = getSelection();
    if (ticked || (!selection.isCollapsed && region.contains(selection.anchorNode))) return "selecting";
    const focused = document.activeElement;
    if (!region.contains(focused) || !focused.matches(":focus-visible")) return "";
    return focused.matches("input, textarea, select") ? "typing" : "focus";
  }

  function interval(region) {
    const seconds = Number(region.dataset.seconds);
    if (document.hidden) return MOST_S;
    if (!isAnswered) return Math.min(RETRY_S * growth, MOST_S);
    if (connection !== "on") return Math.min(seconds * growth, MOST_S);
    return region.dataset.live ? Number(region.dataset.idle) || IDLE_S : Math.max(seconds, UNTOLD_S);
  }

  function gap(state) {
    return Math.min(Math.max(GAP_MS, REST * state.took), MOST_GAP_MS);
  }

  // The state of nagare itself: it tells that the session has ended, also while the content is paused.
  function isHead(region) {
    return region.id === "status";
  }

  function look() {
    // Of a page that nobody sees, the title and the icon go on telling how many alerts are critical.
    for (const region of document.hidden ? regions().filter(isHead) : regions()) {
      const state = about(region);
      const rests = performance.now() - state.fetchedAt;
      if (rests >= interval(region) * 1000) state.isDue = true;
      if (!state.isDue || state.isFetching || rests < gap(state)) continue;
      if (!isForced && ((isPaused && !isHead(region)) || use(region))) continue;
      state.isForced = isForced;
      htmx.trigger(region, "refresh");
    }
    isForced = false;
    show();
  }

  function mark(subjects) {
    for (const region of regions()) {
      const shown = region.dataset.live.split(" ");
      if (subjects.some((subject) => subject === "*" || shown.includes(subject))) Object.assign(about(region), { isDue: true, isTold: true });
    }
    look();
  }

  // What live_line.js shows.
  function show() {
    const detail = {
      answeredAt,
      connection,
      isPaused,
      used: regions().map(use).find(Boolean) || "",
      isWaiting: regions().some((region) => about(region).isTold),
      isSlow: slow.size > 0,
      isAnswered,
      isTroubled,
    };
    document.dispatchEvent(new CustomEvent("live:state", { detail }));
  }

  // Requests.

  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, headers, path } = event.detail;
    if (!elt.matches("[data-live]")) return;
    const state = about(elt);
    headers["X-Live"] = elt.id;
    if (state.etag && state.address === path) headers["If-None-Match"] = state.etag;
    state.address = path;
    event.detail.timeout = TIMEOUT_MS;
  });

  function noteAnswer(status) {
    const is = status > 0 && status < 500;
    if (is && !isAnswered) document.dispatchEvent(new CustomEvent("live:reconnect"));
    isAnswered = is;
    isTroubled = status >= 500;
    if (is && connection === "silent") connection = "connecting";
    if (is) answeredAt = new Date();
  }

  document.addEventListener("htmx:beforeSend", (event) => {
    const { elt, xhr } = event.detail;
    const state = elt.matches("[data-live]") ? about(elt) : null;
    const sentAt = performance.now();
    const timer = setTimeout(() => {
      slow.add(xhr);
      show();
    }, SLOW_MS);
    if (state) Object.assign(state, { isDue: false, isTold: false, isFetching: true });
    xhr.addEventListener("loadend", () => {
      clearTimeout(timer);
      slow.delete(xhr);
      noteAnswer(xhr.status);
      const at = performance.now();
      if (state) Object.assign(state, { isFetching: false, fetchedAt: at, took: xhr.status === 200 ? at - sentAt : state.took });
      growth = state && xhr.status !== 200 ? Math.min(growth * GROWTH, MOST_S) : 1;
      show();
    });
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { elt, xhr, requestConfig } = event.detail;
    if (!elt.matches("[data-live]") || requestConfig.elt !== elt) {
      known.clear(); // an action or a filter shows something that no answer to a question of ours said
    } else if (xhr.status === 304) {
      event.detail.shouldSwap = false;
    } else if (xhr.status === 200) {
      const state = about(elt);
      // Between request and answer somebody may have begun to use it.
      event.detail.shouldSwap = state.isForced || !use(elt);
      state.etag = event.detail.shouldSwap ? xhr.getResponseHeader("ETag") : "";
      if (!event.detail.shouldSwap) state.isDue = state.isTold = true;
    }
  });

  document.addEventListener("live:pause", (event) => {
    isPaused = event.detail;
    if (!isPaused) {
      isForced = true;
      regions().forEach((region) => (about(region).isDue = true));
    }
    look();
  });

  document.addEventListener("live:changed", (event) => mark(event.detail));
  document.addEventListener("live:connection", (event) => {
    // Whether the server stands still or only the stream is broken, an ordinary request shows.
    about(find("#status")).isDue = connection !== "connecting" || event.detail !== "on";
    connection = event.detail;
    if (connection !== "off") isAnswered = connection === "on";
    growth = 1;
    look();
  });
  document.addEventListener("visibilitychange", look);
  setInterval(look, GAP_MS);
  show();
})();
