"use strict";

// The line at the head of the page: live or not, paused and why, how old; and the buttons to pause and to resume.

(() => {
  const line = document.querySelector("#live");
  const find = (selector) => line.querySelector(selector);
  const texts = document.querySelector("#live-texts").dataset;
  const pause = find("[data-live-pause]");
  const resume = find("[data-live-resume]");
  let lastShown = "";

  function clock(at) {
    return at.toLocaleTimeString([], { hour12: false });
  }

  function words({ answeredAt, connection, isAnswered, isPaused, isSlow, isTroubled, isWaiting, used }) {
    if (isSlow) return texts.slow;
    if (!isAnswered) return texts[isTroubled ? "troubled" : "silent"].replace("{time}", clock(answeredAt));
    if (isPaused || used) return texts[isPaused ? "paused" : used] + (isWaiting ? ` · ${texts.waiting}` : "");
    return texts[connection];
  }

  document.addEventListener("live:state", ({ detail }) => {
    const { answeredAt, connection, isAnswered, isPaused, isSlow, used } = detail;
    const text = words(detail);
    const isSilent = isSlow || !isAnswered;
    const isHeld = isPaused || Boolean(used);
    const state = isSilent ? "silent" : isHeld ? "paused" : connection;
    const shown = [text, state, isHeld, clock(answeredAt)].join();
    if (shown === lastShown) return;
    lastShown = shown;
    line.dataset.state = state;
    const sentence = find("[data-live-state]");
    if (sentence.textContent !== text) sentence.textContent = text; // otherwise it would be read aloud again
    const time = find("time");
    time.textContent = clock(answeredAt);
    time.dateTime = answeredAt.toISOString();
    time.parentElement.hidden = isSilent;
    resume.hidden = !isHeld;
    pause.hidden = isHeld;
    document.body.classList.toggle("is-stale", isSilent);
    line.hidden = false;
  });

  line.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button !== pause && button !== resume) return;
    document.dispatchEvent(new CustomEvent("live:pause", { detail: button === pause }));
    (pause.hidden ? resume : pause).focus();
  });
})();
