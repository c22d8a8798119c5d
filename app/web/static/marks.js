"use strict";

// Draws what happened into a chart: each element with data-at in a list with data-marks-of is a vertical line.

(() => {
  function draw(chart, id) {
    const { ctx, bbox } = chart;
    const { min, max } = chart.scales.x;
    ctx.save();
    ctx.lineWidth = window.devicePixelRatio || 1;
    ctx.setLineDash([4 * ctx.lineWidth, 3 * ctx.lineWidth]);
    for (const mark of document.querySelectorAll(`[data-marks-of="${id}"] [data-at]`)) {
      const at = Number(mark.dataset.at);
      if (at < min || at > max) continue;
      // Between two pixels, a thin line would be a blurred one.
      const x = Math.round(chart.valToPos(at, "x", true)) + (ctx.lineWidth % 2) / 2;
      ctx.strokeStyle = getComputedStyle(mark).color;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  }

  // A click on a place of the chart leads to what happened then; dragging still zooms.
  function lead(chart, address) {
    let pressed = null;
    chart.over.addEventListener("mousedown", (event) => {
      pressed = event.clientX;
    });
    chart.over.addEventListener("click", (event) => {
      if (pressed === null || Math.abs(event.clientX - pressed) > 3) return;
      const at = new Date(chart.posToVal(event.offsetX, "x") * 1000);
      location.href = `${address}${encodeURIComponent(`${at.toISOString().slice(0, 19)}Z`)}#changes`;
    });
  }

  document.addEventListener("chart:made", (event) => {
    const place = event.target;
    const chart = event.detail;
    (chart.hooks.draw ??= []).push(() => draw(chart, place.id));
    if (place.dataset.leadsTo) lead(chart, place.dataset.leadsTo);
    chart.redraw(false, false);
  });
})();
