"use strict";

// In the calendar of a rota, days are chosen for an override: by dragging over them with a mouse, or one after the
// other by touch and keyboard. Without this file the override's form is filled in by hand.

(() => {
  const dayOf = (target) => target.closest?.("[data-picks] [data-day]");
  const daysBetween = (one, other) => {
    const days = [...one.closest("[data-picks]").querySelectorAll("[data-day]")];
    const [first, last] = [days.indexOf(one), days.indexOf(other)].sort((a, b) => a - b);
    return days.slice(first, last + 1);
  };
  let dragged = null;
  let picked = null;

  function mark(days) {
    document.querySelectorAll("[data-day].picked").forEach((day) => day.classList.remove("picked"));
    days.forEach((day) => day.classList.add("picked"));
  }

  function open(days) {
    const dialog = document.getElementById(days[0].closest("[data-picks]").dataset.picks);
    dialog.querySelector("[name=starts_at]").value = days[0].dataset.from;
    dialog.querySelector("[name=ends_at]").value = days.at(-1).dataset.until;
    dialog.addEventListener("close", () => mark([]), { once: true });
    picked = null;
    dialog.showModal();
  }

  document.addEventListener("pointerdown", (event) => {
    // By touch a drag scrolls the page.
    if (event.pointerType === "mouse" && event.button === 0) dragged = dayOf(event.target);
  });

  document.addEventListener("pointermove", (event) => {
    const day = dragged && dayOf(event.target);
    if (!day || (day === dragged && !document.querySelector("[data-day].picked"))) return;
    event.preventDefault();
    mark(daysBetween(dragged, day));
  });

  document.addEventListener("pointerup", (event) => {
    const [first, last] = [dragged, dayOf(event.target)];
    dragged = null;
    if (first && last && first !== last) open(daysBetween(first, last));
  });

  document.addEventListener("click", (event) => {
    const day = dayOf(event.target);
    if (!day || document.querySelector("dialog[open]")) return;
    if (picked?.isConnected) {
      const days = daysBetween(picked, day);
      mark(days);
      open(days);
    } else {
      picked = day;
      mark([day]);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !picked) return;
    picked = null;
    mark([]);
  });
})();
