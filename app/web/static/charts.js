"use strict";

// Draws what elements with data-feeds hold into the charts that they name, and again when they are replaced.

(() => {
  const HEIGHT = 180;
  const charts = new Map();
  const time = uPlot.fmtDate("{HH}:{mm}");
  const day = uPlot.fmtDate("{MM}-{DD}");
  const dateAndTime = uPlot.fmtDate("{MM}-{DD} {HH}:{mm}");

  function colours(place) {
    const style = getComputedStyle(place);
    return { line: style.color, grid: style.borderTopColor, text: style.outlineColor, second: style.textDecorationColor };
  }

  function faint(colour) {
    return colour.replace(/,/g, " ").replace(")", " / 0.12)");
  }

  // Numbers of any size in few characters.
  function short(value) {
    if (value === null || value === undefined) return "–";
    const size = Math.abs(value);
    const rounded = Number(value.toPrecision(8));
    return size >= 1e7 || (size > 0 && size < 1e-4) ? rounded.toExponential() : String(rounded);
  }

  // Of counts, which begin at 0, and of scores, which end at 100.
  function wholeNumbers(place) {
    return {
      scales: { y: { range: (_, low, high) => [Math.min(0, low), Number(place.dataset.max) || Math.max(1, high * 1.1)] } },
      axis: { size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] },
      ofSeries: (index, line) => ({ fill: index === 0 ? faint(line) : undefined, dash: index === 0 ? undefined : [4, 3], points: { show: false } }),
    };
  }

  // Whether a time is a part of that of the points: somebody has zoomed.
  function isCloser({ data: [times] }, min, max) {
    return min > times[0] || max < times.at(-1);
  }

  // The time that the axis shows as a whole, if it is fixed.
  function windowOf(place) {
    return place.dataset.window ? JSON.parse(place.dataset.window) : null;
  }

  // Of any numbers: the axis of values is as long as they need, the axis of time as the reader chose.
  function anyNumbers(place, line) {
    return {
      scales: { x: { range: (chart, min, max) => (isCloser(chart, min, max) ? [min, max] : windowOf(place)) } },
      axis: {
        values: (_, ticks) => ticks.map(short),
        size: (_, labels) => Math.max(44, 20 + 7 * Math.max(...(labels ?? []).map((label) => label.length), 0)),
      },
      bands: [{ series: [1, 2], fill: faint(line) }],
      ofSeries: () => ({ value: (_, value) => short(value) }),
    };
  }

  // On a chart of many days, the time of day alone would be the same at every tick.
  function moment(chart, at, whole = false) {
    const { min, max } = chart.scales.x;
    const isLong = max - min > 48 * 3600;
    const date = new Date(at * 1000);
    return isLong ? (whole ? dateAndTime : day)(date) : time(date);
  }

  function make(place, points) {
    const { line, grid, text, second } = colours(place);
    const names = JSON.parse(place.dataset.series);
    const strokes = [line, second];
    const kind = "fits" in place.dataset ? anyNumbers(place, line) : wholeNumbers(place);
    const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: "12px system-ui, sans-serif" };
    const options = {
      width: place.clientWidth,
      height: HEIGHT,
      cursor: { y: false },
      legend: { live: true },
      scales: kind.scales,
      bands: kind.bands,
      axes: [
        { ...axis, values: (chart, ticks) => ticks.map((tick) => moment(chart, tick)), space: 60 },
        { ...axis, ...kind.axis },
      ],
      series: [
        { label: place.dataset.time, value: (chart, at) => (at === null ? "–" : moment(chart, at, true)) },
        ...names.map((label, index) => ({ label, stroke: strokes[index], width: 2, ...kind.ofSeries(index, line) })),
      ],
    };
    return new uPlot(options, points, place);
  }

  // What the reader has zoomed to stays, unless the axis has a fixed time and that is another one now.
  function renew(chart, points, before, now) {
    const { min, max } = chart.scales.x;
    const isSame = !before || Math.abs(now[1] - now[0] - (before[1] - before[0])) < 2;
    const isZoomed = isSame && isCloser(chart, min, max);
    chart.setData(points, !isZoomed);
    if (isZoomed) chart.setScale("x", { min, max });
  }

  function feed(root) {
    const feeds = root.matches?.("[data-feeds]") ? [root] : [...root.querySelectorAll("[data-feeds]")];
    for (const source of feeds) {
      const place = document.getElementById(source.dataset.feeds);
      if (!place) continue;
      const points = JSON.parse(source.dataset.points);
      const before = windowOf(place);
      if (source.dataset.window) place.dataset.window = source.dataset.window;
      const known = charts.get(place);
      if (known) {
        renew(known, points, before, windowOf(place));
      } else {
        const chart = make(place, points);
        charts.set(place, chart);
        place.dispatchEvent(new CustomEvent("chart:made", { bubbles: true, detail: chart }));
        new ResizeObserver(() => place.clientWidth && chart.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
      }
    }
  }

  document.addEventListener("DOMContentLoaded", () => feed(document));
  document.addEventListener("htmx:afterSettle", () => {
    for (const place of charts.keys()) if (!place.isConnected) charts.delete(place);
    feed(document);
  });
})();
