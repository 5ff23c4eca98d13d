// The Monitor page: which tab is chosen, a focus that stays; Back to the tab or the alert before;
// what somebody has opened comes into sight.
(function () {
  "use strict";

  function mark(chosen) { window.dash_clientside.tidemark.markTab("monitor-tabs", chosen); }

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

  // Back and Forward between entries that address() of app.js has made: Dash has not heard of those, so the panel is made
  // anew here, before Dash hears of it.
  window.addEventListener("popstate", function (event) {
    if (!document.getElementById("monitor-panel") || !/\/monitor$/.test(window.location.pathname)) { return; }
    event.stopImmediatePropagation();
    if (!window.dash_clientside.tidemark.moved()) { return; }
    var view = Object.fromEntries(new URLSearchParams(window.location.search));
    view.tab = window.dash_clientside.tidemark.knownTab("monitor-tabs", view.tab);
    mark(view.tab);
    window.dash_clientside.set_props("monitor-tab", { data: view.tab });
    window.dash_clientside.set_props("monitor-view", { data: view });
  }, true);

  // A link to an alert or a feature on this page has just been followed.
  var asked = { alert: false, feature: false };
  document.addEventListener("click", function (event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) { return; }
    var link = event.target.closest("a[href]");
    var query = new URLSearchParams(link ? link.search : "");
    asked = { alert: query.has("alert"), feature: query.get("tab") === "features" && query.has("feature") };
  }, true);

  // Its heading comes into sight and has the focus; on a phone it would be above or below the window.
  function reveal(place) {
    window.requestAnimationFrame(function () {
      var heading = document.querySelector("#" + place + " h2");
      if (!heading) { return; }
      heading.tabIndex = -1;
      heading.scrollIntoView({ block: "start" });
      heading.focus({ preventScroll: true });
      hold(heading);
    });
  }

  // What is drawn above it later moves it away: until somebody scrolls, it is brought back.
  function hold(heading) {
    var moves = ["wheel", "touchstart", "pointerdown", "keydown"];
    var watch = new window.ResizeObserver(function () {
      if (document.activeElement === heading) { heading.scrollIntoView({ block: "start" }); } else { release(); }
    });
    function release() {
      watch.disconnect();
      moves.forEach(function (name) { document.removeEventListener(name, release, true); });
    }
    moves.forEach(function (name) { document.addEventListener(name, release, true); });
    watch.observe(document.getElementById("monitor-panel"));
  }

  // The alert shown. One that the page came with stays where it is; so does one that is drawn anew.
  var opened = null;
  window.dash_clientside.tidemark.monitorChosen = function (_, number) {
    var now = number || "";
    if (now && (asked.alert || (opened !== null && opened !== now))) {
      asked.alert = false;
      reveal("monitor-chosen");
    }
    opened = now;
  };

  window.dash_clientside.tidemark.monitorDetail = function () {
    if (!asked.feature) { return; }
    asked.feature = false;
    reveal("monitor-detail");
  };
})();
