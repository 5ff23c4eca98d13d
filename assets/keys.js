// Keyboard shortcuts: g and a letter lead to a page, ? opens the list. They can be switched off there (WCAG 2.1.4).
(function () {
  "use strict";

  var WAIT = 1500;  // milliseconds in which the second key must follow the first
  var FIELDS = "input, textarea, select, [contenteditable=true], [role=combobox], [role=listbox], [role=menu]";
  var first = 0;

  function dialog() { return document.getElementById("keys"); }
  function switchedOn() { return !/(?:^|; )tidemark_keys=off/.test(document.cookie); }

  function open() {
    if (dialog() && !dialog().open) { dialog().showModal(); }
  }

  // Through the link of the navigation, as a click on it would.
  function go(key) {
    var row = dialog().querySelector('[data-key="' + CSS.escape(key) + '"]');
    var link = row && document.querySelector('#nav nav a[href="' + CSS.escape(row.dataset.path) + '"]');
    if (link) { link.click(); }
    return Boolean(link);
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing || !switchedOn()) { return; }
    var target = event.target.closest ? event.target : document.body;
    if (!dialog() || target.closest(FIELDS) || document.querySelector("dialog[open], .modal.show")) { return; }
    var waited = Date.now() - first < WAIT;
    first = 0;
    if (event.key === "?") { open(); event.preventDefault(); }
    else if (waited && go(event.key.toLowerCase())) { event.preventDefault(); }
    else if (event.key === "g") { first = Date.now(); }
  });

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-keys]");
    if (button && button.dataset.keys === "open") { open(); }
    if ((button && button.dataset.keys === "close") || event.target === dialog()) { dialog().close(); }  // or beside it
  });

  document.addEventListener("change", function (event) {
    if (event.target.id !== "keys-on") { return; }
    document.cookie = "tidemark_keys=" + (event.target.checked ? "on" : "off") + "; path=/; max-age=31536000; SameSite=Lax";
  });
})();
