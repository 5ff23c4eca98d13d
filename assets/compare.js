// The Compare page: its tabs, the order of the leaderboard, the slider of test periods, and its address; Back to the tab or
// the backtest before.
(function () {
  "use strict";

  var tidemark = window.dash_clientside.tidemark;
  var skip = function () { return window.dash_clientside.no_update; };
  var set = function (id, props) { window.dash_clientside.set_props(id, props); };

  // The models, the test period and its model have defaults that depend on the series: those stay out as well.
  var defaults = {
    measure: "transactions", segment: "total", models: "", sort: "wape", by: "week", level: "80", fold: "", model: ""
  };
  var write = tidemark.address(defaults);
  var usual = { all: [], models: [], fold: "", model: "" };

  function first(models) {
    var ticked = usual.all.filter(function (one) { return models.indexOf(one) >= 0; });
    return ticked.indexOf(usual.model) >= 0 ? usual.model : ticked[0];
  }

  tidemark.compareUrl = function (measure, segment, models, sort, by, level, fold, model, standard) {
    usual = standard || usual;
    var ticked = models || [], chosen = ticked.slice().sort().join(" ");
    write(
      measure, segment, chosen === usual.models.slice().sort().join(" ") ? "" : chosen, sort, by, level,
      fold === usual.fold ? "" : fold, model === first(ticked) ? "" : model
    );
  };
  tidemark.compareTabUrl = tidemark.address({ tab: "ranking" }, "tab", "compare-tab");
  tidemark.compareRunUrl = tidemark.address({ run: "own" }, "run", "compare-run.value");

  function tabs() { return Array.prototype.slice.call(document.querySelectorAll("#compare-tabs [role=tab]")); }

  tidemark.compareTab = function () {
    var id = window.dash_clientside.callback_context.triggered_id;
    var now = arguments[arguments.length - 1];
    var button = id ? document.getElementById(id) : null;
    return !button || button.dataset.tab === now ? skip() : button.dataset.tab;
  };

  // What is hidden, a value a tab.
  tidemark.comparePanels = function (chosen) {
    tabs().forEach(function (tab) {
      var here = tab.dataset.tab === chosen;
      tab.setAttribute("aria-selected", here ? "true" : "false");
      tab.tabIndex = here ? 0 : -1;
      if (!here) { return; }
      document.getElementById("compare-panel").setAttribute("aria-labelledby", tab.id);
      var list = tab.parentNode, right = tab.offsetLeft - list.offsetLeft + tab.offsetWidth;
      if (right > list.clientWidth) { list.scrollLeft = right - list.clientWidth; }  // on a phone not all fit
    });
    return tabs().map(function (tab) { return tab.dataset.tab !== chosen; });
  };

  // The column that the grid is sorted by, with a minus for falling order.
  tidemark.compareSorted = function (states, before) {
    var columns = (states || [])[0];
    if (!columns) { return skip(); }
    var sorted = columns.filter(function (one) { return one.sort; })[0];
    var now = sorted ? (sorted.sort === "desc" ? "-" : "") + sorted.colId : "wape";
    return now === before ? skip() : now;
  };

  // The slider runs from the earliest test period to the latest; the list has the latest first.
  tidemark.compareFold = function (place, options, before) {
    var list = options || [], chosen = list[list.length - 1 - Number(place)];
    if (chosen && chosen.value !== before) { set("compare-fold", { value: chosen.value }); }
  };

  tidemark.compareSlider = function (fold, options) {
    var list = options || [];
    var at = list.findIndex(function (one) { return one.value === fold; });
    var slider = document.getElementById("compare-slider");
    if (at < 0 || !slider) { return [Math.max(list.length - 1, 0), skip()]; }
    slider.setAttribute("aria-valuetext", list[at].label);
    document.getElementById("compare-slider-box").hidden = list.length < 2;
    return [list.length - 1, list.length - 1 - at];
  };

  // Back and Forward between entries that address() has made: Dash has not heard of those, so the controls are set here.
  window.addEventListener("popstate", function (event) {
    if (!document.getElementById("compare-panel") || !/\/compare$/.test(window.location.pathname)) { return; }
    event.stopImmediatePropagation();
    if (!tidemark.moved()) { return; }
    var query = new URLSearchParams(window.location.search);
    var get = function (name, otherwise) { return query.get(name) || otherwise; };
    var models = query.has("models") ? query.get("models").split(" ") : usual.models;
    var known = tabs().map(function (tab) { return tab.dataset.tab; });
    set("compare-run", { value: get("run", "own") });
    set("compare-measure", { value: get("measure", defaults.measure) });
    set("compare-segment", { value: get("segment", defaults.segment) });
    set("compare-models", { value: models });
    set("compare-by", { value: get("by", defaults.by) });
    set("compare-level", { value: get("level", defaults.level) });
    set("compare-fold", { value: get("fold", usual.fold) });
    set("compare-model", { value: get("model", first(models)) });
    set("compare-tab", { data: known.indexOf(query.get("tab")) < 0 ? known[0] : query.get("tab") });
  }, true);
})();
