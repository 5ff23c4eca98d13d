// The Explore page: which tab is chosen, and Back to the tab and the view before.
(function () {
  "use strict";

  var tidemark = window.dash_clientside.tidemark;

  tidemark.exploreTab = function () {
    var skip = window.dash_clientside.no_update;
    var id = window.dash_clientside.callback_context.triggered_id;
    var now = arguments[arguments.length - 1];
    var button = id ? document.getElementById(id) : null;
    if (!button || button.dataset.tab === now) { return skip; }
    tidemark.markTab("explore-tabs", button.dataset.tab);
    return button.dataset.tab;
  };

  // A view that address() of app.js has written, of which Dash has not heard: the controls are set to it.
  window.addEventListener("popstate", function (event) {
    if (!document.getElementById("explore-panel") || !/\/explore$/.test(window.location.pathname)) { return; }
    event.stopImmediatePropagation();
    if (!tidemark.moved()) { return; }
    var query = new URLSearchParams(window.location.search);
    var field = document.getElementById("explore-start");
    // the tab first: exploreUrl would take one that follows other fields for a new choice, and make an entry of it
    var tab = tidemark.knownTab("explore-tabs", query.get("tab"));
    tidemark.markTab("explore-tabs", tab);
    window.dash_clientside.set_props("explore-tab", { data: tab });
    var view = {
      measure: query.get("measure") || "transactions", segment: query.get("segment") || "total",
      start: query.get("start") || field.min, end: query.get("end") || field.max, lines: query.get("lines") || "use"
    };
    Object.keys(view).forEach(function (name) {
      window.dash_clientside.set_props("explore-" + name, { value: view[name] });
    });
  }, true);
})();
