"use strict";

// Fetches the parts of a page that have changed, and says how old the page is.

(() => {
  const GAP_MS = 1000;
  const REST = 20; // a part that takes long to fetch is fetched less often: at most 5 % of the time
  const IDLE_S = 30; // of parts whose changes are told: for the times in them
  const UNTOLD_S = 10;
  const RETRY_S = 3;
  const SLOW_MS = 5000;
  const TIMEOUT_MS = 15_000;
  const MOST_S = 60;
  const GROWTH = 1.5;

  const find = (selector, root = document) => root.querySelector(selector);
  const regions = () => [...document.querySelectorAll("[data-live]")];
  const line = find("#live");
  const texts = find("#live-texts").dataset;
  const known = new Map();
  const slow = new Set();
  let connection = "connecting";
  let isPaused = false;
  let isForced = false;
  let answeredAt = new Date();
  let isAnswered = true;
  let growth = 1;

  function about(region) {
    if (!known.has(region.id)) known.set(region.id, { fetchedAt: performance.now(), took: 0, isDue: false, etag: "", address: "" });
    return known.get(region.id);
  }

  // Why a part is left alone: the name of a text, or nothing.
  function use(region) {
    if (find("dialog[open], details[open]", region)) return "dialog";
    const ticked = [...region.querySelectorAll("input:checked")].some((input) => !input.defaultChecked);
    const selection = getSelection();
    if (ticked || (!selection.isCollapsed && region.contains(selection.anchorNode))) return "selecting";
    const focused = document.activeElement;
    if (!region.contains(focused) || !focused.matches(":focus-visible")) return "";
    return focused.matches("input, textarea, select") ? "typing" : "focus";
  }

  function interval(region) {
    const seconds = Number(region.dataset.seconds);
    if (!isAnswered) return Math.min(RETRY_S * growth, MOST_S);
    if (connection !== "on") return Math.min(seconds * growth, MOST_S);
    return region.dataset.live ? Number(region.dataset.idle) || IDLE_S : Math.max(seconds, UNTOLD_S);
  }

  function look() {
    for (const region of document.hidden ? [] : regions()) {
      const state = about(region);
      const rests = performance.now() - state.fetchedAt;
      if (rests >= interval(region) * 1000) state.isDue = true;
      if (!state.isDue || state.isFetching || rests < Math.max(GAP_MS, REST * state.took)) continue;
      if (!isForced && (isPaused || use(region))) continue;
      state.isForced = isForced;
      htmx.trigger(region, "refresh");
    }
    isForced = false;
    show();
  }

  function mark(subjects) {
    for (const region of regions()) {
      const shown = region.dataset.live.split(" ");
      if (subjects.some((subject) => subject === "*" || shown.includes(subject))) about(region).isDue = true;
    }
    look();
  }

  // What the head of the page says.

  function reason() {
    return regions().map(use).find(Boolean) || "";
  }

  function clock(at) {
    return at.toLocaleTimeString([], { hour12: false });
  }

  function words(used) {
    if (slow.size) return texts.slow;
    if (connection === "silent" || !isAnswered) return texts.silent.replace("{time}", clock(answeredAt));
    if (isPaused || used) {
      const isWaiting = regions().some((region) => about(region).isDue);
      return texts[isPaused ? "paused" : used] + (isWaiting ? ` · ${texts.waiting}` : "");
    }
    if (connection !== "off") return connection === "on" ? texts.on : texts.connecting;
    return texts.polling.replace("{seconds}", Math.round(Math.min(...regions().map(interval))));
  }

  function show() {
    const used = reason();
    const text = words(used);
    const isSilent = slow.size > 0 || connection === "silent" || !isAnswered;
    const state = find("[data-live-state]", line);
    if (state.textContent !== text) state.textContent = text; // otherwise it would be read aloud again
    line.dataset.state = isSilent ? "silent" : isPaused || used ? "paused" : connection;
    const time = find("time", line);
    time.textContent = clock(answeredAt);
    time.dateTime = answeredAt.toISOString();
    time.parentElement.hidden = isSilent;
    find("[data-live-resume]", line).hidden = !isPaused && !used;
    find("[data-live-pause]", line).hidden = isPaused || Boolean(used);
    document.body.classList.toggle("is-stale", isSilent);
    line.hidden = false;
  }

  line.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.matches("[data-live-pause]")) isPaused = true;
    else if (button?.matches("[data-live-resume]")) {
      isPaused = false;
      isForced = true;
      regions().forEach((region) => (about(region).isDue = true));
    } else return;
    look();
    find(isPaused ? "[data-live-resume]" : "[data-live-pause]", line).focus();
  });

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

  document.addEventListener("htmx:beforeSend", (event) => {
    const { elt, xhr } = event.detail;
    const state = elt.matches("[data-live]") ? about(elt) : null;
    const sentAt = performance.now();
    const timer = setTimeout(() => {
      slow.add(xhr);
      show();
    }, SLOW_MS);
    if (state) Object.assign(state, { isDue: false, isFetching: true });
    xhr.addEventListener("loadend", () => {
      clearTimeout(timer);
      slow.delete(xhr);
      isAnswered = xhr.status > 0 && xhr.status < 500;
      if (isAnswered) answeredAt = new Date();
      if (state) Object.assign(state, { isFetching: false, fetchedAt: performance.now(), took: performance.now() - sentAt });
      growth = state && xhr.status !== 200 ? Math.min(growth * GROWTH, MOST_S) : 1;
      show();
    });
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { elt, xhr } = event.detail;
    if (!elt.matches("[data-live]")) {
      known.clear(); // an action or a filter shows something that no answer to a question of ours said
    } else if (xhr.status === 304) {
      event.detail.shouldSwap = false;
    } else if (xhr.status === 200) {
      const state = about(elt);
      // Between request and answer somebody may have begun to use it.
      event.detail.shouldSwap = state.isForced || !use(elt);
      state.etag = event.detail.shouldSwap ? xhr.getResponseHeader("ETag") : "";
      state.isDue ||= !event.detail.shouldSwap;
    }
  });

  document.addEventListener("live:changed", (event) => mark(event.detail));
  document.addEventListener("live:connection", (event) => {
    // Whether the server stands still or only the stream is broken, an ordinary request shows.
    about(find("#status")).isDue = connection !== "connecting" || event.detail !== "on";
    connection = event.detail;
    growth = 1;
    look();
  });
  document.addEventListener("visibilitychange", look);
  setInterval(() => document.hidden || look(), GAP_MS);
  show();
})();
