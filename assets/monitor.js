// The tabs of the Monitor page: which one is chosen, arrows between them, and a focus that stays.
(function () {
  "use strict";

  function tabs() { return Array.prototype.slice.call(document.querySelectorAll("#monitor-tabs [role=tab]")); }

  function mark(chosen) {
    tabs().forEach(function (tab) {
      var here = tab.dataset.tab === chosen;
      tab.setAttribute("aria-selected", here ? "true" : "false");
      tab.tabIndex = here ? 0 : -1;
      if (here) { document.getElementById("monitor-panel").setAttribute("aria-labelledby", tab.id); }
    });
  }

  // The panel is made by the server from what the address says and the tab that was clicked on.
  window.dash_clientside.tidemark.monitorTab = function () {
    var skip = window.dash_clientside.no_update;
    var id = window.dash_clientside.callback_context.triggered_id;
    var now = arguments[arguments.length - 1];
    var button = id ? document.getElementById(id) : null;
    if (!button || button.dataset.tab === now) { return [skip, skip]; }
    var view = Object.fromEntries(new URLSearchParams(window.location.search));
    view.tab = button.dataset.tab;
    mark(view.tab);
    return [view.tab, view];
  };

  // Tables are drawn anew once for every change: what this browser did comes back a moment later with the next look.
  window.dash_clientside.tidemark.monitorStamp = function (changed, done, stamp) {
    var id = window.dash_clientside.callback_context.triggered_id;
    var value = id === "monitor-done" && done ? done : changed;
    return value === stamp ? window.dash_clientside.no_update : value;
  };

  document.addEventListener("keydown", function (event) {
    if (!event.target.matches || !event.target.matches("#monitor-tabs [role=tab]")) { return; }
    var all = tabs(), at = all.indexOf(event.target);
    var to = { ArrowRight: at + 1, ArrowLeft: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) { return; }
    event.preventDefault();
    all[to % all.length].focus();
    all[to % all.length].click();
  });
})();
