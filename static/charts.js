/* The value under the pointer, the finger or the keyboard, beside a chart's title. Without this file a pointer shows it
   as a tooltip, and the table has every number. */
(() => {
  "use strict";

  const points = (plot) => [...plot.querySelectorAll(".portal-chart-point")];

  function choose(plot, at) {
    const all = points(plot);
    const index = Math.max(0, Math.min(all.length - 1, at));
    const point = all[index];
    if (!point) return;
    for (const each of all) each.classList.toggle("portal-chart-chosen", each === point);
    plot.closest("figure").querySelector(".portal-chart-value").textContent = point.dataset.label;
    plot.setAttribute("aria-valuenow", String(index));
    plot.setAttribute("aria-valuetext", point.dataset.label);
  }

  function prepare() {
    for (const plot of document.querySelectorAll(".portal-chart-plot:not([role])")) {
      const last = points(plot).length - 1;
      if (last < 0) continue;
      plot.setAttribute("role", "slider");
      plot.setAttribute("tabindex", "0");
      plot.setAttribute("aria-label", plot.querySelector("svg > title").textContent);
      plot.setAttribute("aria-valuemin", "0");
      plot.setAttribute("aria-valuemax", String(last));
      plot.setAttribute("aria-valuenow", String(last));
      plot.setAttribute("aria-valuetext", points(plot)[last].dataset.label);
      // Our own line says the value: a tooltip beside it would say it twice.
      for (const title of plot.querySelectorAll(".portal-chart-point > title")) title.remove();
    }
  }

  function pointed(event) {
    const point = event.target.closest && event.target.closest(".portal-chart-point");
    const plot = point && point.closest(".portal-chart-plot[role]");
    if (plot) choose(plot, points(plot).indexOf(point));
  }

  function pressed(event) {
    const plot = event.target.closest && event.target.closest(".portal-chart-plot[role]");
    if (!plot || event.altKey || event.ctrlKey || event.metaKey) return;
    const now = Number(plot.getAttribute("aria-valuenow"));
    const forward = getComputedStyle(plot).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -7, PageUp: 7, Home: -Infinity, End: Infinity };
    let step = steps[event.key];
    if (step === undefined) return;
    if (forward === "ArrowLeft" && (event.key === "ArrowLeft" || event.key === "ArrowRight")) step = -step;
    event.preventDefault();
    choose(plot, now + step);
  }

  document.addEventListener("pointerover", pointed);
  document.addEventListener("pointerdown", pointed);
  document.addEventListener("keydown", pressed);
  document.addEventListener("portal:shown", prepare);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", prepare);
  else prepare();
})();
