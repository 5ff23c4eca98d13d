// Rows of tabs: which one is chosen, and arrows between them.
(function () {
  "use strict";

  function tabs(list) { return Array.prototype.slice.call(list.querySelectorAll("[role=tab]")); }

  window.dash_clientside.tidemark.markTab = function (name, chosen) {
    tabs(document.getElementById(name)).forEach(function (tab) {
      var here = tab.dataset.tab === chosen;
      tab.setAttribute("aria-selected", here ? "true" : "false");
      tab.tabIndex = here ? 0 : -1;
      if (here) { document.getElementById(tab.getAttribute("aria-controls")).setAttribute("aria-labelledby", tab.id); }
    });
  };

  // The tab asked for, or the first one.
  window.dash_clientside.tidemark.knownTab = function (name, wanted) {
    var known = tabs(document.getElementById(name)).map(function (tab) { return tab.dataset.tab; });
    return known.indexOf(wanted) < 0 ? known[0] : wanted;
  };

  // On a phone the chosen tab may lie beside the window: it comes into sight.
  window.dash_clientside.tidemark.tabInSight = function () {
    window.requestAnimationFrame(function () {
      var tab = document.querySelector(".tm-tabs [aria-selected=true]");
      if (!tab) { return; }
      var list = tab.closest("[role=tablist]"), room = list.getBoundingClientRect(), box = tab.getBoundingClientRect();
      list.scrollLeft += box.left + box.width / 2 - room.left - room.width / 2;
    });
  };

  document.addEventListener("keydown", function (event) {
    if (!event.target.matches || !event.target.matches(".tm-tabs [role=tab]")) { return; }
    var all = tabs(event.target.closest("[role=tablist]")), at = all.indexOf(event.target);
    var to = { ArrowRight: at + 1, ArrowLeft: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) { return; }
    event.preventDefault();
    all[to % all.length].focus();
    all[to % all.length].click();
  });
})();
