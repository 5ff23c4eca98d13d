// For viewers: what changes something is switched off and says why. The server refuses it in any case.
(function () {
  "use strict";

  var CONTROLS = "button[id], input[id], select[id], textarea[id]";
  var known = null;

  // The ids that lead to changes: texts, and patterns in which a list stands for any value.
  function patterns() {
    if (!known) {
      var shell = document.querySelector("[data-switches]");
      known = shell ? JSON.parse(shell.dataset.switches) : null;
    }
    return known;
  }

  function fits(pattern, id) {
    if (typeof pattern === "string") { return pattern === id; }
    if (id.charAt(0) !== "{") { return false; }
    var parts = JSON.parse(id), names = Object.keys(pattern);
    return names.length === Object.keys(parts).length && names.every(function (name) {
      return name in parts && (Array.isArray(pattern[name]) || pattern[name] === parts[name]);
    });
  }

  function switchOff(control) {
    if (control.disabled || !patterns().some(function (one) { return fits(one, control.id); })) { return; }
    var note = document.getElementById("viewer-note");
    control.disabled = true;
    control.title = note.textContent;
    control.setAttribute("aria-describedby", "viewer-note");
  }

  function look(changes) {
    var note = document.getElementById("viewer-note");
    if (!note || !patterns()) { return; }
    changes.forEach(function (change) {
      if (change.type === "attributes") {
        if (change.target.matches(CONTROLS)) { switchOff(change.target); }
        return;
      }
      change.addedNodes.forEach(function (node) {
        if (node.nodeType !== Node.ELEMENT_NODE) { return; }
        if (node.matches(CONTROLS)) { switchOff(node); }
        node.querySelectorAll(CONTROLS).forEach(switchOff);
      });
    });
    note.hidden = !document.querySelector(".tm-main [aria-describedby=viewer-note]");
  }

  new MutationObserver(look).observe(
    document.documentElement, { subtree: true, childList: true, attributeFilter: ["disabled"] }
  );
})();
