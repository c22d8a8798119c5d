"use strict";

// Draws what elements with data-feeds hold into the charts that they name, and again when they are replaced.

(() => {
  const HEIGHT = 180;
  const charts = new Map();

  function colours(place) {
    const style = getComputedStyle(place);
    return { line: style.color, grid: style.borderTopColor, text: style.outlineColor, second: style.textDecorationColor };
  }

  function faint(colour) {
    return colour.replace(/,/g, " ").replace(")", " / 0.12)");
  }

  function make(place, points) {
    const { line, grid, text, second } = colours(place);
    const names = JSON.parse(place.dataset.series);
    const strokes = [line, second];
    const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: "12px system-ui, sans-serif" };
    const options = {
      width: place.clientWidth,
      height: HEIGHT,
      cursor: { y: false },
      legend: { live: true },
      scales: { y: { range: (_, low, high) => [Math.min(0, low), Number(place.dataset.max) || Math.max(1, high * 1.1)] } },
      axes: [{ ...axis, values: "{HH}:{mm}", space: 60 }, { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] }],
      series: [
        { label: place.dataset.time, value: "{HH}:{mm}" },
        ...names.map((label, index) => ({
          label,
          stroke: strokes[index],
          width: 2,
          fill: index === 0 ? faint(line) : undefined,
          dash: index === 0 ? undefined : [4, 3],
          points: { show: false },
        })),
      ],
    };
    return new uPlot(options, points, place);
  }

  function feed(root) {
    const feeds = root.matches?.("[data-feeds]") ? [root] : [...root.querySelectorAll("[data-feeds]")];
    for (const source of feeds) {
      const place = document.getElementById(source.dataset.feeds);
      if (!place) continue;
      const points = JSON.parse(source.dataset.points);
      const known = charts.get(place);
      if (known) {
        known.setData(points);
      } else {
        const chart = make(place, points);
        charts.set(place, chart);
        new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
      }
    }
  }

  document.addEventListener("DOMContentLoaded", () => feed(document));
  document.addEventListener("htmx:afterSettle", () => {
    for (const place of charts.keys()) if (!place.isConnected) charts.delete(place);
    feed(document);
  });
})();
