"use strict";

// On the page of routes, a route is dragged by its handle to another place of the tree: before or behind another one, or
// below it. Without this file the buttons of a row move it among its siblings, and its form to another parent.

(() => {
  const ROW = "tr[data-route]";
  const PLACES = ["drop-before", "drop-below", "drop-behind"];
  let dragged = null;

  document.documentElement.classList.add("can-drag");

  const rows = () => [...document.querySelectorAll(ROW)];
  const idOf = (row) => row.dataset.route;

  function isWithin(row, other) {
    for (let each = row; each; each = document.querySelector(`tr[data-route="${each.dataset.parent}"]`)) {
      if (each === other) return true;
    }
    return false;
  }

  // Where a drop at this height of a row puts the route.
  function placeIn(row, y) {
    const { top, height } = row.getBoundingClientRect();
    const part = (y - top) / height;
    if (part < 0.3) return "drop-before";
    return part > 0.7 ? "drop-behind" : "drop-below";
  }

  function unmark() {
    rows().forEach((row) => row.classList.remove("dragged", ...PLACES));
  }

  function dropAt(event) {
    const row = document.elementFromPoint(event.clientX, event.clientY)?.closest(ROW);
    return row && !isWithin(row, dragged) ? { row, place: placeIn(row, event.clientY) } : null;
  }

  // Return all pairs of a route and its parent, in the order that the drop makes.
  function orderAfter({ row, place }) {
    const pairs = rows()
      .filter((each) => each !== dragged)
      .map((each) => [idOf(each), each.dataset.parent]);
    const parent = place === "drop-below" ? idOf(row) : row.dataset.parent;
    const at = pairs.findIndex(([id]) => id === idOf(row));
    pairs.splice(place === "drop-before" ? at : at + 1, 0, [idOf(dragged), parent]);
    return pairs.map((pair) => pair.join(":")).join(",");
  }

  function send(order) {
    const form = document.getElementById("route-order");
    form.elements.order.value = order;
    form.requestSubmit();
  }

  document.addEventListener("pointerdown", (event) => {
    const row = event.target.closest?.("[data-drags]")?.closest(ROW);
    if (!row || event.button !== 0) return;
    event.preventDefault();
    dragged = row;
    row.classList.add("dragged");
  });

  document.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    event.preventDefault();
    const drop = dropAt(event);
    rows().forEach((row) => row.classList.remove(...PLACES));
    drop?.row.classList.add(drop.place);
  });

  document.addEventListener("pointerup", (event) => {
    if (!dragged) return;
    // The page may have been renewed meanwhile.
    const drop = dragged.isConnected ? dropAt(event) : null;
    const order = drop && orderAfter(drop);
    unmark();
    dragged = null;
    if (order) send(order);
  });

  function giveUp() {
    unmark();
    dragged = null;
  }

  document.addEventListener("pointercancel", giveUp);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && dragged) giveUp();
  });
})();
