// Printing: charts as wide as the paper, every table open, light colours; afterwards all is as it was. CSS alone cannot
// open what is closed nor draw a chart anew. The rules are in 90-print.css.
(function () {
  "use strict";

  var root = document.documentElement, opened = [];

  function draw(change) {
    document.querySelectorAll("[data-graph] .js-plotly-plot").forEach(function (chart) {
      window.Plotly.relayout(chart, change(chart));
    });
  }

  function begin() {
    if (root.classList.contains("tm-printing")) { return; }
    root.classList.add("tm-printing");
    root.dataset.shownIn = root.dataset.bsTheme;
    root.dataset.bsTheme = "light";
    opened = Array.from(document.querySelectorAll("#main details:not([open])"));
    opened.forEach(function (one) { one.open = true; });
    draw(function (chart) { return { width: chart.parentElement.clientWidth, height: chart.clientHeight }; });
  }

  function end() {
    if (!root.classList.contains("tm-printing")) { return; }
    root.classList.remove("tm-printing");
    root.dataset.bsTheme = root.dataset.shownIn;
    delete root.dataset.shownIn;
    opened.forEach(function (one) { one.open = false; });
    draw(function () { return { width: null, height: null, autosize: true }; });
  }

  window.addEventListener("beforeprint", begin);
  window.addEventListener("afterprint", end);
  window.matchMedia("print").addEventListener("change", function (media) { if (media.matches) { begin(); } else { end(); } });
})();
