// The Forecast page: its tabs and the arrows between them, the address with its scenarios, the fields of a change.
(function () {
  "use strict";

  var tidemark = window.dash_clientside.tidemark;
  function skip() { return window.dash_clientside.no_update; }
  function tabs() { return Array.prototype.slice.call(document.querySelectorAll("#forecast-tabs [role=tab]")); }

  // Which panel is shown changes at once; what it shows the server sends.
  tidemark.forecastTab = function () {
    var id = window.dash_clientside.callback_context.triggered_id;
    var button = id ? document.getElementById(id) : null;
    if (!button) { return [skip(), skip(), skip(), skip(), skip()]; }
    var chosen = button.dataset.tab;
    var hidden = tabs().map(function (tab) {
      var here = tab.dataset.tab === chosen;
      tab.setAttribute("aria-selected", here ? "true" : "false");
      tab.tabIndex = here ? 0 : -1;
      return !here;
    });
    document.getElementById("forecast-panel").setAttribute("aria-labelledby", button.id);
    return [chosen].concat(hidden, [chosen === "whatif"]);
  };

  tidemark.forecastUrl = function (measure, segment, horizon, model, level, tab, day, scenarios) {
    var texts = (scenarios || []).concat(["", "", "", "", ""]).slice(0, 5);
    tidemark.forecastAddress.apply(null, [measure, segment, horizon, model, level, tab, day].concat(texts));
  };

  // A day of the chart that was clicked on.
  tidemark.forecastDay = function (click) {
    var point = click && click.points && click.points[0];
    return point && typeof point.x === "string" ? point.x.slice(0, 10) : skip();
  };

  tidemark.whatifFields = function (into, kind) {
    return [into !== "new", kind !== "up" && kind !== "down"];
  };

})();
