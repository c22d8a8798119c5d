"use strict";

// The number of open critical alerts in the title and the icon; a notification and a sound for new ones, if asked for.

(() => {
  const find = (selector) => document.querySelector(selector);
  const icon = find("#favicon");
  const plainIcon = icon.href;
  const text = find("#alarm-texts").dataset;
  const isOn = (name) => localStorage.getItem(`nagare.${name}`) === "on";
  const settings = [...document.querySelectorAll("[data-alarm]")];
  const TOLD_ONE_BY_ONE = 3;
  let isConnected = false;
  let isToldAll = false;
  let isKeeper = false;
  let release = null;
  let audio = null;
  let count = null;

  // The number.

  function draw(number) {
    const label = number > 99 ? "99" : String(number);
    const badge = `<circle cx="21" cy="11" r="11" fill="#d92d20"/><text x="21" y="16" font-size="14" font-weight="700" font-family="sans-serif" text-anchor="middle" fill="#fff">${label}</text>`;
    const base = `<rect width="32" height="32" rx="8" fill="#0e6b87"/><path d="M5 20c4-4 7 4 11 0s7-4 11 0" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/>`;
    return `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${base}${badge}</svg>`)}`;
  }

  function tellCount() {
    const told = find("#status")?.dataset.critical;
    const number = told === undefined ? count : Number(told);
    const title = document.title.replace(/^\(\d+\) /, "");
    document.title = number ? `(${number}) ${title}` : title;
    const href = number ? draw(number) : plainIcon;
    if (icon.href !== href) icon.href = href;
    // Without the stream, or if it has lost something, nobody says which alerts are new.
    if (!isToldAll && count !== null && number > count) alarm([], number - count);
    count = number;
    isToldAll = isConnected;
  }

  // Notification and sound: one tab of a browser speaks for all.

  function beep() {
    audio ??= new AudioContext();
    audio.resume();
    for (const [start, frequency] of [[0, 880], [0.25, 660]]) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0.2, audio.currentTime + start);
      volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + start + 0.2);
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + start);
      tone.stop(audio.currentTime + start + 0.2);
    }
  }

  function notify(title, body, path, tag) {
    const shown = new Notification(title, { body, tag, icon: plainIcon, renotify: true });
    shown.onclick = () => {
      window.focus();
      location.assign(path);
      shown.close();
    };
  }

  function alarm(alerts, number) {
    if (!isKeeper || !number) return;
    if (isOn("sound")) beep();
    if (!isOn("notify") || window.Notification?.permission !== "granted") return;
    if (alerts.length && number <= TOLD_ONE_BY_ONE) {
      for (const { id, message, host } of alerts) notify(message, host, `/alerts/${id}`, `nagare-${id}`);
    } else {
      notify(text.many.replace("{count}", number), "", "/alerts?severity=2&status=0", "nagare");
    }
  }

  document.addEventListener("live:changed", async ({ detail }) => {
    if (detail.includes("*")) isToldAll = false;
    const ids = detail.filter((subject) => subject.startsWith("critical:")).map((subject) => subject.slice(9));
    if (!ids.length || !isKeeper) return;
    const answer = await fetch(`/live/critical?ids=${ids.join(",")}`);
    if (!answer.ok) return;
    const { alerts, count: number } = await answer.json();
    alarm(alerts, number);
  });

  document.addEventListener("live:connection", ({ detail }) => {
    isConnected = detail === "on";
  });

  // Settings.

  function stand() {
    const wants = isOn("notify") || isOn("sound");
    for (const box of settings) box.checked = isOn(box.dataset.alarm);
    if (!wants) {
      release?.();
      keep(false);
    } else if (!navigator.locks) {
      keep(true); // a browser has locks and notifications over HTTPS only
    } else if (!release) {
      navigator.locks.request("nagare-alarms", () => {
        release = null;
        if (!isOn("notify") && !isOn("sound")) return null;
        keep(true);
        return new Promise((resolve) => {
          release = () => {
            release = null;
            resolve();
          };
        });
      });
      release = () => {}; // it is being asked for
    }
  }

  function keep(is) {
    isKeeper = is;
    document.dispatchEvent(new CustomEvent("live:keep", { detail: is }));
  }

  async function change(box) {
    const isNotify = box.dataset.alarm === "notify";
    const permission = isNotify && box.checked ? await window.Notification?.requestPermission() : "granted";
    const refused = find("[data-alarm-refused]");
    if (isNotify) refused.hidden = permission === "granted";
    box.checked &&= permission === "granted";
    localStorage.setItem(`nagare.${box.dataset.alarm}`, box.checked ? "on" : "off");
    if (box.checked && !isNotify) beep();
    stand();
  }

  document.addEventListener("change", (event) => event.target.matches("[data-alarm]") && change(event.target));
  window.addEventListener("storage", stand);
  document.addEventListener("htmx:afterSettle", tellCount);
  tellCount();
  stand();
})();
