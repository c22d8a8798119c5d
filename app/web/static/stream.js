"use strict";

// The stream that says what has changed. Other scripts hear of it by events of the document:
// live:changed with the subjects, live:connection with "on", "off" or "silent".

(() => {
  const SILENT_MS = 4500; // the server says something every 2 s
  const HIDDEN_MS = 30_000;
  const PAUSES_MS = [1000, 2000, 4000, 8000, 8000, 15_000, 30_000, 60_000];
  let source = null;
  let isOn = false;
  let isKept = false;
  let failures = 0;
  let timer = 0;
  let hiding = 0;
  // The page is as old as its response. Not by performance.now(), which may stop while the machine sleeps.
  let heardAt = performance.timeOrigin + (performance.getEntriesByType("navigation")[0]?.responseStart || 0);

  function tell(name, detail) {
    document.dispatchEvent(new CustomEvent(`live:${name}`, { detail }));
  }

  function open() {
    if (source) return;
    source = new EventSource(`/live?age=${Math.max(0, Math.ceil(Date.now() - heardAt))}`);
    source.onmessage = hear;
    source.onerror = () => fail("off");
    source.addEventListener("end", () => fail("off"));
    expect();
  }

  function expect() {
    clearTimeout(timer);
    timer = setTimeout(() => fail(isOn ? "silent" : "off"), SILENT_MS);
  }

  function hear({ data }) {
    heardAt = Date.now();
    expect();
    const { changed } = JSON.parse(data);
    if (!isOn) {
      isOn = true;
      failures = 0;
      tell("connection", "on");
    }
    if (changed) tell("changed", changed);
  }

  function close() {
    clearTimeout(timer);
    source?.close();
    source = null;
    isOn = false;
  }

  function fail(state) {
    close();
    tell("connection", state);
    timer = setTimeout(open, PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)]);
    failures += 1;
  }

  // A browser opens few connections to a server: pages that nobody sees hold none.
  function look() {
    clearTimeout(hiding);
    if (!document.hidden || isKept) {
      open();
    } else {
      hiding = setTimeout(() => {
        close();
        tell("connection", "off");
      }, HIDDEN_MS);
    }
  }

  document.addEventListener("visibilitychange", look);
  document.addEventListener("live:keep", (event) => {
    isKept = event.detail;
    look();
  });
  document.addEventListener("live:reconnect", () => {
    close();
    open();
  });
  window.addEventListener("offline", () => fail("silent"));
  window.addEventListener("online", () => document.dispatchEvent(new CustomEvent("live:reconnect")));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => event.persisted && look());
  // Not before the other scripts listen: they may still be on their way.
  document.addEventListener("DOMContentLoaded", look);
})();
