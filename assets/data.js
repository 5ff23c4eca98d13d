// The Data page: which tab is shown, and files on their way to the server.
(function () {
  "use strict";

  function tabs() { return Array.prototype.slice.call(document.querySelectorAll("#data-tabs [role=tab]")); }

  window.dash_clientside.tidemark.dataTab = function () {
    var button = document.getElementById(window.dash_clientside.callback_context.triggered_id || "");
    if (!button) { return window.dash_clientside.no_update; }
    tabs().forEach(function (tab) {
      var here = tab === button;
      tab.setAttribute("aria-selected", here ? "true" : "false");
      tab.tabIndex = here ? 0 : -1;
      document.getElementById("data-panel-" + tab.dataset.tab).hidden = !here;
    });
    return button.dataset.tab;
  };

  document.addEventListener("keydown", function (event) {
    if (!event.target.matches || !event.target.matches("#data-tabs [role=tab]")) { return; }
    var all = tabs(), at = all.indexOf(event.target);
    var to = { ArrowRight: at + 1, ArrowLeft: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) { return; }
    event.preventDefault();
    all[to % all.length].focus();
    all[to % all.length].click();
  });

  // A calendar file is small: it goes to the server as the value of a store.
  document.addEventListener("click", function (event) {
    if (!event.target.closest("#opening-import")) { return; }
    var field = document.createElement("input");
    field.type = "file";
    field.accept = ".csv,text/csv";
    field.addEventListener("change", function () {
      var file = field.files[0];
      if (!file) { return; }
      file.slice(0, 1000001).text().then(function (text) {
        window.dash_clientside.set_props("opening-imported", { data: { text: text, at: Date.now() } });
      });
    });
    field.click();
  });
})();
